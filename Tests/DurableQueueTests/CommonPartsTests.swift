import Foundation
import GRDB
import Provisioning
import Testing

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
      let kept = try fixture.queue.read { try $0.value("SELECT count(*) FROM definition", as: Int.self) }
      #expect(kept == 6, "a, b and g have one in common")
    }
  }

  @Test func `more definitions than are remembered are kept all the same`() async throws {
    try await QueueFixture.with { fixture in
      let count = 2_500
      let result = try fixture.queue.importBatch(QueueFixture.batch()) { add in
        for index in 1...count {
          let definition = #"{"description":"person \#(index % 1_300)","name":"n\#(index)"}"#
          try add(
            NewRow(
              ordinal: index, line: index, cells: [],
              content: .item(account: "acc", name: "n\(index)", definition: Definition(text: definition))))
        }
      }
      let batch = try #require(result).batch
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: count]))
      let wrong = try fixture.queue.read { db in
        try db.value(
          """
          SELECT count(*) FROM item JOIN definition ON definition.id = definition_id WHERE \(KeptDefinition.sql())
            <> '{"description":"person ' || (substr(name, 2) % 1300) || '","name":"' || name || '"}'
          """, as: Int.self)
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
        try queue.writeAlone { try $0.run("UPDATE item SET due = NULL WHERE state = 'ready'") }
        return false
      } catch {
        return "\(error)".contains("CHECK")
      }
    }
    try await QueueFixture.with { fixture in
      _ = try fixture.importNames(["a", "b"])
      #expect(isChecked(fixture.queue))
      #expect(throws: Broken.self) {
        _ = try fixture.queue.importBatch(QueueFixture.batch("/other.csv")) { _ in throw Broken() }
      }
      #expect(isChecked(fixture.queue))
    }
  }

  @Test func `a label that was never seen is imported in one reading, a known one is not read`() async throws {
    struct Refused: Error {}
    try await QueueFixture.with { fixture in
      let rows: @Sendable (RowSink) throws -> Void = { add in try add(QueueFixture.row(1, "a")) }
      #expect(throws: Refused.self) {
        _ = try fixture.queue.importUnseen(QueueFixture.batch(), rows: rows) { throw Refused() }
      }
      #expect(try fixture.queue.batches().isEmpty)
      let result = try fixture.queue.importUnseen(QueueFixture.batch(), rows: rows) { (["name"], "digest") }
      let id = try #require(result).batch
      let batch = try #require(try fixture.queue.batch(id))
      #expect(batch.columns == ["name"])
      #expect(try fixture.queue.tally(of: batch.id) == Tally([.ready: 1]))
      let again = try fixture.queue.importUnseen(QueueFixture.batch()) { _ in
        Issue.record("a known label is read")
      } content: {
        ([], "")
      }
      #expect(again == nil)
    }
  }

  @Test func `a name that is there twice ends the import, and both sides of it`() async throws {
    try await QueueFixture.with { fixture in
      #expect(throws: QueueError.self) {
        _ = try fixture.queue.importBatch(QueueFixture.batch()) { add in
          for index in 1...100_000 { try add(QueueFixture.row(index, "n\(index == 900 ? 1 : index)")) }
        }
      }
      #expect(try fixture.queue.batches().isEmpty)
      let batch = try fixture.importNames(["a"])
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1]))
    }
  }
}
