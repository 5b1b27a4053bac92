import Foundation
import GRDB
import Pacing
import Provisioning
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import DurableQueue

/// Beginning a run is one transaction.
@Suite struct BeginTests {
  /// Does something once, right after a commit.
  private final class AfterCommit: TransactionObserver, Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    init(_ body: @escaping @Sendable () -> Void) { self.body = Mutex(body) }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidRollback(_ db: Database) {}
    func databaseDidCommit(_ db: Database) {
      let body = body.withLock { body in
        defer { body = nil }
        return body
      }
      body?()
    }
  }

  private static func request(_ batch: BatchID, _ requeue: Requeue = Requeue()) -> RunRequest {
    RunRequest(batch: batch, baseURL: "https://example.com", fingerprint: "0123456789ab", requeue: requeue)
  }

  private func ownerCount(_ fixture: QueueFixture) throws -> Int? {
    try fixture.queue.read { try $0.value("SELECT count(*) FROM owner", as: Int.self) }
  }

  @Test func `two runs of rosters that share an item do not pass each other`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["shared", "a"], label: "/one.csv", digest: "1")
      let second = try fixture.importNames(["shared", "b"], label: "/two.csv", digest: "2")
      let other = try Queue(path: fixture.queue.path, time: fixture.time)
      let later = Mutex<RunStart?>(nil)
      // The second run begins as soon as anything of the first one's beginning can be seen.
      fixture.queue.pool.add(
        transactionObserver: AfterCommit {
          let begun = Result { try other.begin(Self.request(second)) }
          later.withLock { $0 = try? begun.get() }
        }, extent: .databaseLifetime)
      let start = try #require(try fixture.queue.begin(Self.request(first)))
      let owner = try #require(later.withLock { $0 }).ownership
      func names(_ batch: BatchID, _ owner: Ownership) async throws -> [String] {
        try await fixture.queue.claim(
          upTo: 10, of: batch, for: owner.id, with: start.scope, within: .zero, under: .standard
        ).leases.map(\.name).sorted()
      }
      #expect(try await names(first, start.ownership) == ["a", "shared"], "the first one has it, and works on it")
      #expect(try await names(second, owner) == ["b"])
      later.withLock { $0 = nil }
    }
  }

  @Test func `a run that begins is careful with the pace that was learned`() async throws {
    try await QueueFixture.with(rate: nil) { fixture in
      let queue = fixture.queue
      func learned() throws -> PaceLearner {
        let text = try queue.read { db in try db.value("SELECT learner FROM key_scope", as: String.self) }
        return try JSONDecoder().decode(PaceLearner.self, from: Data(#require(text).utf8))
      }
      let batch = try fixture.importNames(["a"])
      try await queue.hold(
        ScopeWait(KeyWait(until: fixture.time.now(), reason: .throttled), of: fixture.scope))
      var expected = try learned()
      fixture.time.advance(by: .seconds(3_600))
      _ = expected.beginRun(at: fixture.time.now())
      let start = try #require(try queue.begin(Self.request(batch)))
      #expect(try learned() == expected)
      try await queue.end(start.ownership)
    }
  }

  @Test func `a run that begins takes back, tries again, lifts, sets and forecasts`() async throws {
    try await QueueFixture.with(rate: nil) { fixture in
      let queue = fixture.queue
      let batch = try fixture.importNames(["held", "failed", "lost", "ready"])
      do {
        let dead = try queue.becomeOwner(of: batch)
        let leases = try await queue.claim(
          upTo: 2, of: batch, for: dead.id, with: fixture.scope, within: .milliseconds(500), under: .standard
        ).leases
        #expect(leases.map(\.name) == ["held", "failed"])
        _ = try await fixture.settle(leases[0], Outcome(.quota))
        _ = try await fixture.settle(leases[1], Outcome(.refused))
        #expect(try queue.holds(baseURL: "https://example.com").count == 1)
        try queue.liftHolds(of: batch)
        #expect(try queue.holds(baseURL: "https://example.com").count == 1, "who has set it is at work")
        fixture.time.advance(by: .seconds(10))
        let account = leases[0].account
        try queue.writeExclusively { try $0.run("UPDATE account_scope SET hold_reason = NULL, hold_at = NULL") }
        _ = try await queue.claim(
          upTo: 1, of: batch, for: dead.id, with: fixture.scope, within: .milliseconds(500), under: .standard)
        try await queue.hold(account, reason: .quota, message: nil, by: dead.id)
        try await queue.hold(
          ScopeWait(KeyWait(until: fixture.time.now() + .seconds(60), reason: .throttled), of: fixture.scope))
      }
      var request = Self.request(batch, .failed)
      request.limit = .quota(Quota(rate: try #require(Rate("1/s")), burst: 1))
      request.ignoresWait = true
      let start = try #require(try queue.begin(request))
      #expect(
        start.tally == Tally([.ready: 3, .inDoubt: 1]), "the dead one's lease is in doubt, the refused one ready")
      #expect(start.scope == fixture.scope && start.clockFinding == nil)
      #expect(try queue.holds(baseURL: "https://example.com").isEmpty)
      #expect(try queue.limit(of: start.scope).quota.rate == Rate("1/s"))
      #expect(try queue.waits(baseURL: "https://example.com").isEmpty)
      // Three rows and the probe, a second apart.
      #expect(try queue.readBatch(batch) { try $0.forecast() } == .seconds(3))
      #expect(try queue.processesAtWork(on: batch).count == 2, "this run's, and the fixture's own")
      try await queue.end(start.ownership)
    }
  }

  @Test func `where nothing is left to do, nobody becomes an owner`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      _ = try fixture.queue.cancel(batch)
      let count = try ownerCount(fixture)
      #expect(try fixture.queue.begin(Self.request(batch)) == nil)
      #expect(try ownerCount(fixture) == count)
      #expect(try fixture.queue.begin(Self.request(batch, Requeue(reasons: [.cancelled]))) != nil)
    }
  }

  @Test func `where nothing is left to do, the key is left alone, and what a dead run has left is put right`()
    async throws
  {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let (batch, other) = (
        try fixture.importNames(["a"]), try fixture.importNames(["b"], label: "/other", digest: "2")
      )
      _ = try queue.cancel(batch)
      do {
        let dead = try queue.becomeOwner(of: other)
        _ = try await queue.claim(
          upTo: 1, of: other, for: dead.id, with: fixture.scope, within: .zero, under: .standard)
      }
      var request = Self.request(batch)
      (request.fingerprint, request.limit) = ("another", .windows([]))
      #expect(try queue.begin(request) == nil)
      #expect(try queue.read { try $0.value("SELECT count(*) FROM key_scope", as: Int.self) } == 1)
      #expect(try queue.tally(of: other) == Tally([.inDoubt: 1]))
    }
  }

  // MARK: - Lock files

  private func lockFiles(_ queue: Queue) throws -> Set<String> {
    let url = URL(fileURLWithPath: queue.path)
    let names = try FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)
    return Set(names.filter { $0.contains(".owner-") }.map { String($0.dropFirst(url.lastPathComponent.count)) })
  }

  @Test func `a run that begins removes the lock files of the dead, and of those who died while they removed theirs`()
    async throws
  {
    try await QueueFixture.with { fixture in
      let queue = fixture.queue
      let batch = try fixture.importNames(["a"])
      let living = try queue.becomeOwner(of: batch)
      do { _ = try queue.becomeOwner(of: batch) }
      do {
        let ended = try queue.becomeOwner(of: batch)
        try queue.writeExclusively { try Queue.end(ended.id, $0) }
      }
      #expect(try lockFiles(queue) == [".owner-1", ".owner-2", ".owner-3", ".owner-4"])
      let start = try #require(try queue.begin(Self.request(batch)))
      #expect(try lockFiles(queue) == [".owner-1", ".owner-2", ".owner-5"], "the living keep theirs")
      withExtendedLifetime((living, start)) {}
    }
  }

  @Test func `a run that ends removes its lock file`() async throws {
    try await QueueFixture.with { fixture in
      let start = try #require(try fixture.queue.begin(Self.request(try fixture.importNames(["a"]))))
      #expect(try lockFiles(fixture.queue) == [".owner-1", ".owner-2"])
      _ = try await fixture.queue.end(start.ownership, as: .drained, with: start.scope, madeCount: 0)
      #expect(try lockFiles(fixture.queue) == [".owner-1"])
    }
  }

  @Test func `a run whose queue went after its last claim does not end as if all were well`() async throws {
    try await withTemporaryFolder { folder in
      let queue = try Queue(path: folder + "/rollcall.db", time: ManualTimeSource())
      let rows = [QueueFixture.row(1, "a")]
      let result = try queue.importBatch(QueueFixture.batch()) { add in for row in rows { try add(row) } }
      let batch = try #require(result).batch
      let start = try #require(try queue.begin(Self.request(batch)))
      #expect(unlink(queue.path) == 0)
      await #expect {
        try await queue.end(start.ownership, as: .finished, with: start.scope, madeCount: 0)
      } throws: {
        ($0 as? QueueError)?.code == .replaced
      }
    }
  }

  @Test func `a run that cannot begin has done nothing`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try await fixture.settle(lease, Outcome(.refused))
      // The forecast, the last thing that is written, is refused.
      try fixture.queue.writeExclusively {
        try $0.run("CREATE TRIGGER no_forecast BEFORE UPDATE ON batch BEGIN SELECT raise(ABORT, 'no'); END")
      }
      let count = try ownerCount(fixture)
      #expect(throws: QueueError.self) { try fixture.queue.begin(Self.request(batch, .failed)) }
      #expect(try fixture.state("a", in: batch) == .failed)
      #expect(try ownerCount(fixture) == count)
      try fixture.queue.writeExclusively { try $0.run("DROP TRIGGER no_forecast") }
      #expect(try fixture.queue.begin(Self.request(batch, .failed))?.tally == Tally([.ready: 1]))
    }
  }

  @Test func `a clock that was set back is told, and holds nothing up`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let first = try #require(try fixture.queue.begin(Self.request(batch)))
      try await fixture.queue.end(first.ownership)
      fixture.time.set(fixture.time.now() - .seconds(3_600))
      let start = try #require(try fixture.queue.begin(Self.request(batch)))
      #expect(start.clockFinding != nil)
      let claim = try await fixture.queue.claim(
        upTo: 1, of: batch, for: start.ownership.id, with: start.scope, within: .zero, under: .standard)
      #expect(claim.leases.count == 1)
    }
  }

  @Test func `every verb that waits for others says that it blocks`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/DurableQueue/Rules")
    var verbCount = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasPrefix("Queue+") {
      let lines = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        .split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() where line.hasPrefix("  package func ") {
        let documentation = lines[..<index].reversed().prefix { $0.hasPrefix("  ///") || $0.hasPrefix("  @") }
        let end =
          lines[index...].firstIndex { $0.hasPrefix("  }") || $0.hasSuffix(" }") && $0.hasPrefix("  p") } ?? index
        let body = lines[index...end].joined(separator: " ")
        let waits = ["writeExclusively", "store.exclusive", "store.importing", "store.scrub"]
          .contains { body.contains($0) }
        guard waits else { continue }
        verbCount += 1
        #expect(
          body.contains("async") || documentation.contains { $0.contains("Blocks") || $0.contains("blocks") }
            || documentation.reversed().joined(separator: " ").contains("Blocks"), "\(name): \(line)")
      }
    }
    #expect(verbCount >= 8)
  }
}
