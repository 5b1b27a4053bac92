// The reader, rule by rule: RFC 4180, and what we decided where it is silent.

import Testing

@testable import CSV

@Suite struct RecordReaderTests {
  @Test(arguments: [
    ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
    (#""a","b""#, [["a", "b"]]),
    (#""a,b",c"#, [["a,b", "c"]]),
    (#""say ""hi""","""""#, [[#"say "hi""#, #"""#]]),
    ("\"\"\"\"\"\",\"\"", [["\"\"", ""]]),
  ])
  func `quotes hold commas and doubled quotes`(text: String, fields: [[String]]) throws {
    #expect(try read(text) == readByByte(Array(text.utf8)))
    #expect(try read(text).fields == fields)
    #expect(try read(text).problems.isEmpty)
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `a newline inside quotes is text, and a line`(newline: String) throws {
    let reading = try read("a,\"b\(newline)c\"\(newline)d,e")
    #expect(reading.fields == [["a", "b\(newline)c"], ["d", "e"]])
    #expect(reading.records.map(\.line) == [1, 3])
    #expect(reading.records.map(\.number) == [1, 2])
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `every line ending ends a record, and the last one needs none`(newline: String) throws {
    let lines = ["a,b", "c,d", "e,f"]
    for document in [lines.joined(separator: newline), lines.map { $0 + newline }.joined()] {
      let reading = try read(document)
      #expect(reading.fields == [["a", "b"], ["c", "d"], ["e", "f"]])
      #expect(reading.records.map(\.line) == [1, 2, 3])
    }
  }

  @Test func `line endings may be mixed`() throws {
    let reading = try read("a\nb\rc\r\nd\r\re\n\rf")
    #expect(reading.fields == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]])
    #expect(reading.records.map(\.line) == [1, 2, 3, 4, 6, 8])
  }

  @Test func `a byte order mark is skipped, also when it is split over reads`() throws {
    let bytes = RecordWriter.byteOrderMark + Array("a,b\n1,2\n".utf8)
    let whole = try read(bytes)
    #expect(whole.fields == [["a", "b"], ["1", "2"]])
    #expect(whole.records.first?.positions == [Position(line: 1, column: 1), Position(line: 1, column: 3)])
    #expect(whole.records.map(\.offset) == [3, 7])
    for split in 0...bytes.count {
      #expect(try read([Array(bytes[..<split]), [], Array(bytes[split...])]) == whole, "split at \(split)")
    }
    #expect(try readByByte(bytes) == whole)
  }

  @Test func `only the file's first bytes are a byte order mark`() throws {
    #expect(try read("a,\u{FEFF}b\n\u{FEFF}c").fields == [["a", "\u{FEFF}b"], ["\u{FEFF}c"]])
    #expect(try read("\u{FEFF}\u{FEFF}a").fields == [["\u{FEFF}a"]])
    #expect(try read("\u{FEFF}").fields.isEmpty)
  }

  @Test func `what starts like a byte order mark and is none is text`() throws {
    let text = "\u{FEC0}\u{FEC0},b"  // EF BB 80
    #expect(try read(text).fields == [["\u{FEC0}\u{FEC0}", "b"]])
    #expect(try readByByte(Array(text.utf8)) == read(text))
    for bytes: [UInt8] in [[0xEF], [0xEF, 0xBB]] {
      #expect(try read(bytes).error?.code == .invalidUTF8)
      #expect(try readByByte(bytes) == read(bytes))
    }
  }

  @Test(arguments: [
    ("a,", [["a", ""]]), ("a,\n", [["a", ""]]), (",", [["", ""]]), (",\r\n,", [["", ""], ["", ""]]),
    ("a,\"\"", [["a", ""]]), ("a,,b", [["a", "", "b"]]),
  ])
  func `an empty last field is kept`(text: String, fields: [[String]]) throws {
    #expect(try read(text).fields == fields)
  }

  @Test func `records of any length are kept as they are`() throws {
    #expect(try read("a,b,c\n1\n1,2,3,4\n").fields == [["a", "b", "c"], ["1"], ["1", "2", "3", "4"]])
  }

  @Test func `wholly blank lines are skipped, but counted`() throws {
    let reading = try read("\na\n\n\r\n \n\"\"\n\n")
    #expect(reading.fields == [["a"], [" "], [""]])
    #expect(reading.records.map(\.line) == [2, 5, 6])
    #expect(reading.records.map(\.number) == [2, 5, 6])
  }

  @Test(arguments: ["", "\n", "\r\n\r\n"])
  func `nothing comes of nothing`(text: String) throws {
    #expect(try read(text) == Reading())
  }

  @Test func `blanks belong to their field`() throws {
    #expect(try read(" a ,\tb, ").fields == [[" a ", "\tb", " "]])
  }

  @Test func `each field says where it starts`() throws {
    let reading = try read("ab,\"c\nd\",e\n한,f")
    #expect(
      reading.records.map { $0.positions.map { [$0.line, $0.column] } } == [
        [[1, 1], [1, 4], [2, 4]], [[3, 1], [3, 5]],
      ])
    #expect(reading.records.map(\.offset) == [0, 11])
  }

  @Test func `a record can be read again from its place`() throws {
    let document = Array("\u{FEFF}a,b\r\n\r\n\"1\r\n2\",3\r\n4,5".utf8)
    let whole = try read(document)
    for (index, record) in whole.records.enumerated() {
      var (reader, again): (RecordReader, [Record]) = (RecordReader(from: record.place), [])
      try reader.feed(document[record.offset...]) { again.append($0) }
      try reader.finish { again.append($0) }
      #expect(again == Array(whole.records[index...]))
    }
  }

  @Test func `what the body throws is passed on`() {
    struct Enough: Error {}
    var reader = RecordReader()
    #expect(throws: Enough.self) { try reader.feed(Array("a\n".utf8)) { _ in throw Enough() } }
  }
}
