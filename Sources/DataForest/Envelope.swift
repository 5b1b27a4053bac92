// The body of a reply of Data Forest or of the gateway in front of it, as far as it can be read.

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
  private let members: [String: JSONValue]

  init?(_ body: [UInt8]) {
    guard case .success(let value) = Result(catching: { try JSONParser.value(of: body, .reply) }) else { return nil }
    self.init(value)
  }

  private init?(_ value: JSONValue) {
    guard case .object(let members) = value else { return nil }
    self.members = members
  }

  func string(_ key: String) -> String? { members[key]?.stringValue }

  func integer(_ key: String) -> Int? {
    if case .integer(let number)? = members[key] { Int(number) } else { nil }
  }

  func bool(_ key: String) -> Bool? {
    if case .bool(let flag)? = members[key] { flag } else { nil }
  }

  func object(_ key: String) -> JSONBody? { members[key].flatMap(JSONBody.init) }

  /// The elements of a list of objects; nil when it is none.
  func objects(_ key: String) -> [JSONBody]? {
    guard case .array(let elements)? = members[key] else { return nil }
    let objects = elements.compactMap(JSONBody.init)
    return objects.count == elements.count ? objects : nil
  }

  /// Its members that are lists of texts.
  var lists: [(String, [String])] {
    members.compactMap { key, value in
      guard case .array(let elements) = value else { return nil }
      let texts = elements.compactMap(\.stringValue)
      return texts.count == elements.count ? (key, texts) : nil
    }
  }
}
