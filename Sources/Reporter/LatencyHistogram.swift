// Durations in flat memory: counts of values in buckets that grow with the value, as HdrHistogram has them.

import Foundation
import Pacing

/// Counts durations; gives percentiles to within 1 in 128.
struct LatencyHistogram {
  /// Values up to 2^7 µs have a bucket each; from there on each power of two is cut into 2^7 buckets:
  ///
  ///   bucket = (e − 7 + 1) · 2^7 + (v >> (e − 7)) − 2^7      v the value in µs, e the place of its highest bit
  private static let precision = 7
  private var counts = [Int](repeating: 0, count: (64 - precision) << precision)
  /// How many were counted.
  private(set) var count = 0
  private var smallest = Int64.max
  private var largest = Int64.min

  /// Counts a duration; one below zero, which only a clock that was set back makes, counts as zero.
  mutating func add(_ duration: Duration) {
    let value = max(0, duration.microseconds)
    counts[Self.bucket(of: value)] += 1
    count += 1
    smallest = min(smallest, value)
    largest = max(largest, value)
  }

  private static func bucket(of value: Int64) -> Int {
    let exponent = 63 - max(1, value).leadingZeroBitCount
    guard exponent >= precision else { return Int(value) }
    return (exponent - precision) << precision + Int(value >> Int64(exponent - precision))
  }

  /// The middle of a bucket, in µs.
  private static func middle(of bucket: Int) -> Int64 {
    guard bucket >= 2 << precision else { return Int64(bucket) }
    let shift = Int64(bucket >> precision - 1)
    let mantissa = Int64(bucket & (1 << precision - 1) | 1 << precision)
    return mantissa << shift + 1 << (shift - 1)
  }

  /// The value that a share of all lies at or below, by nearest rank; at most 1 in 128 off. Nil when nothing was counted.
  func percentile(_ share: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = max(1, Int((share * Double(count)).rounded(.up)))
    if rank >= count { return .microseconds(largest) }
    var seen = 0
    for (bucket, number) in counts.enumerated() where number > 0 {
      seen += number
      if seen >= rank { return .microseconds(min(largest, max(smallest, Self.middle(of: bucket)))) }
    }
    return .microseconds(largest)
  }

  /// The percentiles that the files name; nil when nothing was counted.
  var percentiles: Percentiles? {
    guard let p50 = percentile(0.5), let p90 = percentile(0.9), let p99 = percentile(0.99) else { return nil }
    return Percentiles(
      count: count, p50: p50.seconds, p90: p90.seconds, p99: p99.seconds,
      max: Duration.microseconds(largest).seconds)
  }
}

extension LatencyHistogram {
  /// A bar of the chart: so many values up to a bound, in seconds, and over the bar's before.
  struct Bin: Hashable {
    let upTo: Double
    var count: Int
  }

  /// Bars from the smallest value to the largest, each by the same factor wider than the one before; at least two, and
  /// empty when nothing was counted.
  func bins(atMost most: Int = 24) -> [Bin] {
    guard count > 0 else { return [] }
    // Bounds are 2^(i / steps): as many steps to a power of two as there is room for.
    let (low, high) = (log2(Double(max(1, smallest))), log2(Double(max(1, largest))))
    let steps = [16.0, 8, 4, 2, 1, 0.5].first { (high - low) * $0 + 2 <= Double(most) } ?? 0.25
    let last = Int((high * steps).rounded(.up))
    let first = min(last - 1, Int((low * steps).rounded(.up)))
    var bins = (first...last).map { Bin(upTo: exp2(Double($0) / steps) / 1_000_000, count: 0) }
    for (bucket, number) in counts.enumerated() where number > 0 {
      let value = Double(max(1, min(largest, max(smallest, Self.middle(of: bucket)))))
      bins[min(last, max(first, Int((log2(value) * steps).rounded(.up)))) - first].count += number
    }
    return bins
  }
}
