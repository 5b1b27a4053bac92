// How fast a batch goes now: over the last half minute in which something could be sent, never since the start, because a
// laptop may have slept, a service may have asked to wait, and a limit may have changed since.

import Pacing
import Provisioning

/// A pace that was measured.
struct MeasuredPace: Hashable {
  /// Rows a second, sent and answered.
  var perSecond: Double
  /// Whether it was measured for so long that something can be told from it.
  var isSettled: Bool
}

/// Measures the pace of a batch by its tally.
struct PaceMeter {
  private struct Sample {
    let at: Duration
    let tally: Tally

    var waitingCount: Int { tally[.ready] + tally[.leased] }
  }

  private static let longest = Duration.seconds(30)
  private static let shortest = Duration.seconds(3)
  private static let settled = Duration.seconds(10)
  /// Where the tally was not looked at for so long, the machine slept or the process was stopped.
  private static let longestGap = Duration.seconds(12)
  /// A shorter wait is a part of the pace: a throttled service asks for one now and then.
  private static let shortestStandstill = Duration.seconds(5)

  private var samples: [Sample] = []
  private var isStandingStill = false
  private var interval = Duration.zero

  /// Takes a look at the batch.
  ///
  /// - Parameters:
  ///   - elapsed: when, by a clock that nobody sets and that goes on while the machine sleeps.
  ///   - wait: how long nothing can be sent; nil while something can.
  ///   - interval: from one request to the next at the limit, if that is known: a slow pace takes longer to measure.
  mutating func note(_ tally: Tally, at elapsed: Duration, wait: Duration?, interval: Duration?) {
    self.interval = interval ?? .zero
    isStandingStill = wait.map { isStandingStill || $0 > Self.shortestStandstill } ?? false
    let sample = Sample(at: elapsed, tally: tally)
    if isStandingStill || samples.last.map({ Self.isBroken(from: $0, to: sample) }) == true { samples = [] }
    guard !isStandingStill else { return }
    samples.append(sample)
    let length = min(max(Self.longest, self.interval * 6), .seconds(600))
    // The oldest that is kept is the first within the length.
    samples.removeAll { elapsed - $0.at > length }
  }

  /// Whether more has happened between two looks than that rows were sent and answered.
  private static func isBroken(from earlier: Sample, to later: Sample) -> Bool {
    later.at - earlier.at > longestGap || later.at < earlier.at || later.waitingCount > earlier.waitingCount
      || later.tally[.inDoubt] < earlier.tally[.inDoubt] || later.tally[.cancelled] != earlier.tally[.cancelled]
  }

  /// The pace; nil while it was measured for too short a time.
  var pace: MeasuredPace? {
    guard let first = samples.first, let last = samples.last else { return nil }
    let length = last.at - first.at
    guard length >= max(Self.shortest, interval * 2) else { return nil }
    return MeasuredPace(
      perSecond: Double(first.waitingCount - last.waitingCount) / length.seconds,
      isSettled: length >= Self.settled)
  }
}
