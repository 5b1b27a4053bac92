import Foundation
import GRDB
import Pacing
import Provisioning
import Synchronization
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

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
      try fixture.queue.onReader { reader in
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
      // Not even its journal was switched to ours; the header tells (bytes 18 and 19).
      #expect(try Data(contentsOf: URL(fileURLWithPath: path))[18...19].elementsEqual([1, 1]))
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

  @Test(arguments: [0, 13, 99]) func `a file that another Rollcall wrote is refused, and left as it was`(number: Int)
    async throws
  {
    try await QueueFixture.with { fixture in
      let path = fixture.queue.path
      try fixture.queue.onWriter { db in try db.execute(sql: "PRAGMA user_version = \(number)") }
      let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
      let tables = number == 0 ? "no number, because they are older" : "number \(number)"
      let detail = "\(tables); this Rollcall's have number \(QueueSchema.version)"
      #expect(error == QueueError(.otherSchema, path: path, detail: detail))
      // So that the fixture can look at it.
      try fixture.queue.onWriter { db in try db.execute(sql: "PRAGMA user_version = \(QueueSchema.version)") }
    }
  }

  @Test func `a damaged file is an error that says so, and no crash`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      let queue = try Queue(path: path, time: ManualTimeSource())
      _ = try queue.importBatch(QueueFixture.batch()) { add in
        for index in 1...500 { try add(QueueFixture.row(index, "n\(index)")) }
      }
      try queue.checkpoint()
      try queue.close()
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      for index in stride(from: 8_192, to: bytes.count, by: 7) { bytes[index] = 0xA5 }
      try bytes.write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: QueueError.self) {
        let again = try Queue(path: path, time: ManualTimeSource())
        try again.forEachRow(of: BatchID(1)) { _ in }
        _ = try again.assign(BatchID(1), .failed)
      }
      #expect(error?.code == .corrupt, "\(error.map { "\($0)" } ?? "-")")
      #expect(error?.hint?.contains(".recover") == true)
    }
  }

  @Test func `a file that may not be written is an error that says so`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      let queue = try Queue(path: path, time: ManualTimeSource())
      try await queue.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = ON") }
      let error = #expect(throws: QueueError.self) { try queue.assign(BatchID(1)) }
      #expect(error?.code == .readOnly)
      #expect(error?.hint?.contains("permissions") == true)
      #expect(error?.hint?.contains("--db") == false, "another file would be a second queue")
    }
  }

  @Test func `on a full disk an answer is kept, whatever its group wants to write beside it`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames((1...4).map { "n\($0)" })
      let leases = try await fixture.claim(2, of: batch).leases
      try fixture.queue.checkpoint()
      try await fixture.queue.pool.writeWithoutTransaction { db in
        let count = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        try db.execute(sql: "PRAGMA max_page_count = \(count)")
      }
      // One group: an answer, something large, and another answer.
      fixture.queue.store.stepByHand()
      let queue = fixture.queue
      let account = AccountScopeID(1)
      async let first = queue.settle(Answer(lease: leases[0].handle, outcome: Outcome(.made, remoteID: "1")))
      let message = String(repeating: "x", count: 100_000)
      let owner = fixture.owner.id
      let large = Task { try await queue.hold(account, reason: .accountRefused, message: message, by: owner) }
      async let second = queue.settle(Answer(lease: leases[1].handle, outcome: Outcome(.made, remoteID: "2")))
      while queue.store.waitingCommandCount < 3 { await Task.yield() }
      queue.store.flush()
      #expect(try await first == .settled(.done))
      #expect(try await second == .settled(.done))
      await #expect { try await large.value } throws: { ($0 as? QueueError)?.code == .diskFull }
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 2, .done: 2]))
    }
  }

  @Test func `a network file system is told from the mounts`() {
    let mounts = """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      30 22 0:25 / /home rw - nfs4 server:/home rw
      31 30 0:26 / /home/local\\040disk rw - xfs /dev/vdb rw
      32 22 0:27 / /mnt/share rw - cifs //server/share rw
      """
    #expect(FileSystemCheck.networkName(of: "/var/lib", mounts: mounts) == nil)
    #expect(FileSystemCheck.networkName(of: "/home/kim", mounts: mounts) == "NFS")
    #expect(FileSystemCheck.networkName(of: "/home/local disk/kim", mounts: mounts) == nil)
    #expect(FileSystemCheck.networkName(of: "/homework", mounts: mounts) == nil)
    #expect(FileSystemCheck.networkName(of: "/mnt/share", mounts: mounts) == "SMB")
  }

  @Test(arguments: [
    "lustre", "gpfs", "beegfs", "virtiofs", "vboxsf", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs",
    "fuse.bindfs", "fuse", "fakeowner",
  ])
  func `a file system whose memory is not shared is refused`(type: String) {
    #expect(FileSystemCheck.networkName(of: "/q", mounts: "22 1 0:1 / / rw - \(type) x rw") != nil)
  }

  @Test(arguments: ["ext4", "xfs", "overlay", "tmpfs", "fuseblk", "fuse.fuse-overlayfs", "fuse.ext4", "fuse.gocryptfs"])
  func `a disk of this machine is let in, also through FUSE`(type: String) {
    #expect(FileSystemCheck.networkName(of: "/q", mounts: "22 1 0:1 / / rw - \(type) x rw") == nil)
  }

  @Test func `a mount point is told from the mounts, whatever letters are in its name`() {
    let mounts = """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      30 22 254:0 /one/q.db /two/a\\040b\\134c\\011.db rw - ext4 /dev/vda rw
      """
    #expect(FileSystemCheck.isMountPoint("/two/a b\\c\t.db", mounts: mounts))
    #expect(!FileSystemCheck.isMountPoint("/one/q.db", mounts: mounts))
    #expect(!FileSystemCheck.isMountPoint("/two", mounts: mounts))
  }

  @Test func `a batch that was erased is an error, not an empty one`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      _ = try fixture.queue.cancel(batch)
      #expect(try fixture.queue.forget(batch)?.itemCount == 1)
      let forgotten = { (error: any Error) in (error as? QueueError)?.code == .forgotten }
      #expect(throws: QueueError.self) { try fixture.queue.forget(batch) }
      #expect { try fixture.queue.tally(of: batch) } throws: { forgotten($0) }
      #expect { try fixture.queue.forEachRow(of: batch) { _ in } } throws: { forgotten($0) }
      #expect { try fixture.queue.readBatch(batch) { try $0.forEachRow { _ in } } } throws: { forgotten($0) }
      await #expect { try await fixture.claim(1, of: batch) } throws: { forgotten($0) }
    }
  }

  @Test func `who holds a lock is told from the kernel's list`() {
    let locks = """
      1: POSIX  ADVISORY  READ  11 fe:00:77 123 123
      2: POSIX  ADVISORY  WRITE 12 fe:00:77 121 121
      3: POSIX  ADVISORY  WRITE 13 fe:00:77 120 120
      3: -> POSIX  ADVISORY  WRITE 14 fe:00:77 120 120
      4: FLOCK  ADVISORY  WRITE 15 fe:00:88 0 EOF
      """
    #expect(LockHolder.process(in: locks, log: 77, opening: 99) == 13)
    #expect(LockHolder.process(in: locks, log: 66, opening: 88) == 15)
    #expect(LockHolder.process(in: locks, log: 66, opening: 99) == nil)
  }

  @Test func `only the checkpointer checkpoints: the log grows and the file does not`() async throws {
    try await QueueFixture.with { fixture in
      try fixture.queue.checkpoint()
      func size(_ suffix: String) throws -> Int {
        try Data(contentsOf: URL(fileURLWithPath: fixture.queue.path + suffix)).count
      }
      let before = try size("")
      // Far more pages than SQLite's own thousand, in many commits and one large one, below our own limit.
      for index in 1...150 {
        try fixture.queue.writeExclusively { db in
          try db.run(
            "INSERT INTO definition_base (text) VALUES (?)",
            ["\(index)" + String(repeating: "x", count: index == 150 ? 4_000_000 : 40_000)])
        }
      }
      #expect(try size("") == before)
      #expect(try size("-wal") > 8_000_000)
      try fixture.queue.checkpoint()
      #expect(try size("") > before)
      #expect(try size("-wal") == 0)
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
        try db.value("SELECT sql FROM sqlite_schema WHERE name = 'item'", as: String.self) ?? ""
      }
      for state in ItemState.allCases { #expect(sql.contains("'\(state.rawValue)'"), "\(state)") }
      let attempt = try fixture.queue.read { db in
        try db.value("SELECT sql FROM sqlite_schema WHERE name = 'attempt'", as: String.self) ?? ""
      }
      for kind in Outcome.Kind.allCases { #expect(attempt.contains("'\(kind.rawValue)'"), "\(kind)") }
    }
  }

  /// What `status` asks of a queue, however many rows it has: nothing of it walks a table.
  @Test func `the status of a batch scans nothing`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try await fixture.settle(lease, Outcome(.quota))
      let statements = Traced()
      try fixture.queue.onReader { db in
        let transaction = SQLiteTransaction(db, fixture.time)
        db.trace { statements.add($0.expandedDescription) }
        _ = try Queue.tally(of: batch, transaction)
        _ = try Queue.holds(of: batch, transaction)
        db.trace(options: [])
      }
      #expect(statements.all.count == 2)
      for sql in statements.all {
        let plan = try fixture.queue.read { db in
          try db.all("EXPLAIN QUERY PLAN " + sql).map { row -> String in try row.get("detail") }
        }
        // The accounts are few; each is asked for what it has in the batch, by the index.
        let scans = plan.filter {
          $0.hasPrefix("SCAN") && !$0.hasPrefix("SCAN account_scope") && !$0.contains("CONSTANT")
        }
        #expect(scans.isEmpty, "\(sql): \(plan)")
      }
    }
  }

  @Test func `claims stay on the index of what can be claimed, and sort nothing`() async throws {
    try await QueueFixture.with { fixture in
      let plan = try fixture.queue.read { db in
        try db.all("EXPLAIN QUERY PLAN " + Queue.claimableSQL, [1, 1, 1])
          .map { row -> String in try row.get("detail") }
      }
      #expect(plan.contains { $0.contains("USING INDEX item_claimable (batch_id=? AND due>? AND due<?)") }, "\(plan)")
      #expect(!plan.contains { $0.contains("TEMP B-TREE FOR ORDER BY") }, "\(plan)")
    }
  }

  @Test func `the lock files of owners that were killed while they ended go with the next run`() async throws {
    try await QueueFixture.with { fixture in
      let ended = try fixture.queue.becomeOwner()
      try await fixture.queue.end(ended)
      let (left, others) = (fixture.queue.path + ".owner-\(ended.id.rawValue)", fixture.queue.path + ".owner-x")
      for path in [left, others] { #expect(FileManager.default.createFile(atPath: path, contents: nil)) }
      try fixture.queue.reclaim()
      #expect(!FileManager.default.fileExists(atPath: left))
      #expect(FileManager.default.fileExists(atPath: others), "what is not ours stays")
      #expect(FileManager.default.fileExists(atPath: fixture.queue.path + ".owner-\(fixture.owner.id.rawValue)"))
    }
  }
}

/// The statements that a connection has run.
private final class Traced: Sendable {
  private let statements = Mutex<[String]>([])

  var all: [String] { statements.withLock { $0 } }

  func add(_ sql: String) { statements.withLock { $0.append(sql) } }
}
