// A rate as people write it, `10/s` or `500/day`.

/// So many permits a period, for example 10 a second.
package struct Rate: Hashable, Sendable, CustomStringConvertible {
  /// The periods that a rate can be given in.
  package enum Period: String, CaseIterable, Sendable {
    case second = "s"
    case minute = "m"
    case hour = "h"
    case day

    /// How long the period is.
    package var duration: Duration {
      switch self {
      case .second: .seconds(1)
      case .minute: .seconds(60)
      case .hour: .seconds(3_600)
      case .day: .seconds(86_400)
      }
    }
  }

  /// The largest count a rate may name: one permit a microsecond is the finest that instants can tell apart.
  package static let largestCount = 1_000_000

  /// Permits in each period, 1 to `largestCount`.
  package var count: Int
  /// The period.
  package var period: Period

  /// Makes a rate of `count` permits a `period`; nil unless `count` is 1 to `largestCount`.
  package init?(_ count: Int, per period: Period) {
    guard (1...Self.largestCount).contains(count) else { return nil }
    self.init(count: count, period: period)
  }

  private init(count: Int, period: Period) {
    self.count = count
    self.period = period
  }

  /// The rate until anything better is known: the service publishes no limit, and this does 120 rows a minute.
  package static let untilLearned = Rate(count: 2, period: .second)

  /// Reads `N/s`, `N/m`, `N/h` or `N/day` with N a whole number; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    // `Int` reads `+5` too.
    guard parts.count == 2, !parts[0].hasPrefix("+"), let count = Int(parts[0]),
      let period = Period(rawValue: String(parts[1]))
    else { return nil }
    self.init(count, per: period)
  }

  /// The time from one permit to the next, rounded up so that the rate is never exceeded by the rounding.
  package var interval: Duration {
    let microseconds = period.duration.microseconds
    return .microseconds((microseconds + Int64(count) - 1) / Int64(count))
  }

  /// Permits a second, for forecasts and for people.
  package var perSecond: Double { Double(count) / period.duration.seconds }

  /// The rate for people, by the second and, below one a second, by the minute: `48/s`, `8.3/s`, `30/m`. One that that
  /// would round, such as `100/m`, is told as it is written, and so are those of an hour and a day.
  package var displayText: String {
    guard period == .second || period == .minute else { return description }
    let isRound = perSecond < 1 || perSecond * 10 == (perSecond * 10).rounded()
    return isRound || count >= 1_000 ? Self.text(perSecond: perSecond) : description
  }

  /// A pace that was learned or measured, for people: `48/s`, `8.3/s`, `30/m`, `12/h`.
  ///
  /// - Parameter other: the pace that it stands beside, also by the second; it is told in the same unit.
  package static func text(perSecond: Double, beside other: Double? = nil) -> String {
    let units: [(name: String, perSecond: Double)] = [("s", 1), ("m", 60), ("h", 3_600), ("day", 86_400)]
    let leading = other ?? perSecond
    let unit = units.first { leading * $0.perSecond >= 1 } ?? (leading > 0 ? units[3] : units[0])
    let tenths = (perSecond * unit.perSecond * 10).rounded() / 10
    let number = tenths >= 10 || tenths == tenths.rounded() ? "\(Int(tenths.rounded()))" : "\(tenths)"
    return "\(number)/\(unit.name)"
  }

  /// The rate as it is written: `10/s`.
  package var description: String { "\(count)/\(period.rawValue)" }
}
