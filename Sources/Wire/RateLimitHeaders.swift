// What a service tells of its limit beside an answer. Nothing is promised here, so whatever can be read is taken:
//
//   RateLimit: "default";r=0;t=30                         the draft of the IETF's HTTPAPI group since 2024
//   RateLimit: limit=100, remaining=0, reset=30           the drafts before it
//   RateLimit-Remaining, RateLimit-Reset                  the first drafts
//   X-RateLimit-Remaining, X-RateLimit-Reset              what came before them all; the reset in seconds, or since the
//   X-Rate-Limit-…                                        epoch in seconds or milliseconds

import Foundation
package import Pacing

/// A limit as a reply tells it.
package struct RateLimitHeaders {
  /// How much is left.
  package let remaining: Int
  /// How long until there is more.
  package let reset: Duration

  /// Reads a reply's headers; nil when they do not tell both.
  package init?(_ reply: Reply, at now: Instant) {
    let pair = Self.combined(reply.headers["ratelimit"]) ?? Self.separate(reply.headers)
    guard let (remaining, reset) = pair, remaining >= 0, reset >= 0 else { return nil }
    self.remaining = remaining
    self.reset = Self.duration(reset, at: reply.date ?? now)
  }

  private static func combined(_ text: String?) -> (Int, Double)? {
    guard let text else { return nil }
    var values: [String: String] = [:]
    for part in text.split(whereSeparator: { $0 == ";" || $0 == "," }) {
      let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if sides.count == 2 { values[sides[0].lowercased()] = sides[1] }
    }
    return pair(values["r"] ?? values["remaining"], values["t"] ?? values["reset"])
  }

  private static func separate(_ headers: [String: String]) -> (Int, Double)? {
    for prefix in ["ratelimit-", "x-ratelimit-", "x-rate-limit-"] {
      if let found = pair(headers[prefix + "remaining"], headers[prefix + "reset"]) { return found }
    }
    return nil
  }

  private static func pair(_ remaining: String?, _ reset: String?) -> (Int, Double)? {
    guard let remaining = remaining.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) }),
      let reset = reset.flatMap({ Double($0.trimmingCharacters(in: .whitespaces)) }), reset.isFinite
    else { return nil }
    return (remaining, reset)
  }

  /// A large number is an instant, not a stretch of time.
  private static func duration(_ reset: Double, at now: Instant) -> Duration {
    let seconds = Double(now.microseconds) / 1_000_000
    let left = reset > 1e11 ? reset / 1_000 - seconds : reset > 1e8 ? reset - seconds : reset
    return .seconds(min(max(0, left), 366 * 86_400))
  }
}
