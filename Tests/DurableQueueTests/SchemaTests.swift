import GRDB
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

/// What the tables themselves refuse, and what that costs.
@Suite struct SchemaTests {
  /// Changes an item's row, and says whether the table took it.
  private func takes(_ change: String, _ fixture: QueueFixture) throws -> Bool {
    do {
      try fixture.queue.writeExclusively { db in
        try db.run("UPDATE item SET \(change)")
        throw Undone()
      }
    } catch is Undone {
      return true
    } catch let error as QueueError where error.detail.contains("CHECK") {
      return false
    }
    return true
  }

  private struct Undone: Error {}

  /// What belongs to each state, besides what all must have.
  private static let columns = ["due", "owner_id", "doubt_at", "finished_at"]

  @Test func `an item's row is what its state says`() async throws {
    try await QueueFixture.with { fixture in
      _ = try fixture.importNames(["a"])
      for state in ItemState.allCases {
        for mask in 0..<16 {
          let values = Self.columns.enumerated().map { index, name in
            "\(name) = \(mask & 1 << index == 0 ? "NULL" : name == "owner_id" ? "\(fixture.owner.id.rawValue)" : "1")"
          }
          let wanted =
            switch state {
            case .ready: 1
            case .leased: 2
            case .inDoubt: 4
            case .done, .failed, .cancelled: 8
            }
          let change = "remote_id = 'x', state = '\(state.rawValue)', " + values.joined(separator: ", ")
          #expect(try takes(change, fixture) == (mask == wanted), "\(change)")
        }
      }
      #expect(try !takes("state = 'done', due = NULL, finished_at = 1, remote_id = NULL", fixture))
    }
  }

  @Test(arguments: ["'unknown'", "''", "'READY'"]) func `a state that there is not is refused`(state: String)
    async throws
  {
    try await QueueFixture.with { fixture in
      _ = try fixture.importNames(["a"])
      for due in ["NULL", "1"] { #expect(try !takes("state = \(state), due = \(due)", fixture)) }
    }
  }

  @Test func `a statement without one of its arguments does not run`() async throws {
    try await QueueFixture.with { fixture in
      #expect(throws: QueueError.self) {
        _ = try fixture.queue.read { db in try db.one("SELECT :a, :b", ["a": 1, "surplus": 2]) }
      }
      #expect(throws: QueueError.self) { _ = try fixture.queue.read { db in try db.one("SELECT ?, ?", [1]) } }
      let found = try fixture.queue.read { db in try db.value("SELECT :a", ["a": 1, "surplus": 2], as: Int.self) }
      #expect(found == 1)
    }
  }

  @Test func `no change of an item or an attempt opens a temporary table`() async throws {
    try await QueueFixture.with { fixture in
      try fixture.queue.read { db in
        for sql in [
          "UPDATE item SET state = 'ready', due = 1 WHERE id = 1",
          "UPDATE attempt SET outcome = 'refused', ended_at = 1",
          "INSERT INTO attempt (item_id, ordinal, owner_id, definition_id, start_at) VALUES (1, 1, 1, 1, 1)",
          "INSERT INTO item (account_scope_id, name, batch_id, definition_id, state, due) VALUES (1, 'a', 1, 1, 'ready', 1)",
        ] {
          // The program of the statement itself; those of the triggers follow it, and run where they apply.
          let program = try db.all("EXPLAIN \(sql)")
          let end = try program.dropFirst().firstIndex { try $0.get("addr") as Int == 0 } ?? program.endIndex
          let steps = try program[..<end].map { try $0.get("opcode") as String }
          #expect(!steps.contains("OpenEphemeral"), "\(sql)")
        }
      }
    }
  }

  @Test func `a queue opens while somebody else holds the write lock`() async throws {
    try await QueueFixture.with { fixture in
      let path = fixture.queue.path
      try fixture.queue.onWriter { db in
        try db.execute(sql: "BEGIN IMMEDIATE")
        defer { _ = Result { try db.execute(sql: "ROLLBACK") } }
        let second = try Queue(path: path, time: ManualTimeSource(), lockWait: .zero)
        #expect(try second.batches().isEmpty)
        try second.close()
      }
    }
  }
}
