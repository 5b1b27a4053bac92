import Foundation
import GRDB
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

/// What the rows of a batch have in common is kept once, and every row reads back as it was.
@Suite struct CommonPartsTests {
  private func claimed(_ fixture: QueueFixture, _ batch: BatchID) async throws -> [String: String] {
    let leases = try await fixture.claim(100, of: batch).leases
    return Dictionary(uniqueKeysWithValues: leases.map { ($0.name, $0.definition) })
  }

  @Test func `every definition is sent as it was, wherever its name stands`() async throws {
    let definitions = [
      "a": #"{"description":"한국어 😀 é","name":"a"}"#, "b": #"{"description":"한국어 😀 é","name":"b"}"#,
      "c": #"{"description":"c","name":"c","z":"c"}"#, "d": "no name at all", "e": #""e""#, "f": #"{"name":"f "}"#,
      "g": #"{"description":"한국어 😀 é","name":"g"}"#, "h": "",
    ]
    try await QueueFixture.with { fixture in
      let result = try fixture.queue.importBatch(QueueFixture.batch()) { add in
        for (index, item) in definitions.sorted(by: { $0.key < $1.key }).enumerated() {
          try add(
            NewRow(
              ordinal: index + 1, line: index + 2, cells: [item.key],
              content: .item(account: "acc", name: item.key, definition: Definition(text: item.value))))
        }
      }
      let batch = try #require(result).batch
      #expect(try await claimed(fixture, batch) == definitions)
    }
  }

  @Test func `what definitions have in common is stored once, whatever is replaced in it`() async throws {
    let bases = [#"{"description":"","name":""}"#, #"{"name":"","z":""}"#].map { text in
      Definition.Base(text: Array(text.utf8), nameAt: text.hasPrefix(#"{"n"#) ? 9 : text.utf8.count - 2)
    }
    // The patch before the name, and behind it; the same one again; none.
    let rows = (0..<400).map { index -> Definition in
      let place = index.isMultiple(of: 2) ? 16 : 15
      let patch = Definition.Patch(place..<place, text: Array("가\(index % 50)".utf8))
      return Definition(
        base: bases[index % 2], patch: index.isMultiple(of: 5) ? nil : patch, name: "n\(index)")
    }
    try await QueueFixture.with { fixture in
      let result = try fixture.queue.importBatch(QueueFixture.batch()) { add in
        for (index, definition) in rows.enumerated() {
          let content = NewRow.Content.item(account: "acc", name: definition.name, definition: definition)
          try add(NewRow(ordinal: index + 1, line: index + 2, cells: [], content: content))
        }
      }
      let batch = try #require(result).batch
      for definition in rows {
        let found = try fixture.queue.histories(named: definition.name, in: batch)
        #expect(found.map(\.definition) == [definition.text])
      }
      let stored = try fixture.queue.read { db in
        try ["definition", "definition_base"].map { try db.value("SELECT count(*) FROM \($0)", as: Int.self) }
      }
      #expect(stored == [42, 2], "40 with a patch, one of each base without")
    }
  }

  @Test func `more bases and patches than are remembered are stored all the same`() async throws {
    let bases = (0..<40).map { Definition.Base(text: Array("{\"b\":\($0),\"name\":\"\"}".utf8), nameAt: nil) }
    try await QueueFixture.with { fixture in
      let count = 40_000
      let result = try fixture.queue.importBatch(QueueFixture.batch()) { add in
        for index in 1...count {
          let patch = Definition.Patch(1..<1, text: Array("\"p\":\(index % 36_000),".utf8))
          let definition = Definition(base: bases[index % 40], patch: patch, name: "n\(index)")
          try add(
            NewRow(
              ordinal: index, line: index, cells: [],
              content: .item(account: "acc", name: "n\(index)", definition: definition)))
        }
      }
      let batch = try #require(result).batch
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: count]))
      var wrong = 0
      try fixture.queue.read { db in
        var definitions = StoredDefinitions()
        try db.each(
          """
          SELECT \(StoredDefinitions.columns), item.id FROM item JOIN definition ON definition.id = definition_id
            \(StoredDefinitions.join)
          """
        ) { row in
          let index = try row.get(StoredDefinitions.columnCount) as Int
          let text = try definitions.definition(of: "", row).text
          if text != "{\"p\":\(index % 36_000),\"b\":\(index % 40),\"name\":\"\"}" { wrong += 1 }
        }
      }
      #expect(wrong == 0)
    }
  }

  @Test func `every cell reads back byte by byte`() async throws {
    let composed = "가", decomposed = "\u{1100}\u{1161}"
    let rows = [
      ["a", composed, "0", "", "x"], ["a", decomposed, "0", "", "y"], ["b", composed, "[0]", "0", "x"], ["c"],
    ]
    try await QueueFixture.with { fixture in
      let result = try fixture.queue.importBatch(QueueFixture.batch()) { add in
        for (index, cells) in rows.enumerated() {
          try add(NewRow(ordinal: index + 1, line: index + 2, cells: cells, content: .issue("none")))
        }
      }
      var read: [[String]] = []
      let batch = try #require(result).batch
      try fixture.queue.forEachRow(of: batch) { read.append($0.cells) }
      #expect(read.map { $0.map { Array($0.utf8) } } == rows.map { $0.map { Array($0.utf8) } })
    }
  }

  @Test func `the tables' checks hold after an import, whole or broken`() async throws {
    struct Broken: Error {}
    func isChecked(_ queue: Queue) -> Bool {
      do {
        try queue.writeExclusively { try $0.run("UPDATE item SET due = NULL WHERE state = 'ready'") }
        return false
      } catch {
        return "\(error)".contains("CHECK")
      }
    }
    try await QueueFixture.with { fixture in
      _ = try fixture.importNames(["a", "b"])
      #expect(isChecked(fixture.queue))
      #expect(throws: Broken.self) {
        _ = try fixture.queue.importBatch(QueueFixture.batch("/other.csv")) { _ in
        } confirm: { _ in
          throw Broken()
        }
      }
      #expect(isChecked(fixture.queue))
    }
  }

  @Test func `a label that was never seen is imported while it is read, a known one is not read`() async throws {
    struct Refused: Error {}
    try await QueueFixture.with { fixture in
      // More than one piece, so that rows are in the tables before the last one is read.
      let count = 20_000
      let rows: @Sendable (RowSink) throws -> Void = { add in
        for index in 1...count { try add(QueueFixture.row(index, "n\(index)")) }
        try add(NewRow(ordinal: count + 1, line: count + 2, cells: ["?"], content: .issue("none")))
      }
      #expect(throws: Refused.self) {
        _ = try fixture.queue.importUnseen(QueueFixture.batch(), rows: rows) { _ in throw Refused() }
      }
      #expect(throws: Refused.self) {
        _ = try fixture.queue.importUnseen(QueueFixture.batch()) { add in
          try rows(add)
          throw Refused()
        } content: { _ in
          ([], "")
        }
      }
      #expect(try fixture.queue.batches().isEmpty)
      let result = try fixture.queue.importUnseen(QueueFixture.batch(), rows: rows) { _ in (["name"], "digest") }
      let id = try #require(result).batch
      #expect(result?.comparison.newCount == count)
      let batch = try #require(try fixture.queue.batch(id))
      #expect(batch.columns == ["name"])
      #expect(try fixture.queue.tally(of: batch.id) == Tally([.ready: count], invalidCount: 1))
      var cells: Set<[String]> = []
      try fixture.queue.forEachRow(of: id) { cells.insert($0.cells) }
      #expect(cells.count == count + 1)
      let again = try fixture.queue.importUnseen(QueueFixture.batch()) { _ in
        Issue.record("a known label is read")
      } content: { _ in
        ([], "")
      }
      #expect(again == nil)
    }
  }

  @Test func `a name that is there twice ends the import, and the reading of it`() async throws {
    try await QueueFixture.with { fixture in
      let rows: @Sendable (RowSink) throws -> Void = { add in
        for index in 1...100_000 { try add(QueueFixture.row(index, "n\(index == 900 ? 1 : index)")) }
        Issue.record("the reading goes on after the import has failed")
      }
      #expect(throws: QueueError.self) {
        _ = try fixture.queue.importBatch(QueueFixture.batch()) { add in
          for index in 1...100_000 { try add(QueueFixture.row(index, "n\(index == 900 ? 1 : index)")) }
        }
      }
      #expect(throws: QueueError.self) {
        _ = try fixture.queue.importUnseen(QueueFixture.batch(), rows: rows) { _ in ([], "") }
      }
      #expect(try fixture.queue.batches().isEmpty)
      let batch = try fixture.importNames(["a"])
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1]))
    }
  }
}
