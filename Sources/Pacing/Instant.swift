// Points in time as the whole product writes them: whole microseconds since the epoch, in Swift and in SQL alike.
// Whole milliseconds would turn a quota of 300/s into 333/s.

/// A point in time in whole microseconds since 1970-01-01T00:00:00Z, by the wall clock.
package struct Instant: Hashable, Comparable, Sendable {
  /// As instants stand in the database.
  package var microseconds: Int64

  /// What a stored instant can be, in microseconds: thousands of years, the end of which can still be added to.
  package static let sound: ClosedRange<Int64> = -4_000_000_000_000_000...400_000_000_000_000_000

  /// Makes an instant from microseconds since the epoch.
  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// Orders by time.
  package static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

  /// The instant that is `duration` later; it stops at the ends of the range instead of trapping.
  package static func + (instant: Instant, duration: Duration) -> Instant {
    let (sum, overflow) = instant.microseconds.addingReportingOverflow(duration.microseconds)
    guard overflow else { return Instant(microseconds: sum) }
    return Instant(microseconds: duration.microseconds > 0 ? .max : .min)
  }

  /// The instant that is `duration` earlier.
  package static func - (instant: Instant, duration: Duration) -> Instant { instant + (.zero - duration) }

  /// The time from `right` to `left`; negative when `left` is earlier.
  package static func - (left: Instant, right: Instant) -> Duration {
    .microseconds(left.microseconds) - .microseconds(right.microseconds)
  }
}

extension Int64 {
  /// The quotient rounded down, also for times before the epoch.
  package func flooredQuotient(_ divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension Duration {
  /// The duration in whole microseconds, cut towards zero; the ends of the range where it does not fit.
  package var microseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    guard !tooLong && !overflow else { return seconds > 0 ? .max : .min }
    return sum
  }

  /// The duration in seconds, for people and for ratios; never for deciding when to act.
  package var seconds: Double { Double(microseconds) / 1_000_000 }
}
