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
  package private(set) var perSecond: [Second] = []
  /// Members of create requests that the service does not know, by path.
  package private(set) var unknownFields: [String: Int] = [:]
  /// What went wrong on purpose, by the fault's name.
  package private(set) var faults: [String: Int] = [:]
  /// Workspaces that somebody else removed, by `account/name`.
  package private(set) var vanished: [String: Int] = [:]

  /// All but the windows.
  private enum CodingKeys: CodingKey {
    case startedAt, requests, requestsByOperation, creates, createsPerKey, createRequests, createRequestsForExistingKey
    case refusals, throttled, worstOneSecondWindow, worstAcceptedWindow, unknownFields, perSecond, faults, vanished
  }

  private var window = SlidingWindow()
  private var acceptedWindow = SlidingWindow()

  /// Makes an empty ledger.
  package init() {}

  /// Notes what changed.
  mutating func note(_ change: Change) {
    let at = Instant(microseconds: change.at)
    if let request = change.request {
      noteRequest(request.operation, at: at)
      if request.status != 429 { worstAcceptedWindow = max(worstAcceptedWindow, acceptedWindow.count(with: at)) }
      noteReply(request)
      if let isForExistingKey = request.isForExistingKey {
        createRequests += 1
        if isForExistingKey { createRequestsForExistingKey += 1 }
      }
      for path in request.unknownPaths ?? [] { unknownFields[path, default: 0] += 1 }
    }
    if case .made(let workspace, _) = change.effect {
      creates.append(Create(accountId: workspace.accountId, name: workspace.name))
      createsPerKey["\(workspace.accountId)/\(workspace.name)", default: 0] += 1
    }
    for name in change.faults ?? [] { faults[name, default: 0] += 1 }
    if let key = change.vanishedKey { vanished[key, default: 0] += 1 }
  }

  /// Whether its numbers are ones that can be counted on from.
  var isPlausible: Bool {
    let numbers =
      [requests, createRequests, createRequestsForExistingKey, throttled, worstOneSecondWindow, worstAcceptedWindow]
      + [requestsByOperation, createsPerKey, refusals, unknownFields, faults, vanished].flatMap(\.values)
      + perSecond.flatMap { [$0.requests, $0.throttled] }
    return numbers.allSatisfy((0...1 << 53).contains)
  }

  /// Begins the windows anew: nothing of before a restart falls into the same second.
  mutating func forgetWindows() { (window, acceptedWindow) = (SlidingWindow(), SlidingWindow()) }

  private mutating func noteRequest(_ operation: String, at now: Instant) {
    requests += 1
    requestsByOperation[operation, default: 0] += 1
    worstOneSecondWindow = max(worstOneSecondWindow, window.count(with: now))
    let second = now.microseconds / 1_000_000
    if perSecond.last?.second != second {
      if perSecond.count >= Self.mostSeconds * 2 { perSecond.removeFirst(Self.mostSeconds) }
      perSecond.append(Second(second: second))
    }
    perSecond[perSecond.count - 1].requests += 1
  }

  private mutating func noteReply(_ request: Change.Request) {
    guard request.isRefusal else { return }
    let code = request.code.map { "/\($0)" } ?? ""
    refusals["\(request.status)\(code)", default: 0] += 1
    guard request.status == 429 else { return }
    throttled += 1
    if let last = perSecond.indices.last { perSecond[last].throttled += 1 }
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
