// The writer: what it quotes, and that the reader reads back what it wrote.

import CSV
import TestSupport
import Testing

@Suite struct RecordWriterTests {
  @Test(arguments: [
    (["a", "b"], "a,b\r\n"), ([""], "\"\"\r\n"), (["", ""], ",\r\n"), (["a,b", "c"], "\"a,b\",c\r\n"),
    (["say \"hi\""], "\"say \"\"hi\"\"\"\r\n"), (["a\nb", "c\rd"], "\"a\nb\",\"c\rd\"\r\n"),
    ([" a ", "홍길동"], " a ,홍길동\r\n"), (["\u{FEFF}a"], "\"\u{FEFF}a\"\r\n"), ([], ""),
    (["8888;6006", "a\tb"], "\"8888;6006\",\"a\tb\"\r\n"),
  ])
  func `quotes stand only where they are needed`(fields: [String], text: String) {
    var bytes: [UInt8] = []
    RecordWriter.append(fields, to: &bytes)
    #expect(bytes == Array(text.utf8))
  }

  @Test func `records are appended`() {
    var bytes = RecordWriter.byteOrderMark
    RecordWriter.append(["a"], to: &bytes)
    RecordWriter.append(["b"], to: &bytes)
    #expect(bytes == Array("\u{FEFF}a\r\nb\r\n".utf8))
  }
}

@Suite struct CSVSeedTests {
  @Test func `what is written is read back the same`() throws {
    for seed in 0..<2_000 {
      var generator = SeededGenerator(seed: seed)
      let table = randomTable(using: &generator)
      var bytes = seed.isMultiple(of: 2) ? RecordWriter.byteOrderMark : []
      for fields in table { RecordWriter.append(fields, to: &bytes) }
      let reading = try read(bytes)
      // Swift takes texts as equal that Unicode writes in two ways: their bytes are compared.
      #expect(
        reading.fields.map { $0.map { Array($0.utf8) } } == table.map { $0.map { Array($0.utf8) } }, "seed \(seed)")
      #expect(reading.error == nil && reading.problems.isEmpty, "seed \(seed)")
      #expect(reading.records.map(\.number) == Array(1...table.count), "seed \(seed)")
    }
  }

  @Test func `a document fed byte by byte or in pieces is the document fed whole`() throws {
    var (errorCount, problemCount) = (0, 0)
    for seed in 0..<4_000 {
      var generator = SeededGenerator(seed: seed)
      let bytes = randomDocument(using: &generator)
      let whole = try read(bytes)
      #expect(try readByByte(bytes) == whole, "seed \(seed): \(bytes)")
      #expect(try read(cut(bytes, using: &generator)) == whole, "seed \(seed): \(bytes)")
      errorCount += whole.error == nil ? 0 : 1
      problemCount += whole.problems.count
    }
    #expect(errorCount > 400 && errorCount < 3_600, "the documents must be both good and bad")
    #expect(problemCount > 400)
  }

  @Test func `every line and place is that of a plain count`() throws {
    for seed in 0..<2_000 {
      var generator = SeededGenerator(seed: seed)
      let bytes = randomDocument(using: &generator)
      for record in try read(bytes).records {
        #expect(record.line == line(of: record.offset, in: bytes), "seed \(seed)")
        #expect(record.positions.count == record.fields.count, "seed \(seed)")
        #expect(record.positions.first?.line == record.line, "seed \(seed)")
      }
    }
  }
}

// MARK: - Tools

private func randomTable(using generator: inout SeededGenerator) -> [[String]] {
  let pieces = ["a", "", ",", "\"", "\r", "\n", "\r\n", " ", "한", "글\u{301}", "\u{FEFF}", "👩‍🏫", "xyz", "\u{0}"]
  return (0..<Int.random(in: 1...6, using: &generator)).map { _ in
    (0..<Int.random(in: 1...5, using: &generator)).map { _ in
      (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
    }
  }
}

/// Documents that are often almost right.
private func randomDocument(using generator: inout SeededGenerator) -> [UInt8] {
  let pieces: [[UInt8]] = [
    [0x61], [0x62, 0x63], [0x2C], [0x2C], [0x2C], [0x22], [0x22, 0x22], [0x22, 0x61, 0x22], [0x0A], [0x0D],
    [0x0D, 0x0A], [0x20], Array("한".utf8), Array("\u{FEC0}".utf8), RecordWriter.byteOrderMark, [0x2C, 0x22],
    [0x22, 0x2C], [0x22, 0x0A],
  ]
  var bytes = Bool.random(using: &generator) ? RecordWriter.byteOrderMark : []
  for _ in 0..<Int.random(in: 0...25, using: &generator) {
    bytes += pieces.randomElement(using: &generator) ?? []
  }
  if Int.random(in: 0..<8, using: &generator) == 0 {
    let bad: [UInt8] = [0xFF, 0xEF, 0xBB, 0xC3, 0x80]
    bytes.insert(bad.randomElement(using: &generator) ?? 0xFF, at: Int.random(in: 0...bytes.count, using: &generator))
  }
  return bytes
}

/// The line of a byte that starts a record, counted the plain way.
private func line(of offset: Int, in bytes: [UInt8]) -> Int {
  var line = 1
  for (index, byte) in bytes[..<offset].enumerated() {
    let isSecondHalf = byte == 0x0A && index > 0 && bytes[index - 1] == 0x0D
    if (byte == 0x0A || byte == 0x0D) && !isSecondHalf { line += 1 }
  }
  return line
}
