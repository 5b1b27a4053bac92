// When may we send? The generic cell rate algorithm (GCRA, ITU-T I.371, "virtual scheduling") as a pure function of
// the quota, its stored state and the time. A refusal says when to come back.
//
//   T    interval between permits, Rate.interval, µs
//   b    burst, permits that may start at one instant after a quiet time, ≥ 1
//   TAT  theoretical arrival time: when the next permit would fall due if none came early, µs since the epoch
//
// A permit may start at s when s ≥ TAT − (b − 1)·T; taking it sets TAT = max(TAT, s) + T.
// In any window of length w at most b + w/T permits start.

/// A limit: so many permits a period, and how many of them may start together.
package struct Quota: Hashable, Sendable {
  /// Permits a period.
  package var rate: Rate
  /// How many permits may start at one instant after a quiet time; 1 to `Rate.largestCount`.
  package private(set) var burst: Int
  /// Limits over long periods, which hold besides.
  package var windows: [Window]

  /// Makes a quota; a burst below 1 counts as 1, and one above `Rate.largestCount` as that.
  package init(rate: Rate, burst: Int, windows: [Window] = []) {
    self.rate = rate
    self.burst = min(max(1, burst), Rate.largestCount)
    self.windows = windows
  }

  /// The quota until anything better is known.
  package static let untilLearned = Quota(rate: .untilLearned, burst: 2)

  /// The farthest ahead that a permit may be taken. One value for everybody who shares a state, because the guard
  /// against a clock that was set back rests on it.
  package static let longestHorizon = Duration.milliseconds(500)

  /// No grant leaves a theoretical arrival time farther ahead of the present, or of the end of a wait, than this.
  package var longestDebt: Duration { Self.longestHorizon + tolerance + rate.interval }

  /// How far ahead of the theoretical arrival time a permit may start.
  private var tolerance: Duration { rate.interval * (burst - 1) }

  /// The permits that may start from now until `horizon` later, at most `limit`, each with its start.
  ///
  /// Taking them is the caller's step: store `grant.state` in the same transaction, or call again with a smaller
  /// `limit` when fewer are needed, so that only what is used is taken. Store it also when nothing was granted: it is
  /// the same state but after the clock was set back, and then the way out.
  ///
  /// - Parameters:
  ///   - limit: the most that the caller can use; 0 asks only when the next one may start.
  ///   - now: the time, read after whatever lock guards `state` is held.
  ///   - horizon: how far ahead a permit may start, at most `longestHorizon`; zero for permits that start at once.
  package func grant(upTo limit: Int, from state: QuotaState, at now: Instant, within horizon: Duration) -> Grant {
    var state = state
    let horizon = min(horizon, Self.longestHorizon)
    let earliest = max(now, state.notBefore)
    // A clock that was set back leaves one that is farther ahead.
    state.theoretical = min(state.theoretical, earliest + longestDebt)
    tidy(&state, at: now)
    var starts: [Instant] = []
    while true {
      let start = allowed(max(earliest, state.theoretical - tolerance), by: state)
      guard starts.count < limit, start <= now + horizon else {
        return Grant(starts: starts, state: state, next: start)
      }
      starts.append(start)
      take(at: start, &state)
    }
  }

  private func tidy(_ state: inout QuotaState, at now: Instant) {
    for window in windows {
      state.usage[window.rate.period] = window.tidied(state.usage[window.rate.period] ?? WindowUsage(), at: now)
    }
  }

  private func take(at start: Instant, _ state: inout QuotaState) {
    state.theoretical = max(state.theoretical, start) + rate.interval
    for window in windows { window.take(at: start, &state.usage[window.rate.period, default: WindowUsage()]) }
  }

  /// The earliest instant from `start` on that every window allows.
  private func allowed(_ start: Instant, by state: QuotaState) -> Instant {
    var start = start
    while true {
      let next = windows.map { $0.earliest(from: start, state.usage[$0.rate.period] ?? WindowUsage()) }.max() ?? start
      if next == start { return start }
      start = next
    }
  }

  /// When so many permits will have started, if they are taken as they fall due from now on. For people.
  package func forecast(of count: Int, from state: QuotaState, at now: Instant) -> Instant {
    guard !windows.isEmpty else {
      let start = max(now, state.notBefore, min(state.theoretical, now + tolerance + rate.interval) - tolerance)
      return start + rate.interval * max(0, count - burst)
    }
    var state = state
    tidy(&state, at: now)
    // More are told from these: people want the day.
    let most = min(count, 20_000)
    var start = now
    for _ in 0..<most {
      start = allowed(max(start, state.notBefore, state.theoretical - tolerance), by: state)
      take(at: start, &state)
    }
    return count > most ? now + (start - now) * (Double(count) / Double(most)) : start
  }

  /// The state where another rate held until now: what was taken ahead stays as many permits, not as much time.
  package func rescaled(_ state: QuotaState, from old: Quota, at now: Instant) -> QuotaState {
    let ahead = state.theoretical - now
    guard ahead > .zero, old.rate != rate else { return state }
    var state = state
    let permits = Double(ahead.microseconds) / Double(old.rate.interval.microseconds)
    state.theoretical = now + .microseconds(Int64(permits * Double(rate.interval.microseconds)))
    return state
  }

  /// The state after the service said to wait until `end`: nothing starts before it and the bucket is empty then, so
  /// that the wait is not followed by a burst that is refused again. An earlier `end` never shortens a longer wait.
  package func emptied(_ state: QuotaState, until end: Instant) -> QuotaState {
    var state = state
    state.theoretical = max(state.theoretical, end + tolerance)
    state.notBefore = max(state.notBefore, end)
    return state
  }
}

/// Where a quota stands; what lives in the database.
package struct QuotaState: Hashable, Sendable {
  /// The theoretical arrival time (TAT above).
  package var theoretical: Instant
  /// No permit starts before this, because the service said so.
  package var notBefore: Instant
  /// What was used of the windows, by their period.
  package var usage: [Rate.Period: WindowUsage]

  /// Makes a state; without arguments that of a quota never used.
  package init(
    theoretical: Instant = Instant(microseconds: 0), notBefore: Instant = Instant(microseconds: 0),
    usage: [Rate.Period: WindowUsage] = [:]
  ) {
    self.theoretical = theoretical
    self.notBefore = notBefore
    self.usage = usage
  }
}

/// What a quota granted.
package struct Grant: Hashable, Sendable {
  /// When each granted permit may start, rising; empty when none was granted.
  package var starts: [Instant]
  /// The state to store if all of them are used.
  package var state: QuotaState
  /// When the next permit after these may start; the instant to come back.
  package var next: Instant
}
