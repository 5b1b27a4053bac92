import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// What the queue's file holds after its process was killed between any two steps. A child process dies, this one looks.
@Suite struct KillTests {
  /// The queue as a child process has it, with one million permits a second.
  private struct Child {
    let queue: Queue
    let scope: KeyScopeID

    init(_ folder: String) throws {
      queue = try Queue(path: folder + "/rollcall.db", time: ManualTimeSource())
      scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      try queue.setLimit(Quota(rate: Rate("1000000/s") ?? .untilLearned, burst: 1_000), source: .flag, of: scope)
    }

    func importNames(_ count: Int) throws -> BatchID {
      let result = try queue.importBatch(QueueFixture.batch()) { add in
        for index in 1...count { try add(QueueFixture.row(index, "n\(index)")) }
      }
      return result?.batch ?? BatchID(0)
    }

    func claim(_ limit: Int, of batch: BatchID) async throws -> [Lease] {
      let owner = try queue.becomeOwner()
      let claim = try await queue.claim(
        upTo: limit, of: batch, for: owner.id, with: scope, within: .zero, under: .standard)
      return withExtendedLifetime(owner) { claim.leases }
    }

    func killAt(commit number: Int, before isBefore: Bool, inserting table: String? = nil) throws {
      try CommitKiller.add(to: queue.pool, number: number, isBefore: isBefore, inserting: table)
    }

    /// Fills the log, forbids the file to grow to the whole, and checkpoints.
    func dieInCheckpoint() throws {
      try queue.checkpoint()
      try queue.writeExclusively { db in
        for index in 1...2_000 {
          try db.run("INSERT INTO definition_base (text) VALUES (?)", ["\(index)" + String(repeating: "x", count: 500)])
        }
      }
      let pageCount = try queue.read { try $0.value("PRAGMA page_count", as: Int.self) } ?? 0
      var status = stat()
      stat(queue.path, &status)
      let most = (UInt(status.st_size) + UInt(pageCount) * 4_096) / 2
      var limit = rlimit(rlim_cur: most, rlim_max: most)
      // Who started the tests may ignore the signal, as Python does, and threads of Dispatch block it.
      signal(SIGXFSZ, SIG_DFL)
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGXFSZ)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try queue.checkpoint()
    }

    /// Kills when a statement meets a condition; `event` for example `AFTER INSERT ON batch_row`.
    func kill(_ event: String, when condition: String) throws {
      try queue.pool.writeWithoutTransaction { db in
        db.add(function: DatabaseFunction("die", argumentCount: 0) { _ in die() })
        try db.execute(
          sql: "CREATE TEMP TRIGGER killer \(event) WHEN \(condition) BEGIN SELECT die(); END")
      }
    }
  }

  private static let killed: ExitTest.Condition = .signal(SIGKILL)

  /// Opens what a child left, checks what must hold of every queue, and hands it over.
  private func reopen(_ folder: String, _ body: (QueueFixture) async throws -> Void) async throws {
    let time = ManualTimeSource(now: Instant(microseconds: 1_700_000_000_000_000) + .seconds(3_600))
    let queue = try Queue(path: folder + "/rollcall.db", time: time)
    #expect(try queue.read { try $0.values("PRAGMA integrity_check", as: String.self) } == ["ok"])
    try queue.reclaim()
    let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
    let fixture = QueueFixture(queue: queue, time: time, owner: try queue.becomeOwner(), scope: scope)
    try fixture.checkInvariants()
    try await body(fixture)
    try fixture.checkInvariants()
  }

  /// A whole list of these names, of anybody's account.
  private func list(_ names: [String], _ fixture: QueueFixture) -> RemoteList {
    let items = names.map { RemoteItem(id: "id-\($0)", name: $0) }
    return RemoteList(items: items, isWhole: true, asked: fixture.time.moment())
  }

  private func reconcile(_ names: [String], _ batch: BatchID, _ fixture: QueueFixture) async throws -> Reconciliation {
    fixture.time.advance(by: .seconds(61))
    return try await fixture.queue.reconcile(
      list(names, fixture), in: AccountScopeID(1), of: batch, by: ReconcileRules()
    ) { _, _ in true }
  }

  @Test func `in the middle of an import: nothing of it is there, and it can be repeated`() async throws {
    try await withTemporaryFolder { folder in
      await #expect(processExitsWith: Self.killed) { [folder = folder as String] in
        let child = try Child(folder)
        try child.kill("AFTER INSERT ON batch_row", when: "new.ordinal = 30")
        _ = try child.importNames(60)
      }
      try await reopen(folder) { fixture async throws in
        #expect(try fixture.queue.batches().isEmpty)
        let batch = try fixture.importNames((1...60).map { "n\($0)" })
        #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 60]))
      }
    }
  }

  @Test(arguments: [true, false])
  func `at an import's commit: it is there whole or not at all`(isBefore: Bool) async throws {
    try await withTemporaryFolder { folder in
      await #expect(processExitsWith: Self.killed) { [folder = folder as String, isBefore = isBefore as Bool] in
        let child = try Child(folder)
        try child.killAt(commit: 1, before: isBefore, inserting: "batch")
        _ = try child.importNames(60)
      }
      try await reopen(folder) { fixture async throws in
        let batches = try fixture.queue.batches()
        #expect(batches.count == (isBefore ? 0 : 1))
        if let batch = batches.first { #expect(try fixture.queue.tally(of: batch.id) == Tally([.ready: 60])) }
      }
    }
  }

  @Test func `before a claim is on disk: everything is still ready`() async throws {
    try await withTemporaryFolder { folder in
      await #expect(processExitsWith: Self.killed) { [folder = folder as String] in
        let child = try Child(folder)
        let batch = try child.importNames(3)
        // The owner's row comes first.
        try child.killAt(commit: 2, before: true)
        _ = try await child.claim(2, of: batch)
      }
      try await reopen(folder) { fixture async throws in
        #expect(try fixture.queue.tally(of: BatchID(1)) == Tally([.ready: 3]))
      }
    }
  }

  @Test func `after a claim: what was claimed is in doubt until the list tells`() async throws {
    try await withTemporaryFolder { folder in
      await #expect(processExitsWith: Self.killed) { [folder = folder as String] in
        let child = try Child(folder)
        let batch = try child.importNames(3)
        try child.killAt(commit: 2, before: false)
        _ = try await child.claim(2, of: batch)
      }
      try await reopen(folder) { fixture async throws in
        #expect(try fixture.queue.tally(of: BatchID(1)) == Tally([.inDoubt: 2, .ready: 1]))
        let settled = try await reconcile(["n1"], BatchID(1), fixture)
        #expect(settled.moved == [.done: 1, .ready: 1])
        #expect(try fixture.queue.tally(of: BatchID(1)) == Tally([.done: 1, .ready: 2]))
      }
    }
  }

  @Test(arguments: [true, false])
  func `at the commit of an answer: it is kept, or its item is in doubt`(isBefore: Bool) async throws {
    try await withTemporaryFolder { folder in
      await #expect(processExitsWith: Self.killed) { [folder = folder as String, isBefore = isBefore as Bool] in
        let child = try Child(folder)
        let batch = try child.importNames(1)
        let lease = try #require(try await child.claim(1, of: batch).first)
        try child.killAt(commit: 1, before: isBefore)
        let outcome = Outcome(.made, remoteID: "id-n1")
        _ = try await child.queue.settle(Answer(lease: lease.handle, outcome: outcome))
      }
      try await reopen(folder) { fixture async throws in
        #expect(try fixture.queue.tally(of: BatchID(1)) == Tally([isBefore ? .inDoubt : .done: 1]))
        _ = try await reconcile(["n1"], BatchID(1), fixture)
        #expect(try fixture.queue.tally(of: BatchID(1)) == Tally([.done: 1]))
        #expect(try fixture.rows(of: BatchID(1)).first?.item?.remoteID == "id-n1")
      }
    }
  }

  @Test func `in the middle of a reconcile: the list settles nothing, and the next one everything`() async throws {
    try await withTemporaryFolder { folder in
      await #expect(processExitsWith: Self.killed) { [folder = folder as String] in
        let child = try Child(folder)
        let batch = try child.importNames(3)
        for lease in try await child.claim(3, of: batch) {
          _ = try await child.queue.settle(Answer(lease: lease.handle, outcome: Outcome(.unknown)))
        }
        try child.kill("AFTER UPDATE OF state ON main.item", when: "new.state = 'done' AND new.name = 'n2'")
        let items = ["n1", "n2"].map { RemoteItem(id: "id-\($0)", name: $0) }
        let list = RemoteList(
          items: items, isWhole: true, asked: ManualTimeSource.moment(100))
        _ = try await child.queue.reconcile(list, in: AccountScopeID(1), of: batch, by: ReconcileRules()) { _, _ in true
        }
      }
      try await reopen(folder) { fixture async throws in
        #expect(try fixture.queue.tally(of: BatchID(1)) == Tally([.inDoubt: 3]))
        let settled = try await reconcile(["n1", "n2"], BatchID(1), fixture)
        #expect(settled.moved == [.done: 2, .ready: 1])
      }
    }
  }

  @Test func `in the middle of a checkpoint: the file and its log are whole together`() async throws {
    try await withTemporaryFolder { folder in
      // The kernel ends a process that writes beyond its limit; only the checkpoint writes to the file itself.
      await #expect(processExitsWith: .signal(SIGXFSZ)) { [folder = folder as String] in
        try Child(folder).dieInCheckpoint()
      }
      try await reopen(folder) { fixture async throws in
        let count = try fixture.queue.read { try $0.value("SELECT count(*) FROM definition_base", as: Int.self) }
        #expect(count == 2_000)
        try fixture.queue.checkpoint()
        let after = try fixture.queue.read { try $0.value("SELECT count(*) FROM definition_base", as: Int.self) }
        #expect(after == 2_000)
      }
    }
  }
}
