import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct ClaimTests {
  @Test func `a claim takes what is due, oldest first, and no item twice`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b", "c"])
      #expect(try await fixture.claim(2, of: batch).leases.map(\.name) == ["a", "b"])
      let claim = try await fixture.claim(2, of: batch)
      #expect(claim.leases.map(\.name) == ["c"])
      #expect(claim.rest?.tally == Tally([.leased: 3]))
      #expect(try await fixture.claim(2, of: batch).leases.isEmpty)
    }
  }

  @Test func `starts keep to the rate and only permits that are used are taken`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      let batch = try fixture.importNames(["a", "b", "c"])
      let now = fixture.time.now()
      let claim = try await fixture.claim(10, of: batch)
      #expect(claim.leases.map { $0.start - now } == [.zero, .zero, .milliseconds(100)])
      // Seven permits fell due within the horizon, three were used: the fourth is still to be had.
      #expect(claim.nextPermit - now == .milliseconds(200))
    }
  }

  @Test func `a claim before the next permit finds nothing and says when to come back`() async throws {
    try await QueueFixture.with(rate: Rate("1/m"), burst: 1) { fixture in
      let batch = try fixture.importNames(["a", "b"])
      let first = try await fixture.claim(10, of: batch)
      #expect(first.leases.count == 1)
      let second = try await fixture.claim(10, of: batch)
      #expect(second.leases.isEmpty)
      #expect(second.nextPermit - fixture.time.now() == .seconds(60))
      #expect(second.rest?.nextDue != nil)
      fixture.time.advance(by: .seconds(60))
      #expect(try await fixture.claim(10, of: batch).leases.map(\.name) == ["b"])
    }
  }

  @Test func `an item is not claimed before it is due`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let due = fixture.time.now() + .seconds(5)
      _ = try await fixture.settle(try await fixture.claimOne(of: batch), Outcome(.unreachable), due: due)
      let claim = try await fixture.claim(1, of: batch)
      #expect(claim.leases.isEmpty)
      #expect(claim.rest?.nextDue == due)
      fixture.time.advance(to: due)
      #expect(try await fixture.claim(1, of: batch).leases.count == 1)
    }
  }

  @Test func `items of a held account stay, those of others go on, and lifting the hold frees them`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importRows([
        QueueFixture.row(1, "a", account: "full"), QueueFixture.row(2, "b", account: "full"),
        QueueFixture.row(3, "c", account: "other"),
      ])
      let lease = try await fixture.claimOne(of: batch)
      let outcome = Outcome(.quota, message: "exceeded limit on resource quota")
      #expect(try await fixture.settle(lease, outcome) == .settled(.ready))
      #expect(try await fixture.claim(10, of: batch).leases.map(\.name) == ["c"])
      let claim = try await fixture.claim(10, of: batch)
      #expect(claim.rest?.holds == [AccountHold(account: "full", reason: .quota, message: outcome.message)])
      #expect(claim.rest?.nextDue == nil)
      // Another run begins while this one is at work: it has just been told.
      try fixture.queue.liftHolds(of: batch)
      #expect(try await fixture.claim(10, of: batch).leases.isEmpty)
      // It has ended, and somebody has mended the account.
      try await fixture.queue.end(fixture.owner)
      try fixture.queue.liftHolds(of: batch)
      #expect(try await fixture.claim(10, of: batch).leases.map(\.name) == ["a", "b"])
    }
  }

  @Test func `a wait of the scope holds for every claim and ends with one permit, not a burst`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 5) { fixture in
      let batch = try fixture.importNames(["a", "b", "c", "d", "e", "f", "g"])
      let lease = try await fixture.claimOne(of: batch)
      let end = fixture.time.now() + .seconds(3)
      let wait = ScopeWait(KeyWait(until: end, reason: .throttled), of: fixture.scope)
      _ = try await fixture.queue.settle(
        Answer(lease: lease.handle, outcome: Outcome(.throttled), due: end, wait: wait))
      let early = try await fixture.claim(10, of: batch)
      #expect(early.leases.isEmpty)
      #expect(early.nextPermit == end)
      fixture.time.advance(to: end)
      let claim = try await fixture.claim(10, of: batch)
      #expect(claim.leases.prefix(3).map { $0.start - end } == [.zero, .milliseconds(100), .milliseconds(200)])
    }
  }

  @Test func `permits are shared by everything that uses the key`() async throws {
    try await QueueFixture.with(rate: Rate("1/s"), burst: 1) { fixture in
      let batch = try fixture.importNames(["a"])
      let permit = try await fixture.queue.takePermit(of: fixture.scope)
      #expect(permit.start == fixture.time.now())
      #expect(try await fixture.claim(1, of: batch).leases.isEmpty)
      #expect(try await fixture.queue.takePermit(of: fixture.scope).start == nil)
    }
  }

  @Test func `64 claims at once take every item exactly once`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames((0..<640).map { "n\($0)" })
      let names = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<64 { group.addTask { try await fixture.claim(10, of: batch).leases.map(\.name) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(names.count == 640)
      #expect(Set(names).count == 640)
      #expect(try fixture.queue.tally(of: batch) == Tally([.leased: 640]))
    }
  }

  @Test func `a batch that takes up the ready items of another has them claimed by its own run`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a"])
      let second = try fixture.importNames(["a"], label: "/rosters/other.csv")
      #expect(try await fixture.claim(1, of: first).leases.isEmpty)
      try fixture.queue.assign(first)
      #expect(try await fixture.claim(1, of: second).leases.isEmpty)
      #expect(try await fixture.claim(1, of: first).leases.map(\.name) == ["a"])
    }
  }
}
