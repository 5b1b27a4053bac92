import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import Synchronization
import TestSupport
import Testing
import WorkerPool

@testable import rollcall

/// A terminal that breaks a line that is longer than it is wide, also when it is made narrower; as most do.
private struct Screen {
  var width: Int
  /// What newlines part; each may take several rows.
  var lines: [[Character]] = [[]]
  var cursor = 0
  /// The rendition of each text that was printed while it was not plain.
  var renditions: [String: String] = [:]

  mutating func print(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    var rendition: (code: String, text: String) = ("0", "")
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\r": cursor -= cursor % width
      case "\n":
        lines.append([])
        cursor = 0
      case "\u{1B}":
        let end = rest.firstIndex { $0.properties.isAlphabetic } ?? rest.startIndex
        let sequence = String(String.UnicodeScalarView(rest[rest.startIndex...end])).dropFirst()
        rest = rest[(end + 1)...]
        if sequence == "J" {
          lines[lines.count - 1].removeSubrange(min(cursor, lines[lines.count - 1].count)...)
        } else if sequence.hasSuffix("m") {
          if rendition.code != "0" { renditions[rendition.text] = rendition.code }
          rendition = (String(sequence.dropLast()), "")
        } else {
          Issue.record("\(sequence)")
        }
      default:
        rendition.text.unicodeScalars.append(scalar)
        let line = lines.count - 1
        while lines[line].count <= cursor { lines[line].append(" ") }
        lines[line][cursor] = Character(scalar)
        cursor += 1
      }
    }
  }

  var text: [String] { lines.map { String($0) } }
}

/// The line that is drawn over itself.
@Suite struct DrawnLineTests {
  private static let red = StyledText("10 failed", .red)
  private static let dim = StyledText("149 waiting", .dim)

  @Test func `no torn line is left, however the terminal is resized`() {
    var generator = SeededGenerator(seed: 7)
    let screen = Mutex(Screen(width: 120))
    let line = DrawnLine { text in screen.withLock { $0.print(text) } }
    let progress = Progress(
      tally: Tally([.done: 140, .failed: 10, .ready: 146, .inDoubt: 3]),
      pace: MeasuredPace(perSecond: 4, isSettled: true), look: .after(.seconds(43)))
    for _ in 1...500 {
      let width = Int.random(in: 1...200, using: &generator)
      screen.withLock { $0.width = width }
      let text = progress.line(columns: width - 1)
      line.draw(text, inColor: false)
      #expect(screen.withLock(\.text) == [text.map(\.text).joined()])
      #expect(screen.withLock(\.cursor) == 0)
    }
  }

  @Test func `what is printed takes its place, and it comes back below`() {
    let screen = Mutex(Screen(width: 40))
    let line = DrawnLine { text in screen.withLock { $0.print(text) } }
    line.print("before\n")
    line.draw([StyledText("1/3 done")], inColor: false)
    line.print("warning\n")
    line.draw([StyledText("2/3 done")], inColor: false)
    line.draw([StyledText("3/3")], inColor: false)
    line.leave()
    line.leave()
    line.print("after\n")
    #expect(screen.withLock(\.text) == ["before", "warning", "3/3", "after", ""])
  }

  @Test func `colours are only where they are wanted`() {
    let screen = Mutex(Screen(width: 40))
    let line = DrawnLine { text in screen.withLock { $0.print(text) } }
    line.draw([StyledText("1/3 done, "), Self.red, Self.dim], inColor: true)
    #expect(screen.withLock(\.renditions) == ["10 failed": "31", "149 waiting": "2"])
    screen.withLock { $0.renditions = [:] }
    line.draw([Self.red, Self.dim], inColor: false)
    #expect(screen.withLock(\.renditions).isEmpty)
    #expect(screen.withLock(\.text) == ["10 failed149 waiting"])
  }

  @Test(arguments: [
    (["TERM": "xterm-256color"], true), (["TERM": "xterm", "NO_COLOR": ""], true),
    (["TERM": "xterm", "NO_COLOR": "1"], false), (["TERM": "xterm", "NO_COLOR": "0"], false), (["TERM": "dumb"], false),
    ([:], false),
  ])
  func `a terminal has colours unless it is dumb or NO_COLOR is set`(environment: [String: String], hasColors: Bool) {
    var context = Context(
      environment: environment, folder: "/", output: { _ in }, errorOutput: { _ in }, readAnswer: { nil },
      isInteractive: true, drawsProgress: true, time: ManualTimeSource(), handlesSignals: false)
    #expect(context.hasColors == hasColors)
    context.drawsProgress = false
    #expect(!context.hasColors)
  }

  /// A run's line on a pseudo-terminal whose width is asked of it anew each time.
  @Test func `on a terminal the line is drawn four times a second, as wide as the terminal is then`() async throws {
    var (main, side): (Int32, Int32) = (-1, -1)
    #expect(openpty(&main, &side, nil, nil, nil) == 0)
    defer {
      close(main)
      close(side)
    }
    // Newlines come as they were written.
    var settings = termios()
    #expect(tcgetattr(side, &settings) == 0)
    cfmakeraw(&settings)
    #expect(tcsetattr(side, TCSANOW, &settings) == 0)
    let (reader, writer) = (main, side)
    func resize(_ columns: UInt16) {
      var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
      #expect(ioctl(reader, UInt(TIOCSWINSZ), &size) == 0)
    }
    /// What was drawn, to the cursor's way back.
    func read() -> String {
      var text = ""
      var bytes = [UInt8](repeating: 0, count: 4_096)
      while text.unicodeScalars.last != "\n", text == "\r" || text.unicodeScalars.last != "\r" {
        let count = Foundation.read(reader, &bytes, bytes.count)
        guard count > 0 else { break }
        text += String(decoding: bytes.prefix(count), as: UTF8.self)
      }
      return text
    }
    try await withTemporaryFolder { folder in
      let time = ManualTimeSource()
      let queue = try Queue(path: folder + "/q.db", time: time)
      let new = NewBatch(
        label: "/class.csv", target: "test", baseURL: "https://example.com", columns: ["name"], digest: "d")
      let imported = try queue.importBatch(new) { add in
        for number in 1...1_200 {
          let definition = Definition(text: "{\"name\":\"n\(number)\"}")
          try add(
            NewRow(
              ordinal: number, line: number + 1, cells: ["n\(number)"],
              content: .item(account: "acc", name: "n\(number)", definition: definition)))
        }
      }
      let context = Context(
        environment: ["TERM": "xterm"], folder: folder, output: { _ in },
        errorOutput: { text in
          let bytes = Array(text.utf8)
          _ = bytes.withUnsafeBytes { write(writer, $0.baseAddress, $0.count) }
        }, readAnswer: { nil }, isInteractive: true, drawsProgress: true,
        terminalWidth: { Context.columns(of: writer) }, time: time, handlesSignals: false)
      let status = Mutex(Pool.Status())
      let line = ProgressLine(
        status: { status.withLock(\.self) }, queue: queue, batch: try #require(imported).batch, context: context,
        format: .text)
      var screen = Screen(width: 120)
      resize(120)
      line.start()
      screen.print(read())
      #expect(screen.text == ["[                        ] 0/1200 done, 1200 waiting"])
      for width in [120, 80, 40, 200, 24, 61] {
        resize(UInt16(width))
        screen.width = width
        status.withLock { $0.wait = KeyWait(until: time.now() + .seconds(width), reason: .throttled) }
        time.advance(by: .milliseconds(250))
        screen.print(read())
        #expect(screen.text.count == 1 && screen.text[0].count < width, "\(width): \(screen.text)")
        #expect(screen.text[0].contains("waiting ") == (width > 24), "\(width): \(screen.text)")
      }
      line.stop()
      screen.print(read())
      #expect(screen.text.count == 2 && screen.text[1].isEmpty, "\(screen.text)")
    }
  }
}
