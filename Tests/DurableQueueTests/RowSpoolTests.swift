import Files
import Foundation
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

/// Rows between their reading and their import come out as they went in.
@Suite struct RowSpoolTests {
  private static let texts = [
    "", "a", "가나다", "\"q\"", "a\u{0}b", "e\u{301}", "é", "👩🏽‍🚀\n", String(repeating: "x", count: 300),
  ]

  private func row(_ ordinal: Int, _ bases: [Definition.Base], using random: inout SeededGenerator) -> NewRow {
    func text() -> String { Self.texts.randomElement(using: &random) ?? "" }
    let cells = (0..<Int.random(in: 0...5, using: &random)).map { _ in text() }
    let line = Int.random(in: ordinal...ordinal * 40_000, using: &random)
    if Int.random(in: 0..<5, using: &random) == 0 {
      let key = Bool.random(using: &random) ? (text(), text()) : nil
      return NewRow(ordinal: ordinal, line: line, cells: cells, content: .issue(text(), account: key?.0, name: key?.1))
    }
    let base = bases.randomElement(using: &random) ?? Definition.Base(text: [], nameAt: nil)
    let start = Int.random(in: 0...base.text.count, using: &random)
    let end = Int.random(in: start...base.text.count, using: &random)
    let isPatched = Bool.random(using: &random) && base.nameAt.map { !(start...end).contains($0) } ?? true
    let patch = isPatched ? Definition.Patch(start..<end, text: Array(text().utf8)) : nil
    let definition = Definition(base: base, patch: patch, name: text())
    return NewRow(
      ordinal: ordinal, line: line, cells: cells,
      content: .item(account: text(), name: definition.name, definition: definition))
  }

  /// Everything of a row, byte by byte.
  private func bytes(_ row: NewRow) -> [[UInt8]] {
    var texts = ["\(row.ordinal) \(row.line)"] + row.texts
    switch row.content {
    case .item(let account, let name, let definition):
      let patch = definition.patch.map { "\($0.range) \($0.text)" } ?? "-"
      texts += [account, name, "\(definition.base.nameAt ?? -1) \(definition.base.text)", patch, definition.name]
    case .issue(let text, let account, let name): texts += [text, account ?? "\u{1}nil", name ?? "\u{1}nil"]
    }
    return texts.map { Array($0.utf8) }
  }

  /// The rows as an import takes them.
  private func read(_ rows: SpooledRows) throws -> [NewRow] {
    let cellText = try CellText(rows.knownCells)
    var read: [NewRow] = []
    try rows.forEach { row in
      guard case .packed(let text) = row.cells else { return }
      let cells = try cellText.cells(of: String(decoding: text, as: UTF8.self))
      read.append(NewRow(ordinal: row.ordinal, line: row.line, cells: cells, content: row.content))
    }
    return read
  }

  @Test func `any rows, also of more bases than are remembered, and as often as they are read`() throws {
    for seed in 1...60 {
      var random = SeededGenerator(seed: seed)
      let bases = (0..<(seed.isMultiple(of: 3) ? 40 : 4)).map { number in
        Definition.Base(
          text: Array("{\"b\":\(number),\"name\":\"\"}".utf8), nameAt: number.isMultiple(of: 4) ? nil : 14)
      }
      let rows = (1...(seed == 1 ? 5_000 : 60)).map { row($0, bases, using: &random) }
      let spool = RowSpool()
      for row in rows { try spool.append(row) }
      for _ in 1...2 { #expect(try read(spool.rows).map(bytes) == rows.map(bytes), "seed \(seed)") }
    }
  }

  @Test func `a row that is larger than a piece`() throws {
    let spool = RowSpool()
    let cells = (1...3).map { String(repeating: "가\($0)", count: RowPacker.pieceSize) }
    for (index, cell) in cells.enumerated() {
      try spool.append(NewRow(ordinal: index, line: index, cells: [cell], content: .issue("i")))
    }
    #expect(try read(spool.rows).map(\.texts) == cells.map { [$0] })
  }

  @Test func `few rows need no file, and many say where there is no room for one`() async throws {
    await #expect(processExitsWith: .success) {
      setenv("TMPDIR", "/nowhere/rollcall", 1)
      let (few, many) = (RowSpool(), RowSpool())
      for ordinal in 1...100 { try few.append(QueueFixture.row(ordinal, "n\(ordinal)")) }
      var count = 0
      try few.rows.forEach { _ in count += 1 }
      #expect(count == 100)
      let error = #expect(throws: FileError.self) {
        for ordinal in 1...10_000 { try many.append(QueueFixture.row(ordinal, "n\(ordinal)")) }
      }
      #expect(error == FileError("/nowhere/rollcall", .system(ENOENT)))
    }
  }
}
