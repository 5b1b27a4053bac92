import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

/// Whatever stands in whatever column, the queue says that it is damaged and where, and no process is stopped for it.
/// `DAMAGES=2000 swift test --filter DamageTests` tries more.
@Suite struct DamageTests {
  private static let values: [DatabaseValue] = [
    .null, "x".databaseValue, "".databaseValue, (-1).databaseValue, Int64.max.databaseValue, Int64.min.databaseValue,
    (Int64(1) << 62).databaseValue, 1.5.databaseValue, Data([0xFF, 0xFE]).databaseValue, "{".databaseValue,
    #"[1,{"a":2}]"#.databaseValue, "nonsense".databaseValue,
  ]

  /// A queue with rows in every table and items in every state.
  private static func make(_ path: String) async throws {
    let time = ManualTimeSource()
    let queue = try Queue(path: path, time: time)
    let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
    let rate = try #require(Rate("1000/s"))
    let windows = ["5000/h", "9000/day"].compactMap { Rate($0) }.compactMap { Window($0) }
    try queue.setLimit(Quota(rate: rate, burst: 100, windows: windows), source: .flag, of: scope)
    var rows = ForgetTests.rows(9, "one", account: "acc")
    rows.append(
      NewRow(ordinal: 10, line: 11, cells: ["x", "y"], content: .issue("bad", account: "acc", name: "one-name-1-q")))
    let imported = try queue.importBatch(QueueFixture.batch()) { [rows] add in for row in rows { try add(row) } }
    let batch = try #require(imported).batch
    let owner = try queue.becomeOwner(of: batch)
    let outcomes: [Outcome] = [
      Outcome(.made, remoteID: "1"), Outcome(.refused, message: "no"), Outcome(.unknown), Outcome(.quota),
      Outcome(.unknown),
    ]
    let claim = try await queue.claim(
      upTo: 6, of: batch, for: owner.id, with: scope, within: .milliseconds(500), under: .standard)
    for (lease, outcome) in zip(claim.leases, outcomes) {
      _ = try await queue.settle(Answer(lease: lease.handle, outcome: outcome, latency: .milliseconds(5)))
    }
    let accounts = try queue.read { try $0.values("SELECT id FROM account_scope", as: Int64.self) }
    let account = try #require(accounts.first)
    let run = try queue.writeExclusively {
      try Queue.noteRun(of: batch, verb: "run", since: nil, by: owner.id, $0)
    }
    try queue.noteEnd(
      of: run,
      .init(
        at: time.now(), status: 3, reason: "some_failed", message: "x",
        counts: .init(rowCount: 9, doneCount: 1, unsentCount: 2)))
    try await queue.record(
      .failed(Outcome(.refused)), of: AccountScopeID(account), by: owner.id, askedAt: time.now(), latency: .zero)
    try await queue.hold(
      ScopeWait(KeyWait(until: time.now() + .seconds(9), reason: .throttled, message: "slow"), of: scope))
    try queue.writeExclusively { db in
      try db.run("INSERT INTO learned_pace (key_scope_id, at, per_second) VALUES (?, 1, 2)", [scope.rawValue])
    }
    _ = try await queue.write { db in try Queue.noteEnd(.undecided, of: owner.id, with: scope, madeCount: 0, db) }
    let next = Array(rows.dropFirst(2))
    _ = try queue.importBatch(QueueFixture.batch(digest: "d2")) { add in for row in next { try add(row) } }
    try queue.close()
  }

  @Test func `a look at the health of a file tells of any page that cannot be read`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      try await Self.make(path)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      let size = 4_096
      for page in 1..<whole.count / size {
        var bytes = whole
        bytes.replaceSubrange(page * size..<(page + 1) * size, with: repeatElement(0x55, count: size))
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        try bytes.write(to: URL(fileURLWithPath: path))
        let opened = Result { try Queue(path: path, time: ManualTimeSource()) }
        switch opened {
        case .success(let queue):
          #expect(try !queue.health().problems.isEmpty, "page \(page + 1)")
          try queue.close()
        case .failure(let error): #expect((error as? QueueError)?.code == .corrupt, "page \(page + 1): \(error)")
        }
      }
    }
  }

  @Test func `every column of every table is looked at`() async throws {
    try await withTemporaryFolder { folder in
      try await Self.make(folder + "/base.db")
      var count = 0
      // A tally without its batch is a batch without its tally.
      for (table, column) in try Self.columns(folder + "/base.db") where (table, column) != ("tally", "batch_id") {
        let path = "\(folder)/\(table).\(column).db"
        try FileManager.default.copyItem(atPath: folder + "/base.db", toPath: path)
        let isKey = column == "id" || column.hasSuffix("_id")
        let value =
          isKey && column != "remote_id" && column != "request_id" ? (-1).databaseValue : Data([0]).databaseValue
        // References keep some ids as they are.
        guard try Self.damage(path, table, column, value) else { continue }
        count += 1
        let found = try Self.firstDamage(path)
        #expect(found?.hasPrefix("in table \(table), ") == true, "\(table).\(column): \(found ?? "-")")
        #expect(found?.hasSuffix(" has a value in \(column) that cannot be") == true, "\(found ?? "-")")
      }
      #expect(count > 100)
    }
  }

  private static func firstDamage(_ path: String) throws -> String? {
    try DatabaseQueue(path: path).read { try QueueSchema.firstDamage($0) }
  }

  /// Writes a value that the tables do not let anybody write.
  private static func damage(_ path: String, _ table: String, _ column: String, _ value: DatabaseValue) throws -> Bool {
    let file = try DatabaseQueue(path: path)
    defer { _ = Result { try file.close() } }
    return try file.writeWithoutTransaction { db in
      func redefine(_ sql: String) throws {
        try db.execute(sql: "PRAGMA writable_schema = ON")
        try db.execute(
          sql: "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", arguments: [sql, table])
        try db.execute(sql: "PRAGMA writable_schema = RESET")
      }
      let triggers = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
      for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
        try db.execute(sql: "DROP TRIGGER \(name)")
      }
      let found = try String.fetchOne(
        db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", arguments: [table])
      let sql = try #require(found)
      try redefine(
        sql.replacing(") STRICT, WITHOUT", with: ") WITHOUT").replacing(") STRICT", with: ")").replacing(
          "INTEGER NOT NULL", with: "INTEGER"
        ).replacing("TEXT NOT NULL", with: "TEXT").replacing("REAL NOT NULL", with: "REAL"))
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
      let keys = try db.primaryKey(table).columns.map { "\($0)" }.joined(separator: ", ")
      var isDone = true
      do {
        try db.execute(
          sql: "UPDATE \(table) SET \(column) = ? WHERE (\(keys)) IN (SELECT \(keys) FROM \(table) LIMIT 1)",
          arguments: [value])
      } catch {
        isDone = false
      }
      try db.execute(sql: "PRAGMA ignore_check_constraints = OFF")
      for trigger in triggers { try db.execute(sql: trigger) }
      try redefine(sql)
      return isDone
    }
  }

  /// Everything that verbs do with a queue, one after the other.
  private static func useAll(_ queue: Queue) async throws -> [String] {
    var errors: [String] = []
    func tell(_ error: any Error) {
      // Anything else would end a command with a sentence that nobody can use.
      if let error = error as? QueueError { errors.append(error.description) } else { Issue.record("\(error)") }
    }
    func attempt(_ body: () throws -> Void) { do { try body() } catch { tell(error) } }
    func attemptLater(_ body: () async throws -> Void) async { do { try await body() } catch { tell(error) } }
    // First: what follows counts some columns anew.
    attempt { errors += try queue.health().problems }
    for batch in [BatchID(1), BatchID(2)] {
      attempt { _ = try queue.batches() }
      attempt { _ = try queue.tally(of: batch) }
      attempt { _ = try queue.histories(named: "one-name-3-q", in: batch) }
      attempt { _ = try queue.find("x", in: nil) }
      attempt { _ = try queue.previousBatch(of: batch) }
      attempt {
        try queue.readBatch(batch) { reading in
          _ = try reading.forecast()
          try reading.forEachRow { _ in }
          try reading.forEachRowGone(from: BatchID(1)) { _ in }
          try reading.forEachAttempt(since: Instant(microseconds: 0)) { _ in }
          _ = try reading.limits(from: Instant(microseconds: 0), bucketSeconds: 60)
        }
      }
      attempt { _ = try (queue.holds(of: batch), queue.conflicts(of: batch), queue.longestDoubt(of: batch)) }
      attempt { _ = try queue.accountsWithReadyItems(of: batch) }
    }
    attempt { _ = try queue.processesAtWork() }
    attempt { _ = try (queue.waits(baseURL: "https://example.com"), queue.limitGates(baseURL: "https://example.com")) }
    attempt { _ = try queue.lastWait(baseURL: "https://example.com", fingerprint: "0123456789ab") }
    attempt {
      _ = try queue.compare(
        target: "dataforest", baseURL: "https://example.com", label: "/rosters/class.csv"
      ) { session in
        session.carried = [("email", 1)]
        for row in ForgetTests.rows(9, "one", account: "acc") { try session.add(row) }
      }
    }
    attempt { try queue.reclaim() }
    attempt { try queue.assign(BatchID(2), .failed) }
    await attemptLater {
      let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      try queue.beginRun(with: scope)
      try await queue.rightInstants(with: scope, of: BatchID(2))
      let owner = try queue.becomeOwner(of: BatchID(2))
      let claim = try await queue.claim(
        upTo: 3, of: BatchID(2), for: owner.id, with: scope, within: .zero, under: .standard)
      for lease in claim.leases {
        _ = try await queue.settle(Answer(lease: lease.handle, outcome: Outcome(.unknown), teaches: scope))
      }
      _ = try await queue.claim(upTo: 0, of: BatchID(2), for: owner.id, with: scope, within: .zero, under: .standard)
      try await queue.end(owner)
    }
    attempt {
      let looks = try (queue.conflicts(of: BatchID(1)) + queue.changedRows(of: BatchID(1))).map { target in
        Look(target, RemoteItem(id: "x", name: target.name), shown: target.wanted, askedAt: .init(microseconds: 5))
      }
      _ = try queue.store(looks)
    }
    attempt { _ = try (queue.identity(), queue.runs(atMost: 10)) }
    attempt { _ = try queue.cancel(BatchID(2)) }
    attempt {
      _ = try queue.importBatch(QueueFixture.batch(digest: "d3")) { add in
        for row in ForgetTests.rows(4, "one", account: "acc") { try add(row) }
      }
    }
    attempt { _ = try queue.forget(BatchID(1)) }
    attempt { _ = try queue.scrub(waiting: .zero) }
    return errors
  }

  @Test func `every value in every column is a sentence`() async throws {
    try await withTemporaryFolder { folder in
      try await Self.make(folder + "/base.db")
      let columns = try Self.columns(folder + "/base.db")
      #expect(columns.count > 110)
      var generator = SeededGenerator(seed: 14)
      let count = ProcessInfo.processInfo.environment["DAMAGES"].flatMap { Int($0) } ?? 40
      for number in 1...count {
        let (table, column) = columns[Int.random(in: columns.indices, using: &generator)]
        let value = Self.values[Int.random(in: Self.values.indices, using: &generator)]
        let path = "\(folder)/\(number).db"
        try FileManager.default.copyItem(atPath: folder + "/base.db", toPath: path)
        guard try Self.damage(path, table, column, value) else { continue }
        let queue = try Queue(path: path, time: ManualTimeSource())
        let damage = try queue.onReader { try QueueSchema.firstDamage($0) }
        let errors = try await Self.useAll(queue)
        if let damage {
          #expect(damage.contains("in table"), "\(damage)")
          #expect(errors.contains { $0.contains("in table") }, "\(table).\(column) = \(value): \(errors)")
        }
        _ = Result { try queue.close() }
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
      }
    }
  }

  private static func columns(_ path: String) throws -> [(String, String)] {
    let file = try DatabaseQueue(path: path)
    return try file.read { db in
      try String.fetchAll(
        db,
        sql:
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%' ORDER BY name"
      ).flatMap { table in try db.columns(in: table).map { (table, $0.name) } }
    }
  }

  @Test func `the place of a damaged value is named by table, row and column`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/base.db"
      try await Self.make(path)
      #expect(try Self.damage(path, "batch_row", "cells", "{".databaseValue))
      let queue = try Queue(path: path, time: ManualTimeSource())
      let error = #expect(throws: QueueError.self) { try queue.forEachRow(of: BatchID(1)) { _ in } }
      #expect(error?.code == .corrupt)
      #expect(
        error?.description.contains("in table batch_row, the row of batch_id 1, ordinal 1 has a value in cells") == true
      )
    }
  }
}
