import Foundation
import Provisioning
import Testing

@Suite struct VisibleTextTests {
  /// Format characters that are seen, or that letters and emoji are joined with.
  private static let leftAlone: Set<UInt32> = {
    let ranges: [ClosedRange<UInt32>] = [
      0x200C...0x200D, 0x600...0x605, 0x6DD...0x6DD, 0x70F...0x70F, 0x890...0x891, 0x8E2...0x8E2, 0x110BD...0x110BD,
      0x110CD...0x110CD, 0x13430...0x1343F,
    ]
    return Set(ranges.joined())
  }()

  @Test func `every control, separator and unseen format character of Unicode steers, and no other`() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let steers =
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: !Self.leftAlone.contains(value)
        // Not assigned, between others that steer.
        case .unassigned: value == 0x2065 || 0xE0000...0xE007F ~= value
        default: false
        }
      if scalar.isSteering != steers { Issue.record("U+\(String(value, radix: 16))") }
    }
  }

  @Test(arguments: [
    ("plain", "plain"), ("학생 👩‍🏫 \u{200C}é", "학생 👩‍🏫 \u{200C}é"), ("a\u{1B}]52;c;eA==\u{7}b", "a\\u{1B}]52;c;eA==\\u{7}b"),
    ("a\u{9B}31m\u{202E}\u{2066}\u{61C}", "a\\u{9B}31m\\u{202E}\\u{2066}\\u{61C}"), ("a\r\nb\tc", "a\\r\\nb\\tc"),
    ("\u{0}\u{8}\u{7F}\u{2028}\u{FEFF}\u{E0041}", "\\u{0}\\u{8}\\u{7F}\\u{2028}\\u{FEFF}\\u{E0041}"),
  ])
  func `a line has nothing that steers, and is not changed again`(text: String, shown: String) {
    #expect(text.visibleLine == shown && shown.visibleLine == shown && shown.visibleText == shown)
  }

  @Test func `a text keeps its newlines and tabs, and no carriage return`() {
    #expect("a\n\tb\r\nc\u{85}d".visibleText == "a\n\tb\\r\nc\\u{85}d")
  }

  @Test(arguments: [
    "\u{1B}", "\u{0}", "\u{7F}", "\u{80}", "\u{9F}", "\u{AD}", "\u{202E}", "\u{2029}", "\u{FEFF}", "\u{1D173}",
    "\u{E0001}",
    "한글 “\u{E2}”", "\r\n\t\"\\/",
  ])
  func `JSON keeps its values`(text: String) throws {
    let value = JSONValue.object([text: .string(text + "x"), "a": .array([.string("b" + text)])])
    let json = JSONValue.visible(value.canonicalText)
    #expect(try JSONValue(text: json) == value)
    #expect(!json.unicodeScalars.contains { $0.isSteering }, "\(json)")
    #expect(JSONValue.visible(json) == json)
  }

  @Test(arguments: [
    ("/a/b.db", "/a/b.db"), ("", "''"), ("it's", "'it'\\''s'"), ("a b\u{1B}'\\c", "$'a b\\033\\'\\\\c'"),
    ("x\n7", "$'x\\0127'"), ("\u{202E}가", "$'\\342\\200\\256가'"),
  ])
  func `a word for a shell can be printed`(text: String, word: String) {
    #expect(text.shellQuoted == word)
  }

  @Test func `a shell reads such a word back as it was`() throws {
    for text in [
      "a\u{1B}[31m b", "x\r\ny\t", "q\u{9B}\u{202E}'\"$(true)`\\", "\u{7F}\u{8}123", "it's\u{7}", "가\u{200B}나",
    ] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", "printf %s. \(text.shellQuoted)"]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let read = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      #expect(Array(read) == Array((text + ".").utf8), "\(text.shellQuoted)")
    }
  }
}
