import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// When a pause becomes a person's business.
@Suite struct StandstillTests {
  private static let throttled = RunEnd.paused(
    KeyWait(until: Instant(microseconds: 0), reason: .throttled), until: nil)
  private static let unreachable = RunEnd.paused(
    KeyWait(until: Instant(microseconds: 0), reason: .unreachable), until: nil)

  /// One run of a key, an hour after the one before.
  @discardableResult
  private func run(_ end: RunEnd, made: Int = 0, _ fixture: QueueFixture) async throws -> Standstill? {
    fixture.time.advance(by: .seconds(3_600))
    let owner = try fixture.queue.becomeOwner()
    return try await fixture.queue.end(owner, as: end, with: fixture.scope, madeCount: made)
  }

  private func needsPerson(_ standstill: Standstill?, _ fixture: QueueFixture) -> Bool {
    standstill?.needsPerson(at: fixture.time.now()) ?? false
  }

  @Test(arguments: [
    throttled, unreachable, .paused(nil, until: nil), .undecided, .othersHold, .deadline(.init(microseconds: 0)),
  ])
  func `the third run in a row that a cause keeps from making anything needs a person`(end: RunEnd) async throws {
    try await QueueFixture.with { fixture in
      #expect(needsPerson(try await run(end, fixture), fixture) == false)
      let first = fixture.time.now()
      #expect(needsPerson(try await run(end, fixture), fixture) == false)
      let third = try await run(end, fixture)
      #expect(third == Standstill(since: first, runCount: 3) && needsPerson(third, fixture))
    }
  }

  @Test func `a cause that has lasted longer than a day needs a person`() async throws {
    try await QueueFixture.with { fixture in
      try await run(Self.throttled, fixture)
      fixture.time.advance(by: .seconds(24 * 3_600))
      #expect(needsPerson(try await run(Self.throttled, fixture), fixture))
    }
  }

  @Test func `another cause, something made, or a run that finished begin the count anew`() async throws {
    try await QueueFixture.with { fixture in
      try await run(Self.throttled, fixture)
      try await run(Self.throttled, fixture)
      #expect(try await run(Self.unreachable, fixture)?.runCount == 1)
      #expect(try await run(Self.throttled, fixture)?.runCount == 1)
      try await run(Self.throttled, fixture)
      #expect(try await run(Self.throttled, made: 2, fixture) == nil)
      try await run(Self.throttled, fixture)
      try await run(.finished, fixture)
      #expect(try await run(Self.throttled, fixture)?.runCount == 1)
    }
  }

  @Test func `what another run makes meanwhile counts as made`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      for _ in 0..<2 { try await run(Self.throttled, fixture) }
      _ = try await fixture.settle(try await fixture.claimOne(of: batch), Outcome(.made, remoteID: "id"))
      #expect(try await run(Self.throttled, fixture) == nil)
    }
  }

  @Test func `a row that three runs or a day leave in doubt needs a person, whatever else they made`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      _ = try await fixture.settle(try await fixture.claimOne(of: batch), Outcome(.unknown))
      let since = fixture.time.now()
      for count in 1...3 {
        #expect(try fixture.queue.longestDoubt(of: batch) == nil, "before run \(count)")
        // A run that begins before the settle delay is over cannot settle it.
        let early = try fixture.queue.becomeOwner(of: batch)
        if count == 1 {
          _ = try await fixture.queue.end(early, as: .undecided, with: fixture.scope, madeCount: 5)
        } else {
          try await fixture.queue.end(early)
        }
        fixture.time.advance(by: .seconds(61))
        let owner = try fixture.queue.becomeOwner(of: batch)
        _ = try await fixture.queue.end(owner, as: .undecided, with: fixture.scope, madeCount: 5)
      }
      #expect(try fixture.queue.longestDoubt(of: batch) == Standstill(.doubt, since: since, runCount: 3))

      let other = try fixture.importNames(["b"], label: "/other.csv")
      _ = try await fixture.settle(try await fixture.claimOne(of: other), Outcome(.unknown))
      #expect(try fixture.queue.longestDoubt(of: other) == nil)
      fixture.time.advance(by: .seconds(24 * 3_600 + 1))
      #expect(try fixture.queue.longestDoubt(of: other)?.runCount == 0)
    }
  }
}
