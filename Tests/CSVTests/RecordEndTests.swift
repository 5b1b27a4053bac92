import TestSupport
import Testing

@testable import CSV

/// The last record of a file that may have been cut off.
@Suite struct RecordEndTests {
  private func mended(_ pieces: [[UInt8]], separator: UInt8 = .comma) throws -> Reading {
    var (reader, reading) = (RecordReader(separator: separator), Reading())
    for piece in pieces { try reader.feed(piece) { reading.records.append($0) } }
    try reader.finish(isMending: true) { reading.records.append($0) }
    return reading
  }

  private static let text = "a,b\n1,\"x\ny\"\n학생 17,\"b, \"\"김\"\"\",김민준"

  @Test func `cut at any byte of its last line, a file has all records before it, in whatever pieces it comes`() throws
  {
    var generator = SeededGenerator(seed: 16)
    let bytes = Array(Self.text.utf8)
    let start = Array("a,b\n1,\"x\ny\"\n".utf8).count
    for count in start + 1...bytes.count {
      let prefix = Array(bytes.prefix(count))
      let whole = try mended([prefix])
      #expect(whole.fields.dropLast() == [["a", "b"], ["1", "x\ny"]], "\(count)")
      #expect(whole.records.map(\.hasEnd) == [true, true, false])
      #expect(try mended(prefix.map { [$0] }) == whole && mended(cut(prefix, using: &generator)) == whole)
    }
  }

  @Test(arguments: [("a\n\"b", CSVError.Code.unclosedQuote, "b"), ("a\nb김", .invalidUTF8, "b\u{FFFD}")])
  func `what is cut is a problem of its record`(text: String, code: CSVError.Code, field: String) throws {
    let bytes = Array(text.utf8)
    let reading = try mended([code == .invalidUTF8 ? bytes.dropLast() : bytes])
    #expect(reading.problems.map(\.code) == [code] && reading.fields.last == [field])
    #expect(reading.problems.first?.position == Position(line: 2, column: 1))
  }

  @Test func `what is wrong before the last line, or in its middle, ends the reading all the same`() throws {
    #expect(throws: CSVError.self) { try mended([Array("a\n\"b\nc".utf8)]) }
    #expect(throws: CSVError.self) { try mended([Array("a\n".utf8) + [0xFF] + Array("b".utf8)]) }
    #expect(throws: CSVError.self) { try mended([Array("a\nb".utf8) + [0x80]]) }
    #expect(throws: CSVError.self) { try read("a\n\"b").error.map { throw $0 } }
  }
}
