// The command's surroundings: what it reads and writes. Tests bring their own; nothing below the command sees them.

import Files
import Foundation
import Pacing
import Provisioning
import Synchronization

/// The environment, the terminal and the time of one command.
struct Context: Sendable {
  var environment: [String: String]
  /// The folder that relative paths are meant from.
  var folder: String
  /// What it was called with, without its own name.
  var arguments: [String] = []
  /// Write to standard output and standard error as it is: only the methods below do, which write out what steers.
  private let rawOutput: @Sendable (String) -> Void
  private let rawErrorOutput: @Sendable (String) -> Void
  /// The line that is drawn over itself.
  private let drawnLine: DrawnLine
  /// Whether the command line names the queue, so that the next command must, too.
  var namesQueue: Bool { arguments.contains { $0 == "--db" || $0.hasPrefix("--db=") } }
  /// Reads an answer's line from standard input; nil at its end.
  var readAnswer: @Sendable () -> String?
  /// Reads the next bytes of standard input, for a roster; nil at its end.
  var readInput: @Sendable () -> Data?
  /// Whether a person can answer: standard input and standard error are a terminal.
  var isInteractive: Bool
  /// Whether the progress line may be drawn over itself: standard error is a terminal.
  var drawsProgress: Bool
  /// How many columns the terminal has; asked anew each time, because people resize windows. Nil when that is unknown.
  var terminalWidth: @Sendable () -> Int?
  /// How many columns the terminal has that standard output is; nil when it is none, so that nothing need fit.
  var outputWidth: @Sendable () -> Int? = { nil }
  /// Whether the terminal has colours and nobody has asked for none (https://no-color.org).
  var hasColors: Bool {
    drawsProgress && environment["NO_COLOR", default: ""].isEmpty && !Self.isDumb(environment["TERM"])
  }

  /// Whether a terminal can do no more than print.
  private static func isDumb(_ terminal: String?) -> Bool { ["", "dumb"].contains(terminal ?? "") }

  var time: any TimeSource
  /// What is configured; nil where only the environment counts.
  var settings: Settings?
  /// What programs asked for.
  var machine = MachineOutput()
  /// Whether SIGINT and SIGTERM are the command's to handle.
  var handlesSignals: Bool

  /// Listens to SIGINT and SIGTERM where they are the command's to handle.
  func onFirstSignal(_ body: @escaping @Sendable (String) -> Void) -> SignalDrain? {
    handlesSignals ? SignalDrain(onFirst: body) : nil
  }

  /// The context of the command that runs in this task.
  @TaskLocal static var current = Context.process

  /// Makes one; `output` and `errorOutput` write what they are given as it is.
  init(
    environment: [String: String], folder: String, output: @escaping @Sendable (String) -> Void,
    errorOutput: @escaping @Sendable (String) -> Void, readAnswer: @escaping @Sendable () -> String?,
    readInput: @escaping @Sendable () -> Data? = { nil }, isInteractive: Bool, drawsProgress: Bool,
    terminalWidth: @escaping @Sendable () -> Int? = { nil }, time: any TimeSource, handlesSignals: Bool
  ) {
    (self.environment, self.folder) = (environment, folder)
    let drawnLine = DrawnLine(print: errorOutput)
    (rawOutput, rawErrorOutput, self.drawnLine) = (output, { drawnLine.print($0) }, drawnLine)
    (self.readAnswer, self.readInput) = (readAnswer, readInput)
    (self.isInteractive, self.drawsProgress, self.terminalWidth) = (isInteractive, drawsProgress, terminalWidth)
    (self.time, self.handlesSignals) = (time, handlesSignals)
  }

  static var process: Context {
    let environment = ProcessInfo.processInfo.environment
    var context = Context(
      environment: environment, folder: currentFolder ?? "/",
      output: { write($0, to: STDOUT_FILENO) }, errorOutput: { write($0, to: STDERR_FILENO) },
      readAnswer: { readLine() },
      readInput: { readInput() },
      isInteractive: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
      drawsProgress: isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb",
      terminalWidth: { columns(of: STDERR_FILENO) },
      time: SystemTimeSource(), handlesSignals: true)
    context.outputWidth = { isatty(STDOUT_FILENO) == 1 ? columns(of: STDOUT_FILENO) ?? 80 : nil }
    return context
  }

  /// The process's current folder; nil when it was removed. Foundation traps there.
  static var currentFolder: String? {
    guard let path = getcwd(nil, 0) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }

  private static func readInput() -> Data? {
    guard case .success(let data?) = Result(catching: { try FileHandle.standardInput.read(upToCount: 1 << 18) }) else {
      return nil
    }
    return data.isEmpty ? nil : data
  }

  static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Why standard output could not be written; 0 while it could.
  static let outputError = Atomic<Int32>(0)

  /// Writes all of a text; a reader that has gone away (EPIPE) does no harm.
  private static func write(_ text: String, to descriptor: Int32) {
    let code = Array(text.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
    // Whoever reads no more does not miss it; what a full disk has cut is taken for whole.
    if code != 0, code != EPIPE, descriptor == STDOUT_FILENO { outputError.store(code, ordering: .relaxed) }
  }

  /// The home folder; nil where none is set.
  func home() throws -> String? {
    guard let home = environment["HOME"], !home.isEmpty else { return nil }
    return try Self.whole(home, "HOME")
  }

  /// A folder that a variable names, which must not depend on the folder that the command is run in.
  static func whole(_ folder: String, _ variable: String) throws -> String {
    guard folder.hasPrefix("/") else {
      throw CommandError(
        "\(variable) is \"\(folder)\", which does not begin with a slash.",
        hint: "Set it to a whole path: in each folder it would mean another queue and other credentials.", .usage)
    }
    return folder
  }

  /// A path as the person meant it, absolute.
  func absolute(_ path: String) -> String {
    let expanded = path.hasPrefix("~/") ? (environment["HOME"] ?? "~") + path.dropFirst() : path
    return expanded.hasPrefix("/") ? expanded : folder + "/" + expanded
  }
}

// MARK: - What leaves the program

/// The only ways to standard output and standard error. Whatever a service, a roster, a file name, a variable or an
/// argument says is text for people here: it cannot steer their terminal, and a newline in it makes no line.
extension Context {
  /// Prints a line of what was asked for to standard output; a document has it already.
  func show(_ line: String) {
    if !machine.printsDocument { rawOutput(line.visibleLine + "\n") }
  }

  /// Prints a line that says what was done to standard output, or beside a document to standard error.
  func say(_ line: String) { say(lines: [line]) }

  /// Prints lines that belong together to standard output, or beside a document to standard error.
  func say(lines: [String], as event: LogEvent = .note, _ members: [String: JSONValue] = [:]) {
    if machine.printsDocument, !machine.isQuiet || machine.logsObjects { return tell(lines: lines, as: event, members) }
    if !machine.printsDocument, !machine.isQuiet { rawOutput(Self.visible(lines)) }
  }

  /// Prints a line that may help to standard error, unless nothing is to be said.
  func advise(_ line: String) {
    if !machine.isQuiet || machine.logsObjects { tell(line) }
  }

  /// Prints a line of progress or a message to standard error.
  func tell(_ line: String, as event: LogEvent = .note, _ members: [String: JSONValue] = [:]) {
    tell(lines: [line], as: event, members)
  }

  /// Prints lines that belong together to standard error; for programs they are one object, with these members.
  func tell(lines: [String], as event: LogEvent = .note, _ members: [String: JSONValue] = [:]) {
    guard machine.logsObjects else { return rawErrorOutput(Self.visible(lines)) }
    // An empty line only ends one that was drawn.
    let text = lines.filter { !$0.isEmpty }.joined(separator: "\n")
    guard !text.isEmpty || !members.isEmpty else { return }
    let (event, message) = LogEvent.read(text, as: event)
    let object = machine.object(event, message.isEmpty ? nil : message, members, at: time.now())
    rawErrorOutput(JSONValue.visible(object) + "\n")
  }

  private static func visible(_ lines: [String]) -> String { lines.map { $0.visibleLine + "\n" }.joined() }

  /// Asks a question on standard error: whether the answer was yes.
  func agrees(to question: String) -> Bool {
    if machine.logsObjects { tell(question, as: .question) } else { rawErrorOutput("\(question.visibleLine) [y/N] ") }
    return ["y", "yes"].contains(readAnswer()?.lowercased())
  }

  /// Prints a text of our own, such as a help, whose newlines and tabs are meant, to standard output.
  func show(text: String) {
    machine.printsDocument ? machine.add(["text": .string(text)]) : rawOutput(text.visibleText + "\n")
  }
  func tell(text: String) { rawErrorOutput(text.visibleText + "\n") }

  /// Prints JSON to standard output; its values stay as they are.
  func output(json: String) { rawOutput(JSONValue.visible(json)) }

  /// Prints CSV to standard output as it is: its cells are data, and go where no terminal is.
  func output(csv: [UInt8]) { rawOutput(String(decoding: csv, as: UTF8.self)) }

  /// Draws a line over the one that was drawn before, on a terminal; what is printed otherwise takes its place.
  func draw(_ line: [StyledText]) {
    if !machine.logsObjects { drawnLine.draw(line, inColor: hasColors) }
  }

  /// Leaves the line standing that was drawn last, and goes on below it.
  func leaveDrawnLine() { drawnLine.leave() }
}
