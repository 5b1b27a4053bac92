// The body of a reply of Data Forest or of the gateway in front of it, as far as it can be read.

import Foundation
import Provisioning
package import Wire

extension Reply {
  /// The service's id of the request: the gateway's, else the trace.
  package var requestID: String? { headers["x-ncp-apigw-request-id"] ?? headers["x-ncp-trace-id"] }
}

/// The body of a reply, as far as it can be read.
enum Envelope {
  /// Data Forest's own shape: it has `success`.
  case dataForest(success: Bool, message: String?, members: JSONBody)
  /// The API gateway's shape: it has `error` with a code.
  case gateway(code: Int, message: String?)
  /// Nothing.
  case empty
  /// JSON that was cut off, or is none: it may be the service's own.
  case broken
  /// Anything else: a page, XML, JSON of another shape. Something between here and the service wrote it.
  case foreign

  /// Whether a refusal may be one of the signature: of the gateway's codes 210 is that of a key without permission.
  var mayRefuseSignature: Bool {
    switch self {
    case .gateway(let code, _): code != 210
    case .dataForest: true
    case .empty, .broken, .foreign: false
    }
  }

  init(_ body: [UInt8]) {
    guard let members = JSONBody(body) else {
      let start = body.first { !" \t\r\n".utf8.contains($0) }
      self = start.map { $0 == UInt8(ascii: "{") ? .broken : .foreign } ?? .empty
      return
    }
    if let success = members.bool("success") {
      self = .dataForest(success: success, message: members.string("message"), members: members)
    } else if let error = members.object("error"),
      let code = error.integer("errorCode") ?? error.string("errorCode").flatMap({ Int($0) })
    {
      self = .gateway(code: code, message: error.string("details") ?? error.string("message"))
    } else {
      self = .foreign
    }
  }
}

/// A JSON object of a reply. Unknown members are ignored, and so is a member of another type than asked for.
struct JSONBody {
  private let members: [String: Any]

  init?(_ body: [UInt8]) {
    if let plain = Self.plainMembers(of: body) {
      members = plain
      return
    }
    guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return nil }
    members = object
  }

  private init(_ members: [String: Any]) { self.members = members }

  /// The members of the usual answer, texts and truth values in ASCII; nil for all others, for the parser of the system to
  /// read.
  private static func plainMembers(of body: [UInt8]) -> [String: Any]? {
    guard body.allSatisfy({ $0 < 0x80 }),
      case .object(let members)? = JSONValue.scanned(String(decoding: body, as: UTF8.self))
    else { return nil }
    var plain: [String: Any] = [:]
    for (key, value) in members {
      switch value {
      case .string(let text): plain[key] = text
      case .bool(let flag): plain[key] = flag
      default: return nil
      }
    }
    return plain
  }

  func string(_ key: String) -> String? { members[key] as? String }
  func integer(_ key: String) -> Int? { members[key] as? Int }
  /// Its members that are lists of texts.
  var lists: [(String, [String])] { members.compactMap { key, value in (value as? [String]).map { (key, $0) } } }
  func bool(_ key: String) -> Bool? { members[key] as? Bool }
  func object(_ key: String) -> JSONBody? { (members[key] as? [String: Any]).map(JSONBody.init) }
  func objects(_ key: String) -> [JSONBody]? { (members[key] as? [[String: Any]])?.map(JSONBody.init) }
}
