// Durations as people write them on the command line and read them in messages.

extension Duration {
  private static let units: [(suffix: String, unit: Duration)] = [
    ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)),
  ]

  private static let longestRead = Duration.seconds(10_000 * 3_600)

  /// Reads `500ms`, `30s`, `5m` or `2h`; nil for anything else, a sign, or more than 10,000 hours.
  package init?(text: String) {
    guard let (suffix, unit) = Self.units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
    let number = text.dropLast(suffix.count)
    // `Int` reads `+5` and `-0` too.
    guard let count = Int(number), number.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
      count <= Int(Self.longestRead / unit)
    else { return nil }
    self = unit * count
  }

  /// The duration for a message, to two units at most: `850 ms`, `41 s`, `2 min 5 s`, `3 h 10 min`.
  package var displayText: String {
    let milliseconds = max(0, microseconds) / 1_000
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    let seconds = (milliseconds + 500) / 1_000
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3_600: return joined(seconds / 60, "min", seconds % 60, "s")
    case ..<86_400: return joined(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
    default: return joined(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
    }
  }

  /// The duration for what lies ahead, of which less than a second is no news: `1 s`, `2 min 5 s`.
  package var forecastText: String { max(.seconds(1), self).displayText }

  private func joined(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
  }
}
