import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct QueueFileTests {
  @Test func `an answer is synced before it counts: the writer reads back WAL and FULL`() async throws {
    try await QueueFixture.with { fixture in
      try fixture.queue.pool.writeWithoutTransaction { db throws in
        #expect(try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal")
        #expect(try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2)
        #expect(try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint") == 0)
      }
    }
  }

  @Test func `the log is emptied by a checkpoint, and one that meets a reader waits for nobody`() async throws {
    try await QueueFixture.with { fixture in
      let log = fixture.queue.path + "-wal"
      let size = { (FileManager.default.contents(atPath: log) ?? Data()).count }
      try fixture.importNames(["a"])
      #expect(size() == 0, "an import ends with a checkpoint")
      try fixture.queue.read { reader in
        _ = try Int.fetchOne(reader, sql: "SELECT count(*) FROM item")
        try fixture.queue.pool.writeWithoutTransaction { db in
          try db.execute(sql: "UPDATE item SET message = 'x'")
        }
        try fixture.queue.checkpoint()
      }
      #expect(size() > 0)
      try fixture.queue.checkpoint()
      #expect(size() == 0)
    }
  }

  @Test func `the file and its neighbours are for their owner alone`() async throws {
    try await QueueFixture.with { fixture in
      let folder = URL(fileURLWithPath: fixture.queue.path).deletingLastPathComponent()
      for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(file).path)
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o077 } == 0, "\(file)")
      }
    }
  }

  @Test func `a file of another program is refused and left as it was`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/other.db"
      let other = try DatabaseQueue(path: path)
      try await other.writeWithoutTransaction { db in try db.execute(sql: "CREATE TABLE theirs (x)") }
      try other.close()
      let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
      #expect(error?.code == .notOurs)
      let again = try DatabaseQueue(path: path)
      let tables = try await again.read { db in
        try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
      }
      #expect(tables == ["theirs"])
    }
  }

  @Test func `a file that is no database is refused and left as it was`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/notes.txt"
      let text = String(repeating: "these are my notes\n", count: 100)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
      #expect(error?.code == .notOurs)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
  }

  @Test func `a file that a newer Rollcall wrote is refused`() async throws {
    try await QueueFixture.with { fixture in
      let path = fixture.queue.path
      try fixture.queue.writeAlone { db in
        try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99 the future')")
      }
      let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
      #expect(error?.code == .newerSchema)
    }
  }

  @Test func `a folder that cannot be made is a clear error`() {
    let error = #expect(throws: QueueError.self) {
      try Queue(path: "/dev/null/x/rollcall.db", time: ManualTimeSource())
    }
    #expect(error?.code == .cannotOpen)
    #expect(error?.description.contains("/dev/null/x/rollcall.db") == true)
  }

  @Test func `the states in SQL are the states of the table`() async throws {
    try await QueueFixture.with { fixture in
      let sql = try fixture.queue.read { db in
        try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'item'") ?? ""
      }
      for state in ItemState.allCases { #expect(sql.contains("'\(state.rawValue)'"), "\(state)") }
      let attempt = try fixture.queue.read { db in
        try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'attempt'") ?? ""
      }
      for kind in Outcome.Kind.allCases { #expect(attempt.contains("'\(kind.rawValue)'"), "\(kind)") }
    }
  }

  @Test func `claims stay on the index of what can be claimed, and sort nothing`() async throws {
    try await QueueFixture.with { fixture in
      let plan = try fixture.queue.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + Queue.claimableSQL, arguments: [1, 1, 1])
          .map { row -> String in row["detail"] }
      }
      #expect(plan.contains { $0.contains("USING INDEX item_claimable (batch_id=? AND due>? AND due<?)") }, "\(plan)")
      #expect(!plan.contains { $0.contains("TEMP B-TREE FOR ORDER BY") }, "\(plan)")
    }
  }
}
