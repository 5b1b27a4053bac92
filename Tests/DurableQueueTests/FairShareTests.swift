import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// Batches that share a key go on in step. In virtual time, with owners that ask as a pool does.
@Suite struct FairShareTests {
  /// A pool, as far as its claims go: it asks a quarter of a second before its permits run out.
  private final class Asker {
    let owner: OwnerID
    let batch: BatchID
    /// What it asks for at a time, and how long it waits at least between two claims.
    let limit: Int
    let pause: Duration
    var next: Instant
    var permits: [Instant] = []
    /// When nothing was left.
    var endedAt: Instant?

    init(_ owner: OwnerID, _ batch: BatchID, limit: Int, pause: Duration = .milliseconds(1), from start: Instant) {
      (self.owner, self.batch, self.limit, self.pause, next) = (owner, batch, limit, pause, start)
    }

    func ask(_ fixture: QueueFixture) async throws {
      let now = fixture.time.now()
      let claim = try await fixture.queue.claim(
        upTo: limit, of: batch, for: owner, with: fixture.scope, within: Quota.longestHorizon, under: .standard)
      permits += claim.leases.map(\.start)
      next = max(now + pause, claim.nextPermit - Quota.longestHorizon / 2)
      if let rest = claim.rest, rest.nextDue == nil { endedAt = permits.max() ?? now }
    }
  }

  private static func run(_ askers: [Asker], _ fixture: QueueFixture, for length: Duration) async throws {
    let end = fixture.time.now() + length
    while let first = askers.filter({ $0.endedAt == nil }).min(by: { $0.next < $1.next }), first.next < end {
      fixture.time.advance(to: first.next)
      try await first.ask(fixture)
    }
  }

  private static func batch(_ name: String, _ count: Int, _ fixture: QueueFixture) throws -> BatchID {
    try fixture.importNames((1...count).map { "\(name)\($0)" }, label: "/rosters/\(name).csv", digest: name)
  }

  @Test(arguments: ["20/s", "300/m", "200/s", "30/m"], [1, 10])
  func `two batches get the same, and together the whole`(rate: String, burst: Int) async throws {
    let rate = try #require(Rate(rate))
    try await QueueFixture.with(rate: rate, burst: burst) { fixture in
      let start = fixture.time.now()
      let askers = try ["a", "b"].map { name in
        Asker(
          try fixture.queue.becomeOwner().id, try Self.batch(name, 4_000, fixture), limit: 16,
          from: start + .milliseconds(name == "a" ? 0 : 130))
      }
      // As long as a hundred permits take, or ten seconds.
      let length = max(rate.interval * 100, .seconds(10))
      try await Self.run(askers, fixture, for: length)
      let counts = askers.map(\.permits.count)
      let all = Double(counts[0] + counts[1])
      let most = length / rate.interval
      #expect(all >= 0.95 * most, "\(counts) of \(most)")
      #expect(abs(Double(counts[0] - counts[1])) <= 0.1 * all + Double(burst) + 2, "\(counts)")
    }
  }

  @Test func `a clock that is set back by hours holds nobody up for longer than a share takes`() async throws {
    let rate = try #require(Rate(2, per: .second))
    try await QueueFixture.with(rate: rate, burst: 1) { fixture in
      let askers = try ["a", "b"].map { name in
        Asker(
          try fixture.queue.becomeOwner().id, try Self.batch(name, 400, fixture), limit: 8, pause: .milliseconds(500),
          from: fixture.time.now())
      }
      try await Self.run(askers, fixture, for: .seconds(20))
      let before = askers.map(\.permits.count)
      #expect(before.allSatisfy { $0 > 5 })
      fixture.time.set(fixture.time.now() - .seconds(7 * 3_600))
      // As a run does that sees the clock set.
      for asker in askers {
        _ = try await fixture.queue.rightInstants(with: fixture.scope, of: asker.batch)
        (asker.next, asker.endedAt) = (fixture.time.now(), nil)
      }
      try await Self.run(askers, fixture, for: .seconds(20))
      #expect(zip(askers, before).allSatisfy { $0.permits.count - $1 > 5 }, "\(askers.map(\.permits.count))")
    }
  }

  @Test func `a class of five is not starved by one of thousands`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 5) { fixture in
      let start = fixture.time.now()
      let large = Asker(
        try fixture.queue.becomeOwner().id, try Self.batch("large", 4_000, fixture), limit: 64, from: start)
      let small = Asker(
        try fixture.queue.becomeOwner().id, try Self.batch("small", 5, fixture), limit: 16, from: start + .seconds(20))
      try await Self.run([large, small], fixture, for: .seconds(40))
      let ended = try #require(small.endedAt)
      #expect(ended - start <= .seconds(22), "five permits took \(ended - start - .seconds(20))")
      // When it has gone, the other has all again.
      #expect(large.permits.count >= 390 - 5, "\(large.permits.count)")
    }
  }

  @Test func `who wants less than its share leaves the rest`() async throws {
    try await QueueFixture.with(rate: Rate("20/s"), burst: 1) { fixture in
      let start = fixture.time.now()
      let greedy = Asker(
        try fixture.queue.becomeOwner().id, try Self.batch("greedy", 4_000, fixture), limit: 64, from: start)
      let modest = Asker(
        try fixture.queue.becomeOwner().id, try Self.batch("modest", 4_000, fixture), limit: 1,
        pause: .milliseconds(500),
        from: start)
      try await Self.run([greedy, modest], fixture, for: .seconds(30))
      #expect((50...62).contains(modest.permits.count), "\(modest.permits.count)")
      #expect(greedy.permits.count >= 510, "\(greedy.permits.count)")
    }
  }
}
