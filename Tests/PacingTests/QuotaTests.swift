// The quota's promises, over thousands of seeds in virtual time. The window property is counted from the rate itself,
// not from the interval that the code computes.

import Pacing
import TestSupport
import Testing

@Suite struct QuotaTests {
  @Test func `no window ever holds more than the burst and the rate's share of its length`() {
    for seed in 0..<4_000 {
      var history = History(seed: seed)
      var starts: [Instant] = []
      for _ in 0..<40 { starts += history.step().starts }
      #expect(excess(in: starts, over: history.quota) == nil, "seed \(seed): \(history.quota)")
    }
  }

  @Test func `permits start in order, inside the horizon, and never more than were asked for`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      var last = history.now
      for _ in 0..<20 {
        let grant = history.step()
        #expect(grant.starts.count <= history.limit, "seed \(seed)")
        for start in grant.starts {
          #expect(start >= last && start >= history.now && start <= history.now + history.horizon, "seed \(seed)")
          last = start
        }
        #expect(grant.next >= last, "seed \(seed)")
      }
    }
  }

  @Test func `a refusal names the first instant that is granted`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      for _ in 0..<15 { _ = history.step() }
      let (quota, state) = (history.quota, history.state)
      let next = quota.grant(upTo: 0, from: state, at: history.now, within: .zero).next
      #expect(quota.grant(upTo: 1, from: state, at: next, within: .zero).starts == [next], "seed \(seed)")
      guard next > history.now else { continue }
      let justBefore = next - .microseconds(1)
      let refused = quota.grant(upTo: 1, from: state, at: justBefore, within: .zero)
      #expect(refused.starts.isEmpty && refused.next == next, "seed \(seed)")
    }
  }

  @Test func `a permit is taken ahead exactly when its start lies inside the horizon`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      for _ in 0..<15 { _ = history.step() }
      let horizon = history.horizon
      let (quota, state) = (history.quota, history.state)
      let next = quota.grant(upTo: 0, from: state, at: history.now, within: .zero).next
      let asked = next - horizon
      guard asked > history.now else { continue }
      #expect(quota.grant(upTo: 1, from: state, at: asked, within: horizon).starts == [next], "seed \(seed)")
      let tooEarly = quota.grant(upTo: 1, from: state, at: asked - .microseconds(1), within: horizon)
      #expect(tooEarly.starts.isEmpty, "seed \(seed)")
    }
  }

  @Test func `asking again for fewer gives the first of the same permits`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      for _ in 0..<10 { _ = history.step() }
      let before = history.state
      history.now = history.now + .seconds(1)
      let all = history.quota.grant(upTo: 12, from: before, at: history.now, within: history.horizon)
      let used = Int.random(in: 0...all.starts.count, using: &history.generator)
      let some = history.quota.grant(upTo: used, from: before, at: history.now, within: history.horizon)
      #expect(some.starts == Array(all.starts.prefix(used)), "seed \(seed)")
      let rest = history.quota.grant(
        upTo: 12 - used, from: some.state, at: history.now, within: history.horizon)
      #expect(some.starts + rest.starts == all.starts && rest.state == all.state, "seed \(seed)")
    }
  }

  @Test func `whoever asks at once whenever a permit is due gets the whole rate`() throws {
    for (count, expected) in [(1, 1), (10, 10), (300, 300), (333, 333), (7_000, 6_994)] {
      let quota = Quota(rate: try #require(Rate(count, per: .second)), burst: 1)
      #expect(startsOfGreedyCaller(quota, for: .seconds(1)).count == expected, "\(quota.rate)")
    }
  }

  @Test func `the burst comes first, then one permit an interval`() throws {
    let quota = Quota(rate: try #require(Rate("10/s")), burst: 3)
    let grant = quota.grant(upTo: 100, from: QuotaState(), at: noon, within: .milliseconds(500))
    #expect(grant.starts.map { $0 - noon } == [0, 0, 0, 100, 200, 300, 400, 500].map { .milliseconds($0) })
    #expect(grant.next - noon == .milliseconds(600))
  }

  @Test func `a quiet time refills the burst and no more`() throws {
    let quota = Quota(rate: try #require(Rate("10/s")), burst: 3)
    let spent = quota.grant(upTo: 3, from: QuotaState(), at: noon, within: .zero).state
    for (quiet, expected) in [(0, 0), (99, 0), (100, 1), (250, 2), (300, 3), (86_400_000, 3)] {
      let grant = quota.grant(upTo: 100, from: spent, at: noon + .milliseconds(quiet), within: .zero)
      #expect(grant.starts.count == expected, "after \(quiet) ms")
    }
  }

  @Test func `a horizon longer than the longest counts as the longest`() throws {
    let quota = Quota(rate: try #require(Rate("10/s")), burst: 1)
    let grant = quota.grant(upTo: 1_000, from: QuotaState(), at: noon, within: .seconds(60))
    #expect(grant.starts.last == noon + Quota.longestHorizon)
  }

  @Test func `a burst out of range counts as the nearest that is in it`() throws {
    let slowest = try #require(Rate("1/day"))
    #expect(Quota(rate: slowest, burst: 0).burst == 1)
    #expect(Quota(rate: slowest, burst: -5).burst == 1)
    let largest = Quota(rate: slowest, burst: .max)
    #expect(largest.burst == Rate.largestCount)
    #expect(largest.grant(upTo: 5, from: QuotaState(), at: noon, within: .zero).starts.count == 5)
  }
}

/// Every combination of a rate, a limit an hour and a limit a day.
@Suite struct CombinedLimitTests {
  @Test func `all limits hold in every stretch, and the told instant is the first one`() {
    for seed in 0..<3_000 {
      var history = History(seed: seed)
      var windows: [Window] = []
      for period in [Rate.Period.hour, .day] where Bool.random(using: &history.generator) {
        windows +=
          Rate(Int.random(in: 1...60, using: &history.generator), per: period).flatMap(Window.init).map { [$0] }
          ?? []
      }
      history.quota.windows = windows
      var starts: [Instant] = []
      for _ in 0..<30 {
        let grant = history.step()
        starts += grant.starts
        if Bool.random(using: &history.generator) { history.now = max(history.now, grant.next) }
      }
      #expect(excess(in: starts, over: history.quota) == nil, "seed \(seed): \(history.quota)")
      for window in windows {
        var first = 0
        for (index, start) in starts.enumerated() {
          while start - starts[first] >= window.rate.period.duration { first += 1 }
          #expect(index - first + 1 <= window.rate.count, "seed \(seed): \(window)")
        }
      }
      let (quota, state) = (history.quota, history.state)
      let next = quota.grant(upTo: 0, from: state, at: history.now, within: .zero).next
      #expect(quota.grant(upTo: 1, from: state, at: next, within: .zero).starts == [next], "seed \(seed)")
      guard next > history.now else { continue }
      let refused = quota.grant(upTo: 1, from: state, at: next - .microseconds(1), within: .zero)
      #expect(refused.starts.isEmpty && refused.next == next, "seed \(seed)")
    }
  }
}

@Suite struct EmptiedQuotaTests {
  @Test func `at the wait's end one permit starts, then one an interval`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      for _ in 0..<10 { _ = history.step() }
      let quota = history.quota
      // Longer than anything that was taken ahead, so that the wait alone decides.
      let wait = Quota.longestHorizon + quota.rate.interval + history.generator.duration(.zero ... .seconds(600))
      let end = history.now + wait
      var state = quota.emptied(history.state, until: end)
      let early = quota.grant(upTo: 9, from: state, at: end - .microseconds(1), within: .zero)
      #expect(early.starts.isEmpty && early.next == end, "seed \(seed)")
      for step in 0..<10 {
        let due = end + quota.rate.interval * step
        let grant = quota.grant(upTo: 9, from: state, at: due, within: .zero)
        #expect(grant.starts == [due], "seed \(seed), permit \(step)")
        state = grant.state
      }
    }
  }

  @Test func `a wait is never shortened, by another wait or by the clock`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      for _ in 0..<10 { _ = history.step() }
      let quota = history.quota
      let long = history.now + history.generator.duration(.zero ... .seconds(600))
      let short = long - history.generator.duration(.zero ... .seconds(1_200))
      let state = quota.emptied(history.state, until: long)
      #expect(state.theoretical >= history.state.theoretical, "seed \(seed)")
      #expect(quota.emptied(state, until: short) == state, "seed \(seed)")
      let asked = long - history.generator.duration(.microseconds(1) ... .seconds(86_400))
      let grant = quota.grant(upTo: 1, from: state, at: asked, within: history.horizon)
      #expect(grant.starts.allSatisfy { $0 >= long } && grant.next >= long, "seed \(seed)")
    }
  }

  @Test func `nothing that a wait leaves behind breaks the window rule`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      var starts: [Instant] = []
      for step in 0..<40 {
        starts += history.step().starts
        guard step % 7 == 6 else { continue }
        let end = history.now + history.generator.duration(.zero ... .seconds(5))
        history.state = history.quota.emptied(history.state, until: end)
      }
      #expect(excess(in: starts, over: history.quota) == nil, "seed \(seed): \(history.quota)")
    }
  }
}

@Suite struct ClockSetBackTests {
  @Test func `a clock that was set back costs at most the horizon and an interval`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      for _ in 0..<10 { _ = history.step() }
      let quota = history.quota
      history.now = history.now - history.generator.duration(.seconds(1) ... .seconds(86_400 * 365))
      let refused = quota.grant(upTo: 1, from: history.state, at: history.now, within: .zero)
      #expect(refused.next - history.now <= Quota.longestHorizon + quota.rate.interval, "seed \(seed)")
      guard refused.starts.isEmpty else { continue }
      let granted = quota.grant(upTo: 1, from: refused.state, at: refused.next, within: .zero)
      #expect(granted.starts == [refused.next], "seed \(seed)")
    }
  }

  @Test func `after a clock was set back the window rule holds by the new time`() {
    for seed in 0..<2_000 {
      var history = History(seed: seed)
      for _ in 0..<10 { _ = history.step() }
      history.now = history.now - .seconds(3_600)
      var starts: [Instant] = []
      for _ in 0..<30 { starts += history.step().starts }
      #expect(excess(in: starts, over: history.quota) == nil, "seed \(seed): \(history.quota)")
    }
  }
}

// MARK: - Tools

private let noon = Instant(microseconds: 1_772_409_600_000_000)

/// Callers who come at random times, with random needs, to one state: as threads and processes do.
private struct History {
  var generator: SeededGenerator
  var quota: Quota
  var state = QuotaState()
  var now = noon
  var horizon = Duration.zero
  var limit = 0

  init(seed: Int) {
    generator = SeededGenerator(seed: seed)
    let counts = [1, 2, 3, 7, 10, 60, 300, 5_000, Rate.largestCount]
    let period = Rate.Period.allCases.randomElement(using: &generator) ?? .second
    let rate = Rate(counts.randomElement(using: &generator) ?? 1, per: period) ?? .untilLearned
    quota = Quota(rate: rate, burst: Int.random(in: 1...20, using: &generator))
    horizon = generator.duration(.zero ... .milliseconds(500))
  }

  /// The next caller: comes at once, soon, after about an interval or after a quiet time; takes all or some.
  mutating func step() -> Grant {
    let quiet = quota.rate.interval * (quota.burst + 1)
    let pauses: [Duration] = [.zero, .milliseconds(5), quota.rate.interval * 2, quiet, .milliseconds(600)]
    now = now + generator.duration(.zero...(pauses.randomElement(using: &generator) ?? .zero))
    horizon = generator.duration(.zero ... .milliseconds(500))
    limit = Int.random(in: 0...(quota.burst + 10), using: &generator)
    let grant = quota.grant(upTo: limit, from: state, at: now, within: horizon)
    state = grant.state
    return grant
  }
}

/// The first permit that makes a window hold more than burst + length × rate; nil when every window is in order.
///
/// With permits s₀ ≤ s₁ ≤ …, count c a period p: the window from sᵢ to sⱼ is in order when
/// (j − i + 1 − b) · p ≤ (sⱼ − sᵢ) · c, that is (j + 1 − b) · p − sⱼ · c ≤ i · p − sᵢ · c. So it is enough to keep the
/// smallest right side so far.
private func excess(in starts: [Instant], over quota: Quota) -> String? {
  guard let first = starts.first else { return nil }
  let period = Int64(quota.rate.period.duration / .microseconds(1))
  var smallest = Int64.max
  for (index, start) in starts.enumerated() {
    let position = Int64(index) * period - (start.microseconds - first.microseconds) * Int64(quota.rate.count)
    smallest = min(smallest, position)
    if position + period * Int64(1 - quota.burst) > smallest { return "permit \(index) at \(start)" }
  }
  return nil
}

/// All permits of somebody who asks for one at every instant that the quota named, in the time given.
private func startsOfGreedyCaller(_ quota: Quota, for time: Duration) -> [Instant] {
  var (state, now, starts) = (QuotaState(), noon, [Instant]())
  while now < noon + time {
    let grant = quota.grant(upTo: 1, from: state, at: now, within: .zero)
    starts += grant.starts
    (state, now) = (grant.state, grant.next)
  }
  return starts
}
