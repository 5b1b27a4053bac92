// When a service wants us back, whichever header says it and in whatever form:
//
//   12 · 1.5 · +3 · "30" · 60, 120           seconds; of several the most
//   1700000060 · …000 · …000000             an instant: seconds, milliseconds or microseconds since the epoch
//   Tue, 14 Nov 2023 22:14:20 GMT           a date in one of the forms of RFC 9110 §5.6.7
//   Tuesday, 14-Nov-23 22:14:20 GMT
//   Tue Nov 14 22:14:20 2023
//   2023-11-14T22:14:20Z                    a date of RFC 3339, which some services write

import Foundation
package import Pacing

/// A wait that a service asked for, in a form that can be relied on.
package struct ComeBack: Hashable, Sendable {
  /// The longest wait that one header can bring about.
  package static let longest = Duration.seconds(3_600)
  /// A number of seconds above this is an instant or makes no sense.
  private static let mostPlausible = Duration.seconds(31 * 86_400)
  /// A service's clock that is farther from ours than this is no clock.
  private static let farOff = Duration.seconds(86_400)

  /// How long to wait: more than zero, at most `longest`.
  package let wait: Duration
  /// What was asked for, where that is more than is waited; nil otherwise.
  package let asked: Duration?

  /// Reads a header's value; nil when it asks for nothing (zero, negative, in the past) or makes no sense, so that the
  /// caller's own backoff takes its place.
  ///
  /// - Parameters:
  ///   - now: our time.
  ///   - serviceTime: the service's time, which instants and dates are meant by; nil when it does not tell.
  package init?(_ text: String, at now: Instant, serviceTime: Instant? = nil) {
    // A service, or a proxy before it, whose own clock is a day off means ours.
    let isNear = serviceTime.map { abs(($0 - now).microseconds) < Self.farOff.microseconds } ?? false
    let time = isNear ? serviceTime ?? now : now
    guard let asked = Self.asked(Self.bare(text), at: time), asked > .zero else { return nil }
    wait = min(asked, Self.longest)
    self.asked = asked > Self.longest ? asked : nil
  }

  /// Reads a number of milliseconds; nil as above.
  package init?(milliseconds text: String, at now: Instant) {
    guard let number = Self.seconds(Self.bare(text)), number <= Self.mostPlausible.seconds * 1_000 else { return nil }
    self.init("\(Int64(number) / 1_000).\(String(Int64(number) % 1_000 + 1_000).dropFirst())", at: now)
  }

  /// Without quotes, blanks and a plus sign; of values that a proxy has joined, `"60", "120"`, the largest.
  private static func bare(_ text: String) -> String {
    let around = CharacterSet.whitespacesAndNewlines.union(["\""])
    let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: around) }
      .map { $0.hasPrefix("+") ? String($0.dropFirst()) : $0 }
    let numbers = parts.compactMap { part in seconds(part).map { (part, $0) } }
    guard numbers.count == parts.count, let largest = numbers.max(by: { $0.1 < $1.1 }) else {
      return text.trimmingCharacters(in: around)
    }
    return largest.0
  }

  private static func asked(_ text: String, at now: Instant) -> Duration? {
    if let seconds = seconds(text) {
      guard seconds > mostPlausible.seconds else { return .microseconds(Int64((seconds * 1_000_000).rounded())) }
      return instants(seconds).map { $0 - now }.first { $0 <= mostPlausible && $0 >= .zero - mostPlausible }
    }
    return (Instant(httpDate: text) ?? Instant(rfc3339: text)).map { $0 - now }
  }

  /// Digits, perhaps with a fraction; nil for anything else, such as a sign, an exponent, or `inf`.
  private static func seconds(_ text: String) -> Double? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let areDigits = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    guard (1...2).contains(parts.count), areDigits, let number = Double(text), number.isFinite else { return nil }
    return number
  }

  /// The instants that a number of seconds, milliseconds or microseconds since the epoch may mean.
  private static func instants(_ number: Double) -> [Instant] {
    [1_000_000, 1_000, 1].compactMap { factor in
      Int64(exactly: (number * factor).rounded()).map(Instant.init(microseconds:))
    }
  }
}
