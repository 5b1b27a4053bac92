// Limits over long periods, `500/day` or `5000/h`: so many permits in any stretch of that length, counted in buckets.
//
//   A permit counts from its start until its whole bucket is older than the period: never more than the limit in any
//   stretch, and at least 96/97 of it while there is enough to do.

/// A limit over a long period.
package struct Window: Hashable, Sendable, CustomStringConvertible {
  /// How many buckets a period has.
  private static let bucketCount: Int64 = 96

  /// How many permits, in which period.
  package let rate: Rate

  /// Makes a window; nil for a period of a minute or less, which the interval between permits keeps.
  package init?(_ rate: Rate) {
    guard rate.period == .hour || rate.period == .day else { return nil }
    self.rate = rate
  }

  /// As it is written: `500/day`.
  package var description: String { rate.description }

  /// How long a bucket is, in microseconds.
  private var bucketSize: Int64 { rate.period.duration.microseconds / Self.bucketCount }

  private func bucket(of instant: Instant) -> Int64 { instant.microseconds.flooredQuotient(bucketSize) }

  /// When the permits of a bucket do not count any more.
  private func end(of bucket: Int64) -> Instant {
    Instant(microseconds: (bucket + 1) * bucketSize) + rate.period.duration
  }

  /// The earliest instant from `start` on at which one more permit may start.
  func earliest(from start: Instant, _ usage: WindowUsage) -> Instant {
    let counted = usage.counts.filter { end(of: $0.key) > start }.sorted { $0.key < $1.key }
    var excess = counted.map(\.value).reduce(0, +) - rate.count
    guard excess >= 0 else { return start }
    for (bucket, count) in counted {
      excess -= count
      if excess < 0 { return end(of: bucket) }
    }
    return start
  }

  /// Counts a permit that starts at `start`.
  func take(at start: Instant, _ usage: inout WindowUsage) { usage.counts[bucket(of: start), default: 0] += 1 }

  /// The usage as a clock has it that was set by `step` since it was counted.
  package func shifted(_ usage: WindowUsage, by step: Duration) -> WindowUsage {
    // Rounded up: a permit counts too long rather than not long enough.
    let buckets = -(Duration.zero - step).microseconds.flooredQuotient(bucketSize)
    return WindowUsage(
      counts: Dictionary(usage.counts.map { ($0.key + buckets, $0.value) }) { first, _ in first })
  }

  /// Forgets what does not count any more, and brings into the present what a clock that was set back has left in the
  /// future: it counts for one more period from now.
  func tidied(_ usage: WindowUsage, at now: Instant) -> WindowUsage {
    let latest = bucket(of: now + Quota.longestHorizon)
    var tidy = WindowUsage()
    for (bucket, count) in usage.counts where end(of: bucket) > now {
      tidy.counts[min(bucket, latest), default: 0] += count
    }
    return tidy
  }
}

/// How many permits of a window were taken, by bucket.
package struct WindowUsage: Hashable, Sendable {
  /// Permits by the bucket's number since the epoch.
  package var counts: [Int64: Int]

  /// Makes a usage; without arguments nothing was used.
  package init(counts: [Int64: Int] = [:]) { self.counts = counts }
}
