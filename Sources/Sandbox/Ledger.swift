// What really happened at the sandbox: the truth that tests and demos are held against.

import Pacing

/// The ledger, as `GET /sandbox/ledger` tells it.
package struct Ledger: Codable, Hashable, Sendable {
  /// A create that was carried out.
  package struct Create: Codable, Hashable, Sendable {
    /// The account.
    package let accountId: String
    /// The workspace's name.
    package let name: String
  }

  /// What came within one second.
  package struct Second: Codable, Hashable, Sendable {
    /// Seconds since 1970.
    package let second: Int64
    /// Requests that came, refused ones too.
    package internal(set) var requests = 0
    /// Those of them that were refused for coming too fast.
    package internal(set) var throttled = 0
  }

  /// How many seconds are kept.
  private static let mostSeconds = 3_600

  /// When the sandbox that keeps it was last started, RFC 3339; nil before that.
  package internal(set) var startedAt: String?
  /// Requests that came, refused ones too.
  package private(set) var requests = 0
  /// Requests by operation.
  package private(set) var requestsByOperation: [String: Int] = [:]
  /// Every create that was carried out, in order; a key that was made twice stands here twice.
  package private(set) var creates: [Create] = []
  /// Creates that were carried out, by `account/name`.
  package private(set) var createsPerKey: [String: Int] = [:]
  /// Requests for a create.
  package private(set) var createRequests = 0
  /// Requests for a create of a name that existed already: what must never be sent.
  package private(set) var createRequestsForExistingKey = 0
  /// Refusals by HTTP status and, after a slash, the gateway's code.
  package private(set) var refusals: [String: Int] = [:]
  /// Requests that were refused for coming too fast.
  package private(set) var throttled = 0
  /// The most requests that came within one second.
  package private(set) var worstOneSecondWindow = 0
  /// The most requests within one second that were not throttled.
  package private(set) var worstAcceptedWindow = 0
  /// The latest seconds in which requests came, in order.
  package var perSecond: [Second] { seconds ?? [] }
  /// Nil in the state files of older versions.
  private var seconds: [Second]?
  /// Members of create requests that the service does not know, by path.
  package private(set) var unknownFields: [String: Int] = [:]

  private enum CodingKeys: String, CodingKey {
    case startedAt, requests, requestsByOperation, creates, createsPerKey, createRequests, createRequestsForExistingKey
    case refusals, throttled, worstOneSecondWindow, worstAcceptedWindow, unknownFields
    case seconds = "perSecond"
  }

  private var window = SlidingWindow()
  private var acceptedWindow = SlidingWindow()

  /// Makes an empty ledger.
  package init() {}

  mutating func noteRequest(_ operation: String, at now: Instant) {
    requests += 1
    requestsByOperation[operation, default: 0] += 1
    worstOneSecondWindow = max(worstOneSecondWindow, window.count(with: now))
    let second = now.microseconds / 1_000_000
    var all = seconds ?? []
    // Emptied so that the array is not copied with every request.
    seconds = nil
    if all.last?.second != second {
      if all.count >= Self.mostSeconds * 2 { all.removeFirst(Self.mostSeconds) }
      all.append(Second(second: second))
    }
    all[all.count - 1].requests += 1
    seconds = all
  }

  mutating func noteAccepted(at now: Instant) {
    worstAcceptedWindow = max(worstAcceptedWindow, acceptedWindow.count(with: now))
  }

  mutating func noteReply(_ reply: SandboxReply) {
    guard reply.isRefusal else { return }
    let code = reply.gatewayCode.map { "/\($0)" } ?? ""
    refusals["\(reply.status)\(code)", default: 0] += 1
    guard reply.status == 429 else { return }
    throttled += 1
    if let last = seconds?.indices.last { seconds?[last].throttled += 1 }
  }

  mutating func noteCreateRequest(isForExistingKey: Bool) {
    createRequests += 1
    if isForExistingKey { createRequestsForExistingKey += 1 }
  }

  mutating func noteUnknown(_ path: String) { unknownFields[path, default: 0] += 1 }

  mutating func noteCreate(_ account: String, _ name: String) {
    creates.append(Create(accountId: account, name: name))
    createsPerKey["\(account)/\(name)", default: 0] += 1
  }
}

/// Counts what fell into the second that ends now.
private struct SlidingWindow: Hashable, Sendable {
  private var instants: [Instant] = []
  private var first = 0

  mutating func count(with now: Instant) -> Int {
    instants.append(now)
    while now - instants[first] >= .seconds(1) { first += 1 }
    if first > 4_096, first > instants.count / 2 {
      instants.removeFirst(first)
      first = 0
    }
    return instants.count - first
  }
}
