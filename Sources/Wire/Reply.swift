// What came back from the service, before it means anything.

import Foundation
package import Pacing

/// A reply as it came.
package struct Reply: Hashable, Sendable {
  /// The HTTP status.
  package var status: Int
  /// The headers, names in lower case; of several equal ones the first.
  package var headers: [String: String]
  /// The body, which may be JSON of two shapes, XML, HTML or nothing.
  package var body: [UInt8]

  /// Makes a reply.
  package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// How long the service asks to wait (RFC 9110 §10.2.3): seconds, or a date, which is meant by the service's own clock;
  /// nil when it does not say.
  ///
  /// - Parameter now: our time, for a reply that does not tell its own.
  package func retryAfter(at now: Instant) -> Duration? {
    guard let text = headers["retry-after"]?.trimmingCharacters(in: .whitespaces) else { return nil }
    if let seconds = Int64(text), seconds >= 0 { return .seconds(min(seconds, 86_400 * 366)) }
    return Self.instant(text).map { max(.zero, $0 - (date ?? now)) }
  }

  /// The service's time, to the second (RFC 9110 §6.6.1); nil when it does not say.
  package var date: Instant? { headers["date"].flatMap(Self.instant) }

  private static func instant(_ text: String) -> Instant? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return formatter.date(from: text).map { Instant(microseconds: Int64($0.timeIntervalSince1970) * 1_000_000) }
  }
}
