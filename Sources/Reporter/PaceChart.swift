// How fast was sent, over time, in flat memory: counts in buckets of time, which become wider as the time grows longer.

import Pacing
import Provisioning

/// Counts requests by when they were sent; they may come in any order.
struct PaceChart {
  /// What was sent in one bucket; throttled ones and those without an answer are part of `sent`.
  struct Counts: Hashable {
    var sent = 0
    var throttled = 0
    var unknown = 0

    static func += (left: inout Counts, right: Counts) {
      left.sent += right.sent
      left.throttled += right.throttled
      left.unknown += right.unknown
    }
  }

  /// The buckets of a sitting, without holes.
  struct Sitting: Hashable {
    /// How long a bucket is.
    var bucketSeconds: Int64
    /// When the first begins, in seconds since the epoch.
    var start: Int64
    var counts: [Counts]
    /// What was sent before this sitting.
    var earlierCount: Int

    /// When the first begins.
    var startInstant: Instant { Instant(microseconds: start * 1_000_000) }
  }

  /// How long a batch waited, and how often it was at work.
  struct Waiting: Hashable {
    /// The sum of the waits between the times at work.
    var duration: Duration
    var workCount: Int
  }

  /// The chart has so many buckets at most.
  static let mostBuckets = 600
  /// After so long without a request a new sitting begins: a longer wait ends a run (`--max-wait`), unless it is told to
  /// wait longer.
  static let sittingGap: Int64 = 15 * 60
  /// So many buckets are held at most; a sitting is cut out of them.
  private static let mostHeld = 4_096

  private var buckets: [Int64: Counts] = [:]
  private var bucketSeconds: Int64 = 1

  /// Counts a request; its outcome is nil while it is under way.
  mutating func add(sentAt start: Instant, _ outcome: Outcome.Kind?) {
    let second = start.microseconds.flooredQuotient(1_000_000)
    buckets[second.flooredQuotient(bucketSeconds), default: Counts()] += Counts(
      sent: 1, throttled: outcome?.holdsKey == true ? 1 : 0, unknown: outcome?.isDefinite == false ? 1 : 0)
    if buckets.count > Self.mostHeld {
      buckets = Self.merged(buckets, by: 2)
      bucketSeconds *= 2
    }
  }

  /// The last sitting; nil when nothing was sent. A roster that is run every night for a term would be a flat line with a
  /// needle a night: only the last time that it was at work is drawn.
  func lastSitting() -> Sitting? {
    let places = buckets.keys.sorted()
    guard let last = places.last else { return nil }
    let firstIndex = places.indices.dropFirst().last { places[$0] - places[$0 - 1] > mostEmpty } ?? 0
    let earlier = places[..<firstIndex].reduce(0) { $0 + (buckets[$1]?.sent ?? 0) }
    var factor: Int64 = 1
    func width() -> Int64 { last.flooredQuotient(factor) - places[firstIndex].flooredQuotient(factor) + 1 }
    while width() > Self.mostBuckets { factor *= 2 }
    let merged = Self.merged(buckets.filter { $0.key >= places[firstIndex] }, by: factor)
    let first = places[firstIndex].flooredQuotient(factor)
    return Sitting(
      bucketSeconds: bucketSeconds * factor, start: first * bucketSeconds * factor,
      counts: (0..<width()).map { merged[first + $0] ?? Counts() }, earlierCount: earlier)
  }

  /// The waits between sittings, and from the last request to `end` if that is as long; nil when there is no such wait. A
  /// row that is settled so late by the service's list was worked on then.
  func waiting(until end: Instant) -> Waiting? {
    let places = buckets.keys.sorted()
    guard let last = places.last else { return nil }
    let finish = max(last, end.microseconds.flooredQuotient(1_000_000).flooredQuotient(bucketSeconds))
    let waits = zip(places, places.dropFirst() + [finish]).map { $1 - $0 }.filter { $0 > mostEmpty }
    guard !waits.isEmpty else { return nil }
    let seconds = waits.reduce(0, +) * bucketSeconds
    return Waiting(duration: .seconds(seconds), workCount: waits.count + 1)
  }

  /// So many buckets apart are two requests of one sitting at most.
  private var mostEmpty: Int64 { max(2, Self.sittingGap / bucketSeconds) }

  private static func merged(_ buckets: [Int64: Counts], by factor: Int64) -> [Int64: Counts] {
    buckets.reduce(into: [:]) { $0[$1.key.flooredQuotient(factor), default: Counts()] += $1.value }
  }
}
