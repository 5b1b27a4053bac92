// What the attempts of a batch add up to.

import DurableQueue
import Pacing
import Provisioning

/// How a value is spread, in seconds; each percentile is the value that so many of a hundred lie at or below.
package struct Percentiles: Codable, Hashable, Sendable {
  /// How many values there are, at least one.
  package var count: Int
  /// Half of the values; at most 1 in 128 off, as the next two.
  package var p50: Double
  /// Nine of ten.
  package var p90: Double
  /// Ninety-nine of a hundred.
  package var p99: Double
  /// The largest, exact.
  package var max: Double
}

/// The figures of a batch's attempts since it was imported; what was sent for an earlier batch is not this one's.
struct AttemptTotals {
  private(set) var latency = LatencyHistogram()
  private(set) var pace = PaceChart()
  /// The first start and the last end of what was sent; nil when nothing was, or nothing ended.
  private(set) var firstStart: Instant?
  private(set) var lastEnd: Instant?

  mutating func add(_ attempt: AttemptFigures) {
    guard let sent = PaceChart.AttemptCount(start: attempt.start, outcome: attempt.outcome) else { return }
    pace.add(sent)
    firstStart = min(firstStart ?? attempt.start, attempt.start)
    lastEnd = [lastEnd, attempt.end].compactMap { $0 }.max()
    // What had no answer was only as quick as our patience.
    if let latency = attempt.latency, attempt.outcome?.isDefinite == true { self.latency.add(latency) }
  }
}
