import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// What a key waits for, while clocks are set and machines are started anew.
@Suite struct WaitTests {
  private static let aDay = Duration.seconds(86_400)

  private func wait(_ seconds: Int, _ fixture: QueueFixture, asked: Duration? = nil) async throws {
    try await fixture.queue.hold(
      ScopeWait(
        KeyWait(until: fixture.time.now() + .seconds(seconds), reason: .throttled, message: "slow down", asked: asked),
        of: fixture.scope))
  }

  private func waits(_ fixture: QueueFixture) throws -> [KeyWait] {
    try fixture.queue.waits(baseURL: "https://example.com")
  }

  /// How long until the next permit.
  private func untilPermit(_ fixture: QueueFixture) throws -> Duration {
    let now = fixture.time.now()
    let row = try fixture.queue.read { try ScopeRow(fixture.scope, $0) }
    return row.limit.quota.grant(upTo: 0, from: row.state, at: now, within: .zero).next - now
  }

  @Test func `a wait is told with its reason, what was said and what was asked, until it is over`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      try await wait(60, fixture, asked: Self.aDay)
      let told = KeyWait(
        until: fixture.time.now() + .seconds(60), reason: .throttled, message: "slow down", asked: Self.aDay)
      #expect(try waits(fixture) == [told])
      #expect(try await fixture.queue.takePermit(of: fixture.scope).wait == told)
      let batch = try fixture.importNames(["a"])
      #expect(try await fixture.claim(1, of: batch).wait == told)
      fixture.time.advance(by: .seconds(61))
      #expect(try waits(fixture).isEmpty)
      let last = try fixture.queue.lastWait(baseURL: "https://example.com", fingerprint: "0123456789ab")
      #expect(last?.reason == .throttled && last?.message == "slow down")
    }
  }

  @Test(arguments: [86_400, 3 * 86_400, 3_600, 600])
  func `a wait that was written while the clock was ahead is as long as it was meant`(ahead: Int) async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      let batch = try fixture.importNames(["a"])
      let right = fixture.time.now()
      fixture.time.set(right + .seconds(ahead))
      try await wait(60, fixture)
      fixture.time.advance(by: .seconds(10))
      fixture.time.set(right + .seconds(10))
      try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      #expect(try untilPermit(fixture) == .seconds(50))
    }
  }

  @Test func `a wait of another start of the machine begins anew if its clock was ahead, and else ends when it was to`()
    async throws
  {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      let batch = try fixture.importNames(["a"])
      try await wait(60, fixture)
      fixture.time.advance(by: .seconds(20))
      fixture.time.reboot()
      try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      #expect(try untilPermit(fixture) == .seconds(40))
      fixture.time.advance(by: .seconds(60))

      let right = fixture.time.now()
      fixture.time.set(right + Self.aDay)
      try await wait(90, fixture)
      fixture.time.reboot()
      fixture.time.set(right)
      try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      #expect(try untilPermit(fixture) == .seconds(90))
    }
  }

  @Test func `a wait is not cut short by a clock that is set forward`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      let batch = try fixture.importNames(["a"])
      try await wait(60, fixture)
      fixture.time.set(fixture.time.now() + .seconds(3_000))
      try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      #expect(try untilPermit(fixture) == .seconds(60))
    }
  }

  @Test func `a roster that was imported while the clock was ahead is due now, and the clock is spoken of`()
    async throws
  {
    try await QueueFixture.with { fixture in
      let right = fixture.time.now()
      fixture.time.set(right + Self.aDay * 400)
      let batch = try fixture.importNames(["a", "b"])
      fixture.time.set(right)
      #expect(try await fixture.claim(2, of: batch).leases.isEmpty)
      let finding = try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      #expect(finding == ClockFinding(newest: right + Self.aDay * 400, now: right))
      #expect(try await fixture.claim(2, of: batch).leases.count == 2)
    }
  }

  @Test func `a clock that is right is not spoken of`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      try await wait(60, fixture)
      fixture.time.advance(by: .seconds(5))
      #expect(try await fixture.queue.rightInstants(with: fixture.scope, of: batch) == nil)
      #expect(try waits(fixture).count == 1)
    }
  }

  @Test func `no wait that an older version has written lasts longer than an hour`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      let batch = try fixture.importNames(["a"])
      let never = fixture.time.now() + Self.aDay * 3_000_000
      try fixture.queue.writeExclusively { db in
        try db.run(
          "UPDATE key_scope SET not_before = ?1, theoretical_at = ?1, wait_reason = 'throttled'", [never.microseconds])
        try db.run("UPDATE item SET due = ?", [never.microseconds])
      }
      try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      #expect(try untilPermit(fixture) == .seconds(3_600))
      fixture.time.advance(by: .seconds(3_600))
      #expect(try await fixture.claim(1, of: batch).leases.count == 1)
    }
  }

  @Test func `a person can try at once`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      let until = fixture.time.now() + .seconds(600)
      let wait = ScopeWait(KeyWait(until: until, reason: .throttled), of: fixture.scope)
      _ = try await fixture.queue.settle(
        Answer(lease: lease.handle, outcome: Outcome(.throttled), due: until, wait: wait))
      #expect(try await fixture.claim(1, of: batch).leases.isEmpty)
      try fixture.queue.ignoreWait(of: fixture.scope, batch: batch)
      #expect(try waits(fixture).isEmpty)
      fixture.time.advance(by: .seconds(1))
      #expect(try await fixture.claim(1, of: batch).leases.count == 1)
    }
  }

  @Test func `limits that are forgotten are forgotten with what was learned, limits that are set are not`() async throws
  {
    try await QueueFixture.with(rate: nil) { fixture in
      for second in 0..<6 {
        fixture.time.advance(by: .seconds(second))
        let wait = ScopeWait(KeyWait(until: fixture.time.now(), reason: .throttled), of: fixture.scope)
        try await fixture.queue.hold(wait)
      }
      let learned = try fixture.queue.limit(of: fixture.scope)
      #expect(learned.source == .learned && learned.quota.rate.perSecond < 1)
      let window = try #require(Rate("500/day").flatMap(Window.init))
      try fixture.queue.setWindows([window], of: fixture.scope)
      #expect(try fixture.queue.limit(of: fixture.scope).quota.rate == learned.quota.rate)
      try fixture.queue.setWindows([], of: fixture.scope)
      #expect(try fixture.queue.limit(of: fixture.scope) == .standard)
    }
  }

  @Test func `trying at once takes back the wait and not what was taken of the limit`() async throws {
    try await QueueFixture.with(rate: Rate("10/m"), burst: 25) { fixture in
      let batch = try fixture.importNames((1...60).map { "n\($0)" })
      #expect(try await fixture.claim(60, of: batch).leases.count == 25)
      try await wait(60, fixture)
      try fixture.queue.ignoreWait(of: fixture.scope, batch: batch)
      fixture.time.advance(by: .seconds(1))
      #expect(try await fixture.claim(60, of: batch).leases.isEmpty)
      fixture.time.advance(by: .seconds(12))
      #expect(try await fixture.claim(60, of: batch).leases.count <= 2)
    }
  }

  @Test(arguments: [7_200, -7_200, 90_000])
  func `a clock that is set, and set right again, forgets no permit of an hour or a day`(step: Int) async throws {
    try await QueueFixture.with(rate: nil) { fixture in
      try fixture.queue.setWindows(
        [try #require(Rate("20/h").flatMap(Window.init))], of: fixture.scope)
      let batch = try fixture.importNames((1...60).map { "n\($0)" })
      var count = 0
      func take() async throws {
        for _ in 0..<40 {
          count += try await fixture.claim(5, of: batch).leases.count
          fixture.time.advance(by: .seconds(1))
        }
      }
      try await take()
      #expect(count == 20)
      let right = fixture.time.now()
      fixture.time.set(right + .seconds(step))
      try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      try await take()
      #expect(count == 20, "while the clock is off")
      fixture.time.set(right + .seconds(40))
      try await fixture.queue.rightInstants(with: fixture.scope, of: batch)
      try await take()
      #expect(count == 20, "when it is right again")
      fixture.time.advance(by: .seconds(3_700))
      try await take()
      #expect(count == 40, "an hour later")
    }
  }

  @Test func `a clock that was ahead once is spoken of once`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let right = fixture.time.now()
      fixture.time.set(right + Self.aDay)
      try await fixture.queue.end(try fixture.queue.becomeOwner(of: batch))
      fixture.time.set(right)
      #expect(try await fixture.queue.rightInstants(with: fixture.scope, of: batch) != nil)
      try await fixture.queue.end(try fixture.queue.becomeOwner(of: batch))
      #expect(try await fixture.queue.rightInstants(with: fixture.scope, of: batch) == nil)
    }
  }

  @Test func `a wait that is written after the clock was set is as long as it was decided`() async throws {
    try await QueueFixture.with(rate: Rate("10/s"), burst: 2) { fixture in
      let decidedAt = fixture.time.now()
      let wait = ScopeWait(
        KeyWait(until: decidedAt + .seconds(30), reason: .unreachable), of: fixture.scope, decidedAt: decidedAt)
      fixture.time.set(decidedAt - .seconds(50_000))
      try await fixture.queue.hold(wait)
      #expect(try untilPermit(fixture) == .seconds(30))
    }
  }
}
