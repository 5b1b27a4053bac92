// Cells such as `="0072"`, by which exports keep a spreadsheet from making a number of an id.

import Testing

@testable import CSV

@Suite struct ProtectedCellTests {
  @Test(arguments: [
    (#"="0072",Kim"#, [["0072", "Kim"]]), (#"Kim,="1,2""#, [["Kim", "1,2"]]), (#"="a""b",="""#, [[#"a"b"#, ""]]),
    ("=\"a\nb\",c", [["a\nb", "c"]]), ("=", [["="]]), ("=,=\r\n=1+1,==\"a", [["=", "="], ["=1+1", "==\"a"]]),
    (#""=""0072""""#, [[#"="0072""#]]), ("a=\"b\"\n", [["a=\"b\""]]),
  ])
  func `an equals sign before a quoted cell is no part of it`(text: String, fields: [[String]]) throws {
    #expect(try read(text).fields == fields)
    #expect(try readByByte(Array(text.utf8)) == read(text))
  }

  @Test func `places begin at the equals sign`() throws {
    let reading = try read(#"a,="b",c"#)
    #expect(reading.records.first?.positions.map(\.column) == [1, 3, 8])
    let bytes = Array("a,=\"b".utf8) + [0xFF] + Array("\"\n".utf8)
    #expect(try read(bytes).error?.position == Position(line: 1, column: 6))
    #expect(try read(#"="a"b"#).problems.map(\.code) == [.textAfterQuote])
    #expect(try read("x\n=\"a").error?.position == Position(line: 2, column: 1))
  }

  @Test(arguments: [#"="0072""#, "=", #"=""#, #"=="x""#, #"="1,2""#])
  func `what is written is read back`(cell: String) throws {
    var bytes: [UInt8] = []
    RecordWriter.append([cell, "b", cell], to: &bytes)
    #expect(try read(bytes).fields == [[cell, "b", cell]])
    #expect(try readByByte(bytes).fields == [[cell, "b", cell]])
  }
}
