// What came back from the service, before it means anything.

import Foundation
package import Pacing
import Provisioning

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

  /// The service's id of the request: the gateway's, else the trace.
  package var requestID: String? { headers["x-ncp-apigw-request-id"] ?? headers["x-ncp-trace-id"] }

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

/// The body of a reply, as far as it can be read.
enum Envelope {
  /// Data Forest's own shape: it has `success`.
  case dataForest(success: Bool, message: String?, members: JSONBody)
  /// The API gateway's shape: it has `error` with a code.
  case gateway(code: Int?, message: String?)
  /// Anything else: XML, HTML, nothing, JSON of another shape.
  case unreadable

  init(_ body: [UInt8]) {
    guard let members = JSONBody(body) else {
      self = .unreadable
      return
    }
    if let success = members.bool("success") {
      self = .dataForest(success: success, message: members.string("message"), members: members)
    } else if let error = members.object("error") {
      let code = error.integer("errorCode") ?? error.string("errorCode").flatMap { Int($0) }
      self = .gateway(code: code, message: error.string("details") ?? error.string("message"))
    } else {
      self = .unreadable
    }
  }
}

/// A JSON object of a reply. Unknown members are ignored, and so is a member of another type than asked for.
struct JSONBody {
  private let members: [String: Any]

  init?(_ body: [UInt8]) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return nil }
    members = object
  }

  private init(_ members: [String: Any]) { self.members = members }

  func string(_ key: String) -> String? { members[key] as? String }
  func integer(_ key: String) -> Int? { members[key] as? Int }
  /// Its members that are lists of texts.
  var lists: [(String, [String])] { members.compactMap { key, value in (value as? [String]).map { (key, $0) } } }
  func bool(_ key: String) -> Bool? { members[key] as? Bool }
  func object(_ key: String) -> JSONBody? { (members[key] as? [String: Any]).map(JSONBody.init) }
  func objects(_ key: String) -> [JSONBody]? { (members[key] as? [[String: Any]])?.map(JSONBody.init) }
}
