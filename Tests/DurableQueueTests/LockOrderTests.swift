import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

/// The order in which transactions change the tables, as `Transaction` says it.
@Suite struct LockOrderTests {
  /// Where a table stands in the order; the others stand in none.
  private static let rank = [
    "key_scope": 0, "key_window": 0, "key_wait": 0, "learned_pace": 0, "account_scope": 1, "owner": 2, "tally": 3,
    "item": 4, "attempt": 4,
  ]

  /// A queue whose writes are seen, with two batches of three items each that share one; nobody has said a limit.
  private struct Watched {
    let fixture: QueueFixture
    let store: RecordingStore
    let queue: Queue
    let first: BatchID
    let second: BatchID

    /// Runs something, and compares the tables that its one transaction has changed, by their first change.
    @discardableResult
    func expect<Value>(
      _ tables: [String], of body: () async throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Value {
      store.forget()
      let value = try await body()
      let changed = store.tables.flatMap { $0 }.filter { LockOrderTests.rank[$0] != nil }
      let unique = changed.enumerated().filter { changed.firstIndex(of: $0.element) == $0.offset }.map(\.element)
      #expect(unique == tables, sourceLocation: sourceLocation)
      #expect(store.tables.count == 1, sourceLocation: sourceLocation)
      let ranks = changed.compactMap { LockOrderTests.rank[$0] }
      #expect(ranks == ranks.sorted(), "\(changed)", sourceLocation: sourceLocation)
      return value
    }

    func claim(_ limit: Int, of batch: BatchID, for owner: Ownership) async throws -> Claim {
      try await queue.claim(
        upTo: limit, of: batch, for: owner.id, with: fixture.scope, within: .zero, under: .standard)
    }

    func answer(_ lease: Lease, _ kind: Outcome.Kind, wait: Bool = false, teaches: Bool = false) -> Answer {
      let until = fixture.time.now() + .seconds(1)
      return Answer(
        lease: lease.handle, outcome: Outcome(kind, remoteID: "id-\(lease.name)", message: "said"),
        wait: wait
          ? ScopeWait(KeyWait(until: until, reason: .throttled, message: "said"), of: fixture.scope) : nil,
        teaches: teaches ? fixture.scope : nil)
    }
  }

  private func with(_ body: (Watched) async throws -> Void) async throws {
    try await QueueFixture.with(rate: nil) { fixture in
      let first = try fixture.importNames(["a", "b", "c"])
      let second = try fixture.importNames(["c", "d", "e"], label: "/rosters/other.csv", digest: "2")
      let store = RecordingStore(fixture.queue.store)
      try await body(
        Watched(fixture: fixture, store: store, queue: Queue(store: store), first: first, second: second))
    }
  }

  @Test func `a claim, with permits and a share of them`() async throws {
    try await with { watched in
      let (one, two) = (try watched.queue.becomeOwner(), try watched.queue.becomeOwner())
      // A permit a second: both want more than they get.
      try await watched.expect(["key_scope", "owner", "item", "attempt"]) {
        let claim = try await watched.claim(3, of: watched.first, for: one)
        #expect(!claim.leases.isEmpty)
      }
      watched.fixture.time.advance(by: .seconds(1))
      try await watched.expect(["key_scope", "owner", "item", "attempt"]) {
        let claim = try await watched.claim(3, of: watched.second, for: two)
        #expect(!claim.leases.isEmpty)
      }
      withExtendedLifetime((one, two)) {}
    }
  }

  @Test func `an answer that teaches, one that brings a wait, and one that holds its account`() async throws {
    try await with { watched in
      let owner = try watched.queue.becomeOwner()
      var leases: [Lease] = []
      for _ in 1...3 {
        leases += try await watched.claim(1, of: watched.second, for: owner).leases
        watched.fixture.time.advance(by: .seconds(2))
      }
      try #require(leases.count == 3)
      try await watched.expect(["key_scope", "item", "attempt"]) {
        _ = try await watched.queue.settle(watched.answer(leases[0], .made, teaches: true))
      }
      try await watched.expect(["key_scope", "learned_pace", "key_wait", "account_scope", "item", "attempt"]) {
        _ = try await watched.queue.settle(watched.answer(leases[1], .quota, wait: true))
      }
      try await watched.expect(["key_scope", "item", "attempt"]) {
        _ = try await watched.queue.settle(watched.answer(leases[2], .unknown, teaches: true))
      }
    }
  }

  @Test func `a look, its permit, what it was and what it settles`() async throws {
    try await with { watched in
      let owner = try watched.queue.becomeOwner()
      let lease = try #require(try await watched.claim(1, of: watched.first, for: owner).leases.first)
      _ = try await watched.queue.settle(watched.answer(lease, .unknown))
      let (account, now) = (lease.account, watched.fixture.time.moment())
      try await watched.expect(["key_scope"]) { try await watched.queue.takePermit(of: watched.fixture.scope) }
      let reply = ListReply.listed([], isWhole: true, clockSkew: .seconds(1))
      try await watched.expect(["owner"]) {
        try await watched.queue.record(reply, of: account, by: owner.id, askedAt: now.wall, latency: .zero)
      }
      let shown = ["a", "b", "d"].map { RemoteItem(id: "id-\($0)", name: $0) }
      let list = RemoteList(items: shown, isWhole: true, asked: now)
      try await watched.expect(["item"]) {
        try await watched.queue.reconcile(list, in: account, of: watched.first, by: ReconcileRules()) { _, _ in true }
      }
      try await watched.expect(["account_scope"]) {
        try await watched.queue.hold(account, reason: .quota, message: nil, by: owner.id)
      }
      let wait = ScopeWait(KeyWait(until: now.wall + .seconds(9), reason: .throttled), of: watched.fixture.scope)
      try await watched.expect(["key_scope", "learned_pace", "key_wait"]) { try await watched.queue.hold(wait) }
      watched.fixture.time.set(now.wall - .seconds(3_600))
      try await watched.expect(["key_scope", "item"]) {
        try await watched.queue.rightInstants(with: watched.fixture.scope, of: watched.first)
      }
    }
  }

  @Test func `a run that begins where others died, and its end`() async throws {
    try await with { watched in
      let queue = watched.queue
      for batch in [watched.first, watched.second] {
        let dead = try queue.becomeOwner(of: batch)
        let lease = try #require(try await watched.claim(1, of: batch, for: dead).leases.first)
        watched.fixture.time.advance(by: .seconds(2))
        if batch == watched.second {
          try await queue.hold(lease.account, reason: .quota, message: nil, by: dead.id)
        }
      }
      let until = watched.fixture.time.now() + .seconds(60)
      try await queue.hold(
        ScopeWait(KeyWait(until: until, reason: .throttled), of: watched.fixture.scope))
      var request = RunRequest(
        batch: watched.second, baseURL: "https://example.com", fingerprint: "0123456789ab", requeue: .failed)
      request.ignoresWait = true
      let start = try await watched.expect(["key_scope", "account_scope", "owner", "item", "attempt"]) {
        try #require(try queue.begin(request))
      }
      #expect(try queue.tally(of: watched.second)[.inDoubt] == 1)
      try await watched.expect(["owner"]) {
        try await queue.end(start.ownership, as: .finished, with: start.scope, madeCount: 0)
      }
    }
  }

  @Test func `a run under way that takes back what others held`() async throws {
    try await with { watched in
      let own = try watched.queue.becomeOwner()
      for batch in [watched.first, watched.second] {
        let dead = try watched.queue.becomeOwner(of: batch)
        #expect(try await watched.claim(1, of: batch, for: dead).leases.count == 1)
        watched.fixture.time.advance(by: .seconds(2))
      }
      let count = try await watched.expect(["owner", "item", "attempt"]) {
        try await watched.queue.reclaim(for: own.id)
      }
      #expect(count == 2)
    }
  }

  @Test func `what a person asks for`() async throws {
    try await with { watched in
      try await watched.expect(["item"]) { try watched.queue.assign(watched.second, .failed) }
      try await watched.expect(["item"]) { try watched.queue.cancel(watched.first) }
      _ = try watched.queue.cancel(watched.second)
      // Accounts go last, when no item refers to them any more.
      watched.store.forget()
      #expect(try watched.queue.forget(watched.first) != nil)
      var changed = try #require(watched.store.tables.first).compactMap { Self.rank[$0] }
      #expect(changed.popLast() == 1)
      #expect(changed == changed.sorted() && Set(changed) == [0, 1, 3, 4])
    }
  }

  @Test func `an import makes accounts as its rows name them, and its tally last`() async throws {
    try await with { watched in
      let rows = [("a", "acc"), ("n", "new"), ("b", "acc"), ("m", "newer")].enumerated().map { index, row in
        QueueFixture.row(index + 1, row.0, account: row.1, definition: "{\"name\":\"\(row.0)\",\"x\":1}")
      }
      watched.store.forget()
      _ = try watched.queue.importBatch(QueueFixture.batch(digest: "3")) { add in for row in rows { try add(row) } }
      let changed = try #require(watched.store.tables.first).filter { Self.rank[$0] != nil }
      #expect(changed.last == "tally" && changed.filter { $0 == "account_scope" }.count == 2)
      #expect(Set(changed) == ["account_scope", "item", "tally"])
    }
  }
}
