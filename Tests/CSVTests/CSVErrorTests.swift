// What is wrong with a file, each kind with the place it is at.

import Testing

@testable import CSV

@Suite struct CSVErrorTests {
  @Test func `an unclosed quote is reported where it opened`() throws {
    let reading = try read("a,b\n1,\"2\n3,4\n5,6\n")
    #expect(reading.fields == [["a", "b"]])
    #expect(
      reading.error
        == CSVError(.unclosedQuote, at: Position(line: 2, column: 3), recordNumber: 2, fieldNumber: 2))
  }

  @Test(arguments: ["\"", "a,\"", "\"a\"\"", "\"a\"\"\n"])
  func `an unclosed quote is found at the end of the file`(text: String) throws {
    #expect(try read(text).error?.code == .unclosedQuote)
    #expect(try readByByte(Array(text.utf8)) == read(text))
  }

  @Test(arguments: [
    (#"x,"a"b,c"#, "ab", 6), (#"x,"a" ,c"#, "a ", 6), (#"x,"Kim "KJ" Minsu",c"#, #"Kim KJ" Minsu""#, 9),
  ])
  func `text after a closing quote is a problem of its record, and reading goes on`(
    text: String, field: String, column: Int
  ) throws {
    let reading = try read("1,2,3\n\(text)\n4,5,6")
    #expect(reading.fields == [["1", "2", "3"], ["x", field, "c"], ["4", "5", "6"]])
    #expect(reading.error == nil)
    #expect(
      reading.problems == [
        CSVError(.textAfterQuote, at: Position(line: 2, column: column), recordNumber: 2, fieldNumber: 2)
      ])
  }

  @Test func `a quote inside a bare field is one problem of its record, and reading goes on`() throws {
    let reading = try read("1,2\nab\"c\"d,\"e\"\n3, \"4\"\n")
    #expect(reading.fields == [["1", "2"], ["ab\"c\"d", "e"], ["3", " \"4\""]])
    #expect(
      reading.problems == [
        CSVError(.bareQuote, at: Position(line: 2, column: 3), recordNumber: 2, fieldNumber: 1),
        CSVError(.bareQuote, at: Position(line: 3, column: 4), recordNumber: 3, fieldNumber: 2),
      ])
    #expect(reading.records.map(\.problems.count) == [0, 1, 1])
  }

  @Test(arguments: [
    ([UInt8]("a,b\n1,ab".utf8) + [0xFF, 0x2C], 2, 5, 2), ([0xC3], 1, 1, 1), ([0xED, 0xA0, 0x80, 0x0A], 1, 1, 1),
    ([UInt8]("한".utf8) + [0xB0, 0xA1], 1, 4, 1), ([UInt8](#"x,"a""b"#.utf8) + [0xFE, 0x22], 1, 8, 2),
    ([UInt8](#"x,"a""b"#.utf8) + [0x0D, 0x0A, 0x61, 0xFE] + [UInt8](#"","#.utf8), 2, 2, 2),
  ])
  func `a byte that is not UTF-8 ends the reading, with its place`(
    bytes: [UInt8], line: Int, column: Int, field: Int
  ) throws {
    let error = try #require(try read(bytes).error)
    #expect(error.code == .invalidUTF8)
    #expect(error.position == Position(line: line, column: column))
    #expect(error.fieldNumber == field)
    #expect(try readByByte(bytes) == read(bytes))
  }

  @Test(arguments: ["", "\""])
  func `a field may have a mebibyte and not one byte more`(quote: String) throws {
    let longest = String(repeating: "a", count: RecordReader.longestField)
    #expect(try read("x,\(quote)\(longest)\(quote),y").fields == [["x", longest, "y"]])
    let reading = try read("x\ny,\(quote)\(longest)b\(quote),y")
    #expect(reading.fields == [["x"]])
    #expect(
      reading.error == CSVError(.fieldTooLong, at: Position(line: 2, column: 3), recordNumber: 2, fieldNumber: 2))
    #expect(try readByByte(Array("x\ny,\(quote)\(longest)b\(quote),y".utf8)) == reading)
  }

  @Test func `a record may have 4,096 fields and not one more`() throws {
    let most = String(repeating: ",", count: RecordReader.mostFields - 1)
    #expect(try read(most).fields.map(\.count) == [RecordReader.mostFields])
    #expect(
      try read("a\n\(most),").error
        == CSVError(
          .tooManyFields, at: Position(line: 2, column: RecordReader.mostFields + 1), recordNumber: 2,
          fieldNumber: RecordReader.mostFields + 1))
  }

  @Test func `an error is a sentence with its place`() throws {
    let error = try #require(try read("a\n\"b").error)
    #expect(
      error.description
        == "line 2, column 1: a quote is opened here and never closed: close it, or double it if it belongs to the text"
    )
  }
}
