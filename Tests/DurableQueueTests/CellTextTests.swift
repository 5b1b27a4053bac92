import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// What is kept of a batch's cells reads back as they were, whatever repeats in them.
@Suite struct CellTextTests {
  @Test func `every cell of long rosters reads back byte by byte`() throws {
    let odd = ["", "0", "7", "[1]", "\"", "가", "\u{1100}\u{1161}", "a,b", "null"]
    for seed in 1...60 {
      var random = SeededGenerator(seed: seed)
      // From columns that never change to columns that never repeat.
      let pools = (0..<5).map { _ in [1, 3, 9, 10, 11, 40, 100_000].randomElement(using: &random) ?? 1 }
      let rows = (0..<300).map { _ in
        pools.map { pool in
          let number = Int.random(in: 0..<pool, using: &random)
          return number < odd.count ? odd[number] : "cell \(number)"
        }
      }
      var writer = CellText(first: rows[0])
      let texts = rows.map { row in
        var bytes: [UInt8] = []
        writer.append(row, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
      }
      let reader = try CellText(writer.known)
      for (row, text) in zip(rows, texts) {
        let read = try reader.cells(of: text)
        #expect(read.map { Array($0.utf8) } == row.map { Array($0.utf8) }, "seed \(seed): \(text)")
      }
    }
  }

  @Test func `the form of an older version is read too`() throws {
    let reader = try CellText(#"["a","b"]"#)
    #expect(try reader.cells(of: #"[0,"c"]"#) == ["a", "c"])
    #expect(try CellText(nil).cells(of: #"["x","0"]"#) == ["x", "0"])
  }
}
