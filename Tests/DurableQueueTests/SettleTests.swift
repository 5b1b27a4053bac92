import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct SettleTests {
  /// The state table's rows for a leased item: outcome, next state, whether the attempt is used.
  static let table: [(Outcome.Kind, ItemState, Int)] = [
    (.made, .done, 1), (.refused, .failed, 1), (.exists, .failed, 1), (.throttled, .ready, 0), (.keyQuota, .ready, 0),
    (.quota, .ready, 0), (.accountRefused, .ready, 0), (.denied, .ready, 0), (.notOffered, .ready, 0),
    (.misdirected, .ready, 0), (.unreachable, .ready, 0), (.unknown, .inDoubt, 1), (.notSent, .ready, 0),
    (.ownerGone, .inDoubt, 1), (.foreign, .inDoubt, 1),
  ]

  @Test func `each outcome moves a leased item as the table says`() async throws {
    #expect(Set(Self.table.map(\.0)) == Set(Outcome.Kind.allCases))
    for (kind, state, usedCount) in Self.table {
      try await QueueFixture.with { fixture in
        let batch = try fixture.importNames(["a"])
        let lease = try await fixture.claimOne(of: batch)
        let outcome = Outcome(kind, remoteID: kind == .made ? "id-a" : nil, message: "said", status: 418)
        #expect(try await fixture.settle(lease, outcome) == .settled(state), "\(kind)")
        let item = try #require(try fixture.rows(of: batch).first?.item)
        #expect(item.state == state, "\(kind)")
        #expect(item.attemptCount == usedCount, "\(kind)")
        #expect(item.remoteID == outcome.remoteID, "\(kind)")
        #expect(item.reason == (kind == .exists ? .conflict : Reason(kind)), "\(kind)")
        #expect(item.message == (kind == .made ? nil : "said"), "\(kind)")
        #expect(try fixture.queue.tally(of: batch) == Tally([state: 1]), "\(kind)")
      }
    }
  }

  @Test func `a refusal after an unanswered attempt is in doubt, because the first may have been done`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try await fixture.settle(lease, Outcome(.unknown))
      #expect(try fixture.state("a", in: batch) == .inDoubt)
      #expect(try await fixture.claim(1, of: batch).leases.isEmpty)
    }
  }

  @Test func `what an answer teaches, and the wait that it brings, are written with it`() async throws {
    try await QueueFixture.with(rate: nil) { fixture in
      let batch = try fixture.importNames(["a", "b"])
      func learner() throws -> PaceLearner? {
        let text = try fixture.queue.read { db in try db.value("SELECT learner FROM key_scope", as: String.self) }
        return try text.map { try JSONDecoder().decode(PaceLearner.self, from: Data($0.utf8)) }
      }
      let leases = try await fixture.claim(2, of: batch).leases
      #expect(try learner() == nil)
      let clean = Answer(
        lease: leases[0].handle, outcome: Outcome(.made, remoteID: "id"), teaches: fixture.scope)
      _ = try await fixture.queue.settle(clean)
      var expected = PaceLearner()
      _ = expected.noteClean(at: fixture.time.now())
      #expect(try learner() == expected)
      let until = fixture.time.now() + .seconds(30)
      let throttled = Answer(
        lease: leases[1].handle, outcome: Outcome(.throttled, message: "slow down"),
        wait: ScopeWait(KeyWait(until: until, reason: .throttled, message: "slow down"), of: fixture.scope))
      _ = try await fixture.queue.settle(throttled)
      let told = KeyWait(until: until, reason: .throttled, message: "slow down")
      #expect(try fixture.queue.waits(baseURL: "https://example.com") == [told])
      _ = expected.noteThrottle(sentAt: fixture.time.now(), at: fixture.time.now())
      #expect(try learner() == expected)
    }
  }

  @Test func `an answer that comes twice changes the item once`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try await fixture.settle(lease, Outcome(.refused, message: "no"))
      #expect(try await fixture.settle(lease, Outcome(.throttled)) == .overtaken(.failed))
      #expect(try fixture.queue.tally(of: batch) == Tally([.failed: 1]))
    }
  }

  @Test func `a late success settles an item that has moved on`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try await fixture.settle(lease, Outcome(.unknown))
      #expect(try await fixture.settle(lease, Outcome(.made, remoteID: "id-a")) == .overtaken(.done))
      #expect(try fixture.state("a", in: batch) == .done)
    }
  }

  @Test func `what a neighbour's stale answer finds does not undo the others of its group`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames((0..<50).map { "n\($0)" })
      let leases = try await fixture.claim(50, of: batch).leases
      let ghost = Lease.Handle(item: ItemID(9_999), ordinal: 1, version: 2)
      await withTaskGroup(of: Void.self) { group in
        for lease in leases {
          group.addTask {
            _ = try? await fixture.settle(lease, Outcome(.made, remoteID: "id-\(lease.name)"))
            _ = try? await fixture.queue.settle(Answer(lease: ghost, outcome: Outcome(.refused)))
          }
        }
      }
      #expect(try fixture.queue.tally(of: batch) == Tally([.done: 50]))
    }
  }

  @Test func `what a dead owner had claimed is in doubt, and its lock file is gone`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b"])
      do {
        let other = try fixture.queue.becomeOwner()
        let claim = try await fixture.queue.claim(
          upTo: 1, of: batch, for: other.id, with: fixture.scope, within: .zero, under: .standard)
        #expect(claim.leases.count == 1)
        #expect(try fixture.queue.reclaim() == 0, "a living owner keeps its items")
        withExtendedLifetime(other) {}
      }
      #expect(try fixture.queue.reclaim() == 1)
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1, .inDoubt: 1]))
      #expect(!FileManager.default.fileExists(atPath: fixture.queue.path + ".owner-2"))
      #expect(try fixture.queue.reclaim() == 0)
    }
  }

  @Test func `run tries failed items again, but never a conflict`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "taken"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try await fixture.settle(lease, Outcome(.refused, message: "no"))
      let account = try #require(try fixture.queue.accountsWithReadyItems(of: batch).first)
      let listed = [RemoteItem(id: "theirs", name: "taken"), RemoteItem(id: "x", name: "unknown")]
      let list = RemoteList(items: listed, isWhole: true, asked: fixture.time.moment())
      let result = try await fixture.queue.reconcile(list, in: account.scope, of: batch, by: .init()) { _, _ in false }
      #expect(result.moved == [.failed: 1])
      #expect(try fixture.rows(of: batch)[1].item?.reason == .conflict)
      #expect(try fixture.queue.assign(batch, .failed) == 1)
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1, .failed: 1]))
    }
  }
}
