// What the attempts of a batch add up to.

import DurableQueue
import Pacing
import Provisioning

/// How values, at least one, are spread, in seconds. Each percentile is the value that so many of a hundred lie at or below,
/// at most 1 in 128 off; the largest is exact.
package struct Percentiles: Codable, Hashable, Sendable {
  var count: Int
  var p50: Double
  var p90: Double
  var p99: Double
  var max: Double
}

/// The figures of a batch's attempts since it was imported; what was sent for an earlier batch is not this one's.
struct AttemptTotals {
  private(set) var latency = LatencyHistogram()
  private(set) var pace = PaceChart()
  /// The first start and the last end of what was sent; nil when nothing was, or nothing ended.
  private(set) var firstStart: Instant?
  private(set) var lastEnd: Instant?

  mutating func add(_ attempt: AttemptFigures) {
    if attempt.outcome == .notSent || attempt.outcome == .unreachable { return }
    pace.add(sentAt: attempt.start, attempt.outcome)
    firstStart = min(firstStart ?? attempt.start, attempt.start)
    lastEnd = [lastEnd, attempt.end].compactMap { $0 }.max()
    // What had no answer was only as quick as our patience.
    if let latency = attempt.latency, attempt.outcome?.isDefinite == true { self.latency.add(latency) }
  }
}
