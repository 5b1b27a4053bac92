import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// What was found under a name is looked at again before anything is made: an id is never simply forgotten.
@Suite struct LookFirstTests {
  /// A batch whose one item has found its name taken.
  private func conflict(_ fixture: QueueFixture) async throws -> (batch: BatchID, account: AccountScopeID) {
    let batch = try fixture.importNames(["a"])
    let account = try #require(try fixture.queue.accountsWithReadyItems(of: batch).first).scope
    #expect(try await look(fixture, batch, account, shows: true).moved == [.failed: 1])
    return (batch, account)
  }

  private func look(
    _ fixture: QueueFixture, _ batch: BatchID, _ account: AccountScopeID, shows: Bool,
    by rules: ReconcileRules = ReconcileRules()
  ) async throws -> Reconciliation {
    let items = shows ? [RemoteItem(id: "theirs", name: "a", detail: "another")] : []
    let list = RemoteList(items: items, isWhole: true, asked: fixture.time.moment())
    return try await fixture.queue.reconcile(list, in: account, of: batch, by: rules) { _, _ in false }
  }

  @Test(arguments: [Requeue(reasons: [.conflict]), Requeue.failed.with(conflicts: true)])
  func `a conflict that is tried again is asked for at once, and made only if it is gone late enough`(
    requeue: Requeue
  ) async throws {
    try await QueueFixture.with { fixture in
      let (batch, account) = try await conflict(fixture)
      #expect(try fixture.queue.assign(batch, requeue) == 1)
      #expect(try fixture.state("a", in: batch) == .inDoubt)
      #expect(try fixture.rows(of: batch).first?.item?.remoteID == "theirs", "its id is kept")
      #expect(try await fixture.claim(1, of: batch).leases.isEmpty)
      #expect(try fixture.queue.accountsWithReadyItems(of: batch).map(\.scope) == [account], "the probe asks for it")
      // Still there: a conflict as before.
      #expect(try await look(fixture, batch, account, shows: true).moved == [.failed: 1])
      #expect(try fixture.rows(of: batch).first?.item?.reason == .conflict)
      // Gone, but that may be a list that lags.
      try fixture.queue.assign(batch, requeue)
      #expect(try await look(fixture, batch, account, shows: false).moved == [:])
      fixture.time.advance(by: .seconds(60))
      #expect(try await look(fixture, batch, account, shows: false).moved == [.ready: 1])
      #expect(try fixture.rows(of: batch).first?.item?.remoteID == nil, "what was found is gone")
      #expect(try await fixture.claim(1, of: batch).leases.map(\.name) == ["a"])
    }
  }

  @Test func `a conflict that is to be taken over is, without a create`() async throws {
    try await QueueFixture.with { fixture in
      let (batch, account) = try await conflict(fixture)
      try fixture.queue.assign(batch, Requeue.failed.with(conflicts: true))
      let rules = ReconcileRules(adoptsExisting: true)
      #expect(try await look(fixture, batch, account, shows: true, by: rules).moved == [.done: 1])
      #expect(try fixture.rows(of: batch).first?.item?.remoteID == "theirs")
      #expect(try fixture.rows(of: batch).first?.item?.attemptCount == 0)
    }
  }

  @Test func `a failure without an id is ready at once`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      _ = try await fixture.settle(try await fixture.claimOne(of: batch), Outcome(.refused))
      #expect(try fixture.queue.assign(batch, .failed) == 1)
      #expect(try fixture.state("a", in: batch) == .ready)
    }
  }
}
