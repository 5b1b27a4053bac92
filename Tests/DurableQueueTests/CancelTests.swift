import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

@Suite struct CancelTests {
  @Test func `what is ready is cancelled, what may have been sent only if it does not prove done`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["done", "refused", "listed", "absent", "throttled", "ready"])
      let claimed = try await fixture.claim(5, of: batch).leases
      let leases = Dictionary(uniqueKeysWithValues: claimed.map { ($0.name, $0) })
      func settle(_ name: String, _ outcome: Outcome) async throws -> Settlement {
        try await fixture.settle(try #require(leases[name]), outcome)
      }
      for name in ["listed", "absent"] { _ = try await settle(name, Outcome(.unknown)) }
      let cancellation = try fixture.queue.cancel(batch)
      #expect(cancellation.cancelledCount == 1 && cancellation.flaggedCount == 5)
      #expect(try await settle("done", Outcome(.made, remoteID: "id")) == .settled(.done))
      #expect(try await settle("refused", Outcome(.refused)) == .settled(.cancelled))
      #expect(try await settle("throttled", Outcome(.throttled)) == .settled(.cancelled))
      fixture.time.advance(by: .seconds(61))
      let account = try #require(
        try fixture.queue.read { try Queue.doubts(of: batch, within: .zero, at: fixture.time.moment(), $0) }.first)
      let list = RemoteList(
        items: [RemoteItem(id: "id", name: "listed")], isWhole: true, asked: fixture.time.moment())
      let result = try await fixture.queue.reconcile(
        list, in: account.account.scope, of: batch, by: ReconcileRules()
      ) { _, _ in true }
      #expect(result.moved == [.done: 1, .cancelled: 1])
      for row in try fixture.rows(of: batch) where row.item?.state == .cancelled {
        #expect(row.item?.reason == .cancelled)
      }
    }
  }

  @Test func `an item that a later batch has taken up is that batch's to cancel`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a", "b"], label: "/one.csv")
      let second = try fixture.importNames(["b"], label: "/two.csv")
      #expect(try fixture.queue.cancel(first).cancelledCount == 1)
      #expect(try fixture.state("b", in: second) == .ready)
      #expect(try fixture.queue.cancel(second).cancelledCount == 1)
    }
  }

  @Test func `a late answer of a cancelled item says that it was made`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try fixture.queue.cancel(batch)
      _ = try await fixture.settle(lease, Outcome(.notSent))
      #expect(try fixture.state("a", in: batch) == .cancelled)
      #expect(try await fixture.settle(lease, Outcome(.made, remoteID: "id")) == .overtaken(.done))
      #expect(try fixture.state("a", in: batch) == .done)
    }
  }
}
