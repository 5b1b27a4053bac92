// The API gateway in front of the forest: method, path, signature, clock, rate.

import DataForest
import Foundation
import Pacing

/// What the gateway keeps from request to request.
struct Gateway {
  /// A clock this far off is refused.
  static let largestClockSkew = Duration.seconds(300)
  /// The largest body.
  static let largestBody = 1 << 20

  private var rate = QuotaState()
  private var firstAt: Instant?
  /// The limit at the last request.
  private var quota: Quota?

  /// The operation that a path names, for example `aiworkspaces/create`; nil for any other path.
  static func operation(of path: String) -> String? {
    let prefix = Endpoint.prefix + "/"
    let operation = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : ""
    return Forest.operations.contains(operation) ? operation : nil
  }

  /// What the gateway refuses, by its clock, which may be off; nil lets the request through. Who it is comes before how much
  /// it asks.
  mutating func refusal(
    of request: SandboxRequest, under configuration: SandboxConfiguration, at now: Instant, clock: Instant
  ) -> SandboxReply? {
    if request.isMisdirected { return HostCheck.refusal }
    let contentType = request.headers["content-type"]
    // Before the signature: whoever sends forms is told what is wrong with them.
    if let contentType, !MediaCheck.isJSON(contentType) { return MediaCheck.refusal }
    if let refusal = Self.signatureRefusal(of: request, configuration.credentials, at: clock) { return refusal }
    if let throttle = throttle(under: configuration, at: now) { return throttle }
    guard Self.operation(of: request.path) != nil, !configuration.isRetired else {
      return .gateway(404, 300, "Not Found Exception", "URL not found.")
    }
    guard request.method == "POST" else {
      return .gateway(405, 100, "Bad Request Exception", "The method \(request.method) is not allowed.")
    }
    guard contentType != nil else { return MediaCheck.refusal }
    guard !request.isTooLarge, request.body.count <= Self.largestBody else {
      return .gateway(413, 430, "Request Entity Too Large", "The body is too large.")
    }
    return nil
  }

  private static func signatureRefusal(
    of request: SandboxRequest, _ credentials: Credentials, at now: Instant
  ) -> SandboxReply? {
    guard let timestamp = request.headers[Signature.timestampHeader], let milliseconds = Int64(timestamp),
      let key = request.headers[Signature.accessKeyHeader], let given = request.headers[Signature.signatureHeader]
    else { return .gateway(401, 200, "Authentication Failed", "Authentication information is missing.") }
    guard key == credentials.accessKey else {
      return .gateway(401, 210, "Permission Denied", "The access key is unknown.")
    }
    // A header may hold any number; the plain difference of the farthest ones would trap.
    let (skew, isTooFar) = (now.microseconds / 1_000).subtractingReportingOverflow(milliseconds)
    guard !isTooFar, skew.magnitude < largestClockSkew.microseconds / 1_000 else {
      return .gateway(401, 200, "Authentication Failed", "The timestamp is too far from the service's clock.")
    }
    let right = Signature.sign(method: request.method, path: request.path, timestamp: timestamp, with: credentials)
    guard right == given else {
      return .gateway(401, 200, "Authentication Failed", "Invalid authentication information.")
    }
    return nil
  }

  /// The limit that holds now.
  private mutating func limit(under configuration: SandboxConfiguration, at now: Instant) -> Quota? {
    let first = firstAt ?? now
    firstAt = first
    guard let limit = configuration.rateLimit else { return nil }
    let latest = configuration.rateChanges.last { now - first >= $0.after }
    return latest.map { Quota(rate: $0.rate, burst: limit.burst) } ?? limit
  }

  private mutating func throttle(under configuration: SandboxConfiguration, at now: Instant) -> SandboxReply? {
    guard let quota = limit(under: configuration, at: now) else { return nil }
    if let before = self.quota { rate = quota.rescaled(rate, from: before, at: now) }
    self.quota = quota
    let grant = quota.grant(upTo: 1, from: rate, at: now, within: .zero)
    rate = grant.state
    guard grant.starts.isEmpty else { return nil }
    var reply = SandboxReply.gateway(429, 410, "Throttle Limited", "Too many requests.")
    if configuration.saysRetryAfter {
      reply.retryAfter = max(1, ((grant.next - now).microseconds + 999_999) / 1_000_000)
    }
    return reply
  }
}
