// What the sandbox answers, in the service's two shapes.

import Pacing
import Provisioning

/// A request as the sandbox sees it.
struct SandboxRequest: Hashable, Sendable {
  var method: String
  /// The path with the query, as it came.
  var path: String
  /// The headers, names in lower case.
  var headers: [String: String] = [:]
  var body: [UInt8] = []
  /// Whether the body was larger than anybody takes, so that it was not read.
  var isTooLarge = false
  /// Whether its Host header names somebody else.
  var isMisdirected = false
}

/// A reply of the sandbox.
struct SandboxReply: Hashable, Sendable {
  var status: Int
  /// The gateway's code, if it was the gateway that answered.
  var gatewayCode: Int?
  var body: JSONValue
  /// Seconds for a Retry-After header.
  var retryAfter: Int64?
  var delivery = Delivery.whole
  /// How its body is packed; nil when it is not.
  var coding: Coding?
  /// How large its message is made, in megabytes; 0 leaves it as it is.
  var megabytes = 0
  /// What is odd about its headers.
  var headerChanges: [HeaderChange] = []
  /// The service's time, for headers; nil when that is everybody's.
  var serviceTime: Instant?

  /// How a reply reaches the client, or does not.
  enum Delivery: Hashable, Sendable {
    /// As it is.
    case whole
    /// Only the first half of the body.
    case truncated
    /// As XML instead of JSON.
    case xml
    /// As a web page with this title, from something between.
    case page(String)
    /// Not at all: the connection closes.
    case dropped
    /// Not for ten minutes, then the connection closes.
    case hung
  }

  /// Whether it reaches anybody.
  var isDelivered: Bool { delivery != .dropped && delivery != .hung }

  /// Whether it says no.
  var isRefusal: Bool { status >= 400 || body[key: "success"] == .bool(false) }

  /// A Data Forest success with members beside `success`.
  static func success(_ members: [String: JSONValue]) -> SandboxReply {
    let all = members.merging(["success": .bool(true), "message": .string("success")]) { own, _ in own }
    return SandboxReply(status: 200, body: .object(all))
  }

  /// A Data Forest refusal.
  static func refusal(_ status: Int, _ message: String) -> SandboxReply {
    SandboxReply(status: status, body: .object(["success": .bool(false), "message": .string(message)]))
  }

  /// The refusal of a request that is not in the form of its operation.
  static let invalid = refusal(400, "invalid request parameters")
  /// The refusal of a request for something that is not there.
  static let missing = refusal(404, "no such element")

  /// An answer of the gateway in front.
  static func gateway(_ status: Int, _ code: Int, _ message: String, _ details: String) -> SandboxReply {
    let error = JSONValue.object([
      "errorCode": .string(String(code)), "message": .string(message), "details": .string(details),
    ])
    return SandboxReply(status: status, gatewayCode: code, body: .object(["error": error]))
  }
}
