// What programs get: one document on standard output (--json), and every line of standard error as an object
// (--log-format json). A verb only says its members; the version, the status and the error are put in here.

import Foundation
import Pacing
import Provisioning
import Synchronization

/// What a line of standard error is, for programs; words stay, new ones may come.
enum LogEvent: String, CaseIterable {
  /// How far the batch is.
  case progress
  /// What a run would do.
  case plan
  /// A person is asked.
  case question
  /// Something of the roster that stops the command, and something that does not.
  case issue, warning
  /// What ends the command, and what to do.
  case error, hint
  /// Somebody wants the command to stop.
  case signal
  /// What the command of --on-finish prints.
  case onFinish = "on_finish"
  /// The closing table.
  case closing
  /// The last object: how the command ended.
  case end
  /// Anything else.
  case note

  /// The beginnings of lines that say themselves what they are.
  private static let marks: [(text: String, event: LogEvent)] = [
    ("Error: ", .error), ("Hint: ", .hint), ("warning: ", .warning), ("Note: ", .note),
  ]

  /// A line without what says what it is, and what that is.
  static func read(_ text: String, as event: LogEvent) -> (event: LogEvent, message: String) {
    guard event == .note, let mark = marks.first(where: { text.hasPrefix($0.text) }) else { return (event, text) }
    return (mark.event, String(text.dropFirst(mark.text.count)))
  }
}

/// What programs asked for, and the members of the document as far as they are known.
final class MachineOutput: Sendable {
  /// The version of every shape: documents, objects of the log, `summary.json`. It rises when a member changes its meaning
  /// or goes.
  static let schemaVersion: Int64 = 3

  private struct State {
    var members: [String: JSONValue] = [:]
    var batch: Int64?
    var isPrinted = false
    var isEnded = false
  }

  /// Whether standard output gets one document and nothing else.
  let printsDocument: Bool
  /// Whether every line of standard error is an object.
  let logsObjects: Bool
  /// Whether what was done is not to be said.
  let isQuiet: Bool
  private let state = Mutex(State())

  /// Reads what is asked for from the command line itself, because a command line that cannot be understood is told the
  /// same way. What follows `--` is no option.
  ///
  /// - Parameter logFormat: the format that is configured, where the command line names none.
  init(_ arguments: [String] = [], logFormat: String? = nil) {
    let options = Array(arguments.prefix { $0 != "--" })
    printsDocument = options.contains("--json")
    isQuiet = options.contains("--quiet")
    logsObjects =
      (Self.value(of: SettingKey.logFormat.option, in: arguments) ?? logFormat) == LogFormat.json.rawValue
  }

  /// The value that an option has on a command line; nil where it has none.
  static func value(of option: String, in arguments: [String]) -> String? {
    let words = Array(arguments.prefix { $0 != "--" })
    return words.indices.reversed().lazy.compactMap { index in
      if words[index].hasPrefix("\(option)=") { return String(words[index].dropFirst(option.count + 1)) }
      return words[index] == option && words.indices.contains(index + 1) ? words[index + 1] : nil
    }.first
  }

  /// Adds members to the document.
  func add(_ members: [String: JSONValue]) {
    state.withLock { $0.members.merge(members) { _, new in new } }
  }

  /// What the objects of the log are about from now on.
  func note(batch: Int64) { state.withLock { $0.batch = batch } }

  /// The document; nil when none is asked for or it was given already.
  func document(of end: Ending) -> String? {
    guard printsDocument else { return nil }
    return state.withLock { state in
      guard !state.isPrinted else { return nil }
      state.isPrinted = true
      return Self.text(state.members, of: end)
    }
  }

  /// Notes that a verb prints the document itself, piece by piece.
  func begin() { state.withLock { $0.isPrinted = true } }

  /// Whether the end is still to be told; true once.
  func takesEnd() -> Bool {
    state.withLock { state in
      defer { state.isEnded = true }
      return logsObjects && !state.isEnded
    }
  }

  /// An object of the log; members that are given win over those that all have.
  func object(_ event: LogEvent, _ message: String?, _ members: [String: JSONValue], at now: Instant) -> String {
    var all: [String: JSONValue] = [
      "schemaVersion": .integer(Self.schemaVersion), "event": .string(event.rawValue), "at": .string(now.rfc3339()),
    ]
    all["batch"] = state.withLock(\.batch).map(JSONValue.integer)
    all["message"] = message.map(JSONValue.string)
    if event == .signal { all["reason"] = .string(EndReason.stopped.rawValue) }
    return JSONValue.object(all.merging(members) { _, new in new }).canonicalText
  }

  /// A document: members, the version, the status, and the error unless all went well.
  static func text(_ members: [String: JSONValue], of end: Ending) -> String {
    var members = members
    members["schemaVersion"] = .integer(schemaVersion)
    members["status"] = .integer(Int64(end.status.rawValue))
    if end.status != .done { members["error"] = end.error }
    return JSONValue.object(members).canonicalText
  }

  /// What is printed where nothing but the system's own calls may work: on standard output and on standard error.
  func lastWords(_ failure: CommandError, at now: Instant) -> (output: String, errorOutput: String) {
    let end = Ending(failure)
    let text = "Error: \(failure.message)\n\(failure.hint.map { "Hint: \($0)\n" } ?? "")"
    return (
      document(of: end).map { $0 + "\n" } ?? "",
      logsObjects ? object(.error, failure.message, end.members, at: now) + "\n" : text
    )
  }
}

extension Ending {
  /// The end that an error is.
  init(_ failure: CommandError) {
    self.init(
      status: failure.status, reason: failure.reason, message: failure.message, hint: failure.wholeHint)
  }

  /// What the document calls `error`.
  fileprivate var error: JSONValue {
    var members: [String: JSONValue] = ["code": .string(reason.rawValue), "message": .string(message)]
    members["hint"] = hint.map(JSONValue.string)
    return .object(members)
  }

  /// The members of an object of the log that tells it.
  var members: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "reason": .string(reason.rawValue), "status": .integer(Int64(status.rawValue)),
    ]
    members["hint"] = hint.map(JSONValue.string)
    return members
  }
}

// MARK: - For verbs

extension Context {
  /// Says members of the document, where one is asked for.
  func answer(_ members: @autoclosure () throws -> [String: JSONValue]) rethrows {
    if machine.printsDocument { machine.add(try members()) }
  }

  /// Prints the document, if one is asked for and was not printed.
  func printDocument(of end: Ending) {
    if let document = machine.document(of: end) { output(json: document + "\n") }
  }

  /// Ends what programs are told: the document, and the last object of the log. What was told already is not told again.
  ///
  /// - Returns: how the command ends: not well if its output was cut off.
  @discardableResult
  func finish(_ end: Ending) -> Ending {
    printDocument(of: end)
    let end = outputFailure(end) ?? end
    if machine.takesEnd() { tell(end.message, as: .end, end.members) }
    return end
  }

  /// What a full disk has cut is taken for whole by whoever reads it; told once.
  private func outputFailure(_ end: Ending) -> Ending? {
    let number = Self.outputError.exchange(0, ordering: .relaxed)
    guard number != 0 else { return nil }
    let failure = CommandError(
      "Standard output could not be written to its end: \(String(cString: strerror(number))).",
      hint: "Free space where it goes, and run the command again.", end.status == .done ? .toolFailed : end.status,
      reason: end.status == .done ? .failed : end.reason)
    failure.tell(in: self)
    return Ending(failure)
  }
}

extension JSONValue {
  static func count(_ count: Int) -> JSONValue { .integer(Int64(count)) }
  static func texts(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map(JSONValue.string)) }
  static func time(_ instant: Instant) -> JSONValue { .string(instant.rfc3339()) }

  /// An object of those members that there are.
  static func members(_ members: [String: JSONValue?]) -> JSONValue { .object(members.compactMapValues(\.self)) }
}
