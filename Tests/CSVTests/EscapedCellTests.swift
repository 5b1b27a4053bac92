import TestSupport
import Testing

@testable import CSV

@Suite struct EscapedCellTests {
  static let formulaStarts = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]

  /// Whether a spreadsheet would run it.
  static func isRun(_ cell: String) -> Bool {
    formulaStarts.contains { cell.unicodeScalars.first == $0.unicodeScalars.first }
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("+82 10", "'+82 10"), ("-5", "'-5"), ("@x", "'@x"), ("\t=1", "'\t=1"), ("\r", "'\r"),
    ("'=1", "''=1"), ("''-", "'''-"), ("'quoted'", "'quoted'"), ("'", "'"), ("", ""), ("a=1", "a=1"), (" =1", " =1"),
    ("=\u{0301}x", "'=\u{0301}x"), ("\r\nx", "'\r\nx"), ("\nx", "'\nx"),
    ("＝1+1", "'＝1+1"), ("＋1", "'＋1"), ("－1", "'－1"), ("＠x", "'＠x"), ("'＝1", "''＝1"), ("＆1", "＆1"),
    ("가=1", "가=1"), ("＝\u{0301}", "'＝\u{0301}"),
  ])
  func `a cell that a spreadsheet would run gets an apostrophe in front`(cell: String, harmless: String) {
    #expect(EscapedCell.made(from: cell).utf8.elementsEqual(harmless.utf8))
    #expect(EscapedCell.original(of: harmless).utf8.elementsEqual(cell.utf8))
  }

  @Test func `every cell comes back, and none that is written begins like a formula`() throws {
    let letters = Array("''=+-@\t\r\n 가a\"＝＋－＠＆")
    for seed in 1...2_000 {
      var generator = SeededGenerator(seed: seed)
      let length = Int.random(in: 0...5, using: &generator)
      let cell = String((0..<length).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
      let written = EscapedCell.made(from: cell)
      #expect(EscapedCell.original(of: written).utf8.elementsEqual(cell.utf8), "seed \(seed)")
      #expect(!Self.isRun(written), "seed \(seed)")
    }
  }

  @Test func `a record that was made harmless reads back as it was`() throws {
    let cells = Self.formulaStarts.map { "\($0)1" } + ["'＝x", "plain", "a\nb"]
    var bytes: [UInt8] = []
    RecordWriter.appendEscaped(cells, to: &bytes)
    var read: [[String]] = []
    var reader = RecordReader()
    try reader.feed(bytes) { read.append($0.fields) }
    try reader.finish { read.append($0.fields) }
    #expect(read.map { $0.map(EscapedCell.original) } == [cells])
    #expect(read.joined().allSatisfy { !Self.isRun($0) })
  }
}
