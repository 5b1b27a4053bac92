// What came back from the service, before it means anything.

package import Pacing

/// A reply as it came.
package struct Reply: Hashable, Sendable {
  /// The HTTP status.
  package var status: Int
  /// The headers, names in lower case; of several equal ones the first.
  package var headers: [String: String]
  /// The body, which may be JSON of two shapes, XML, HTML or nothing.
  package var body: [UInt8]
  /// Whether the body is only the beginning of a longer one, the rest of which was not read.
  package var isCut: Bool

  /// Makes a reply.
  package init(status: Int, headers: [String: String] = [:], body: [UInt8] = [], isCut: Bool = false) {
    self.status = status
    self.headers = headers
    self.body = body
    self.isCut = isCut
  }

  /// How long the service asks to wait (RFC 9110 §10.2.3), by its own time where it tells that, else by ours; nil when it
  /// does not say, or says nothing that makes sense.
  package func retryAfter(at now: Instant) -> ComeBack? {
    // What some services write beside it, more exactly.
    for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
      if let comeBack = headers[name].flatMap({ ComeBack(milliseconds: $0, at: now) }) { return comeBack }
    }
    return headers["retry-after"].flatMap { ComeBack($0, at: now, serviceTime: date) }
  }

  /// The service's time, to the second (RFC 9110 §6.6.1); nil when it does not say.
  package var date: Instant? { headers["date"].flatMap(Instant.init(httpDate:)) }
}
