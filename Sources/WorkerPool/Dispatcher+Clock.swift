// A clock that is set during a run: what was to happen in a minute still happens in a minute.

import DurableQueue
import Pacing
import Provisioning

/// Notices that the clock was set, by the one that nobody sets.
struct ClockWatch: Sendable {
  /// Smaller steps are left until they have added up to this.
  private static let smallestStep = Duration.milliseconds(50)

  /// A list during which the clock was set by more than this tells nothing.
  private static let longestStep = Duration.seconds(1)

  /// How far the wall clock was ahead of the other when it was last looked at.
  private var offset: Duration?

  /// - Returns: by how much the clock was set since it was last noticed, negative when it was set back; zero when it was
  ///   not.
  mutating func note(_ moment: Moment) -> Duration {
    let ahead = moment.wall - Instant(microseconds: 0) - moment.sinceBoot.elapsed
    guard let before = offset else {
      offset = ahead
      return .zero
    }
    let step = ahead - before
    guard step >= Self.smallestStep || step <= .zero - Self.smallestStep else { return .zero }
    offset = ahead
    return step
  }
}

extension ClockWatch {
  /// Whether the clock was set by more than a second from one moment to another.
  static func isSet(between earlier: Moment, _ later: Moment) -> Bool {
    isSet(between: earlier, later, byMoreThan: longestStep)
  }

  /// Whether what the queue has told was told by a clock that was set since: its instants mean nothing any more.
  static func isOfAnotherClock(_ told: Moment?, at now: Moment) -> Bool {
    told.map { isSet(between: $0, now, byMoreThan: smallestStep) } ?? false
  }

  private static func isSet(between earlier: Moment, _ later: Moment, byMoreThan most: Duration) -> Bool {
    let step = (later.wall - earlier.wall) - (later.sinceBoot.elapsed - earlier.sinceBoot.elapsed)
    return step >= most || step <= .zero - most
  }
}

extension Dispatcher {
  /// Takes every instant that the run waits for along with the clock. What is parked has permits of another time: it is
  /// given back. The deadline stays, because people mean it by their clock.
  mutating func shift(by step: Duration) -> [Action] {
    pace.shift(by: step)
    lists.shift(by: step)
    inFlight = inFlight.mapValues { $0 + step }
    if case .hold(let tally, let since) = others { others = .hold(tally, since: since + step) }
    switch phase {
    case .closing(let end, let until): phase = .closing(end, until: until + step)
    case .ending(let end, .until(let deadline)): phase = .ending(end, .until(deadline + step))
    case .probing, .running, .ending, .over: break
    }
    // What the last claim said is of another time.
    remainder = .unknown
    if nextClaim != nil { nextClaim = .min }
    return [.rightInstants] + release(until: nil, reason: nil)
  }

  /// Gives back what was claimed by a clock that was set meanwhile, and claims again at once.
  mutating func giveBack(_ claim: Claim, at now: Instant) -> [Action] {
    (claimStep, remainder, nextClaim) = (.idle, .unknown, now)
    parked += claim.leases
    return release(until: nil, reason: nil)
  }
}

extension Instant {
  /// The beginning of time.
  static let min = Instant(microseconds: 0)
}
