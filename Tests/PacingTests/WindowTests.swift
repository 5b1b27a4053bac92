import TestSupport
import Testing

@testable import Pacing

/// Limits over hours and days.
@Suite struct WindowTests {
  private static let hour: Int64 = 3_600_000_000

  private func quota(_ perDay: Int, rate: String = "10/s", burst: Int = 5) throws -> Quota {
    let day = try #require(Rate(perDay, per: .day))
    let window = try #require(Window(day))
    return Quota(rate: try #require(Rate(rate)), burst: burst, windows: [window])
  }

  @Test func `only hours and days are windows`() throws {
    #expect(Window(try #require(Rate("5/s"))) == nil)
    #expect(Window(try #require(Rate("5/m"))) == nil)
    #expect(Window(try #require(Rate("5/h")))?.description == "5/h")
  }

  /// A simulated week of a greedy client that is restarted every hour: what it has is what was stored.
  @Test func `never more than the limit in any 24 hours, and nearly all of it every day`() throws {
    for seed in 1...20 {
      var random = SeededGenerator(seed: seed)
      let quota = try quota(500)
      var state = QuotaState()
      var starts: [Int64] = []
      var now: Int64 = 1_700_000_000_000_000 + Int64.random(in: 0..<Self.hour * 24, using: &random)
      let end = now + 7 * 24 * Self.hour
      while now < end {
        let wanted = Int.random(in: 1...40, using: &random)
        let grant = quota.grant(
          upTo: wanted, from: state, at: Instant(microseconds: now), within: .milliseconds(500))
        state = grant.state
        starts += grant.starts.map(\.microseconds)
        // Comes back when told; a restart, about every hour, takes up to a minute.
        now = max(now + 1, grant.next.microseconds)
        if Int.random(in: 0..<20, using: &random) == 0 { now += Int64.random(in: 1...60_000_000, using: &random) }
      }
      var first = 0
      for (index, start) in starts.enumerated() {
        while starts[first] <= start - 24 * Self.hour { first += 1 }
        #expect(index - first + 1 <= 500, "seed \(seed)")
      }
      for day in 1..<6 {
        let from = starts[0] + Int64(day) * 24 * Self.hour
        let count = starts.count { $0 >= from && $0 < from + 24 * Self.hour }
        #expect(count >= 475, "seed \(seed), day \(day): \(count)")
      }
    }
  }

  @Test func `refused before the instant that was told, and granted at it`() throws {
    for seed in 1...300 {
      var random = SeededGenerator(seed: seed)
      let quota = try quota(Int.random(in: 1...30, using: &random), burst: Int.random(in: 1...10, using: &random))
      var state = QuotaState()
      var now = Instant(microseconds: 1_700_000_000_000_000)
      for _ in 0..<60 {
        let grant = quota.grant(upTo: 20, from: state, at: now, within: .zero)
        state = grant.state
        let early = quota.grant(upTo: 1, from: state, at: grant.next - .microseconds(1), within: .zero)
        #expect(early.starts.isEmpty || grant.next <= now, "seed \(seed)")
        #expect(
          quota.grant(upTo: 1, from: state, at: max(now, grant.next), within: .zero).starts.count == 1, "seed \(seed)")
        now = max(now, grant.next) + .microseconds(Int64.random(in: 0...Self.hour, using: &random))
      }
    }
  }

  @Test func `a clock that was set back does not lock the window for good`() throws {
    let quota = try quota(10)
    let ahead = Instant(microseconds: 1_800_000_000_000_000)
    let used = quota.grant(upTo: 20, from: QuotaState(), at: ahead, within: .zero)
    #expect(used.starts.count == 5)
    let now = ahead - .seconds(400 * 86_400)
    let back = quota.grant(upTo: 20, from: used.state, at: now, within: .zero)
    #expect(back.state.usage[.day]?.counts.values.reduce(0, +) == 5 + back.starts.count)
    let later = quota.grant(upTo: 20, from: back.state, at: now + .seconds(2 * 86_400), within: .zero)
    #expect(!later.starts.isEmpty)
  }

  @Test func `a forecast over days names the day`() throws {
    let quota = try quota(500)
    let now = Instant(microseconds: 1_700_000_000_000_000)
    let days = (quota.forecast(of: 1_400, from: QuotaState(), at: now) - now).seconds / 86_400
    #expect((2.0...2.1).contains(days))
    let plain = Quota(rate: try #require(Rate("5/s")), burst: 20)
    #expect(plain.forecast(of: 300, from: QuotaState(), at: now) == now + .seconds(56))
  }

  @Test func `what was taken ahead stays as many permits when the rate changes`() throws {
    let old = Quota(rate: try #require(Rate("2/s")), burst: 2)
    let new = Quota(rate: try #require(Rate("20/s")), burst: 2)
    let now = Instant(microseconds: 1_700_000_000_000_000)
    let state = QuotaState(theoretical: now + .seconds(2))
    #expect(new.rescaled(state, from: old, at: now).theoretical == now + .milliseconds(200))
    #expect(new.rescaled(state, from: new, at: now) == state)
  }
}
