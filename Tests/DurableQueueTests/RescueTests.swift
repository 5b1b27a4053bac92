import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

/// What a process knows of a queue that lost a file is saved whole, or it says that it is not.
@Suite struct RescueTests {
  /// A queue of three rows.
  private static func queue(at path: String) throws -> Queue {
    let queue = try Queue(path: path, time: ManualTimeSource())
    _ = try queue.importBatch(QueueFixture.batch()) { add in
      for index in 1...3 { try add(QueueFixture.row(index, "n\(index)")) }
    }
    return queue
  }

  /// One row is done, which only the log knows, and a file goes.
  private static func finishOne(_ queue: Queue, losing suffix: String) throws {
    try queue.writeExclusively { db in
      try db.run(
        """
        UPDATE item SET state = 'done', due = NULL, remote_id = 'r', finished_at = 1, version = version + 1
        WHERE id = 1
        """)
    }
    #expect(unlink(queue.path + suffix) == 0)
    #expect(throws: QueueError.self) { try queue.refuseIfReplaced() }
  }

  private func saved(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".rescued-") }.sorted()
  }

  @Test(arguments: ["reader", "checkpointer", "broken lock", "nobody"], ["-wal", "-shm"])
  func `a log that cannot be emptied into the file is saved beside it`(other: String, lost: String) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      _ = await #expect(processExitsWith: .success) {
        [path = path as String, other = other as String, lost = lost as String] in
        let queue = try Self.queue(at: path)
        let lose = { @Sendable in
          try Self.finishOne(queue, losing: lost)
          let copy = try queue.rescue()
          #expect((copy == nil) == (other == "nobody"))
        }
        switch other {
        case "reader":
          try await queue.pool.read { db in
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM item")
            try lose()
          }
        case "checkpointer":
          let lock = try #require(try FileLock.acquire(path + ".checkpoint", of: path))
          try lose()
          withExtendedLifetime(lock) {}
        case "broken lock":
          #expect(unlink(path + ".checkpoint") == 0 && mkdir(path + ".checkpoint", 0o700) == 0)
          try lose()
        default: try lose()
        }
      }
      let copies = try saved(in: folder)
      #expect(copies.count == (other == "nobody" ? 0 : 1))
      let again = try Queue(path: copies.first.map { "\(folder)/\($0)" } ?? path, time: ManualTimeSource())
      #expect(try again.tally(of: BatchID(1)) == Tally([.done: 1, .ready: 2]))
      #expect(try again.onReader { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    }
  }

  @Test func `a copy for which there is no room leaves no part of itself, and says so`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      _ = await #expect(processExitsWith: .success) { [path = path as String] in
        let queue = try Self.queue(at: path)
        try Self.finishOne(queue, losing: "")
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #expect(throws: QueueError.self) { try queue.rescue() }
      }
      let copies = try saved(in: folder)
      #expect(copies.isEmpty)
    }
  }

  @Test func `a copy that another process of this number left stays`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      _ = await #expect(processExitsWith: .success) { [path = path as String] in
        let queue = try Self.queue(at: path)
        let left = "\(path).rescued-\(getpid())"
        try "theirs".write(toFile: left, atomically: false, encoding: .utf8)
        try Self.finishOne(queue, losing: "")
        #expect(try queue.rescue() == left + "-2")
        #expect(try String(contentsOfFile: left, encoding: .utf8) == "theirs")
      }
    }
  }

  @Test func `the hint destroys nothing that stands at the path`() {
    let hint = { RescueWords.hint("/q/a.db.rescued-7", for: "/q/a.db", isTaken: $0, batch: BatchID(3)) }
    #expect(!hint(true).contains("rm ") && hint(true).contains("`mv -n /q/a.db.rescued-7 /q/a.db`"))
    #expect(hint(false).contains("test -e /q/a.db ||") && hint(false).contains("mv -n"))
    for isTaken in [true, false] { #expect(hint(isTaken).contains("rollcall resume 3 --db /q/a.db")) }
    #expect(QueueError(.replaced, path: "/q/a.db", detail: "x").hint?.contains("never over a file") == true)
  }

  @Test func `the hint names the log that is there, and a copy only where there is one`() throws {
    let hint = { (log: StrangeLog?) in
      try #require(QueueError(.strangeLog, path: "/q.db", detail: "x", log: log).hint)
    }
    #expect(try hint(nil).contains("/q.db-wal"))
    let journal = try hint(StrangeLog("/q.db-journal", hasFile: true))
    #expect(journal.contains("/q.db-journal") && !journal.contains("-wal") && !journal.contains("-shm"))
    for name in ["/q.db-wal", "/q.db-journal"] {
      let alone = try hint(StrangeLog(name, hasFile: false))
      #expect(alone.contains("Bring back the file that \(name) belongs to") && !alone.contains("the copy"))
    }
  }
}
