// What a service reports of its limit beside an answer. Nothing is promised here, so whatever can be read is taken:
//
//   RateLimit: "default";r=0;t=30                         the draft of the IETF's HTTPAPI group since 2024
//   RateLimit: limit=100, remaining=0, reset=30           the drafts before it
//   RateLimit-Remaining, RateLimit-Reset                  the first drafts
//   X-RateLimit-Remaining, X-RateLimit-Reset              what came before them all; the reset in seconds, or since the
//   X-Rate-Limit-…                                        epoch in seconds or milliseconds

import Foundation
package import Pacing

/// A limit as a reply reports it.
package struct RateLimitHeaders {
  /// How much is left; nil when the reply does not report it.
  package let remaining: Int?
  /// When there is more; nil when the reply reports nothing that makes sense.
  package let reset: ComeBack?

  /// Reads a reply's headers; nil when they tell nothing of a limit.
  package init?(_ reply: Reply, at now: Instant) {
    guard let (remaining, reset) = Self.combined(reply.headers["ratelimit"]) ?? Self.separate(reply.headers) else {
      return nil
    }
    self.remaining = remaining.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }.flatMap { $0 < 0 ? nil : $0 }
    self.reset = reset.flatMap { ComeBack($0, at: now, serviceTime: reply.date) }
    if self.remaining == nil, self.reset == nil { return nil }
  }

  private static func combined(_ text: String?) -> (String?, String?)? {
    guard let text else { return nil }
    var values: [String: String] = [:]
    for part in text.split(whereSeparator: { $0 == ";" || $0 == "," }) {
      let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if sides.count == 2 { values[sides[0].lowercased()] = sides[1] }
    }
    return pair(values["r"] ?? values["remaining"], values["t"] ?? values["reset"])
  }

  private static func separate(_ headers: [String: String]) -> (String?, String?)? {
    for prefix in ["ratelimit-", "x-ratelimit-", "x-rate-limit-"] {
      if let found = pair(headers[prefix + "remaining"], headers[prefix + "reset"]) { return found }
    }
    return nil
  }

  private static func pair(_ remaining: String?, _ reset: String?) -> (String?, String?)? {
    remaining == nil && reset == nil ? nil : (remaining, reset)
  }
}
