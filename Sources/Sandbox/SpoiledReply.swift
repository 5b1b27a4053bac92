// What faults make of a reply, and the bytes that go out.

import NIOCore
import Provisioning

extension SandboxReply {
  /// No reply: the connection closes.
  static let dropped = SandboxReply(status: 0, body: .null, delivery: .dropped)

  /// The reply to something that was carried out, as a fault spoils it.
  func spoiled(by fault: Fault?) -> SandboxReply {
    var reply = self
    switch fault {
    case .dropAfter: reply.delivery = .dropped
    case .errorAfter: reply = .refusal(500, "unexpected error")
    case .xml:
      reply.status = 504
      reply.delivery = .xml
    case .truncated: reply.delivery = .truncated
    case .withoutID:
      if case .object(var members) = body {
        members["id"] = nil
        reply.body = .object(members)
      }
    case .hang: reply.delivery = .hung
    default: break
    }
    return reply
  }

  /// A web page, from something between.
  static func page(by rule: FaultRule) -> SandboxReply {
    SandboxReply(status: rule.status, body: .null, delivery: .page(rule.title))
  }

  /// Lets a fault of its own stage spoil it; `pick` draws a number below another.
  mutating func spoil(by rule: FaultRule, _ pick: (Int) -> Int) {
    switch rule.fault {
    case .pageAfter:
      let page = Self.page(by: rule)
      (status, delivery) = (page.status, page.delivery)
    case .gzip: coding = .gzip
    case .deflate: coding = .deflate
    case .large: megabytes = rule.megabytes
    case .headers:
      let oddities = HeaderChange.oddities
      headerChanges += rule.headers.isEmpty ? oddities[pick(oddities.count)] : rule.headers
    default: break
    }
  }

  /// The content type that it is sent with.
  var contentType: String {
    if case .page = delivery { "text/html; charset=utf-8" } else { "application/json; charset=utf-8" }
  }

  /// The body as it goes out, in pieces, so that a large message is not there at once.
  var pieces: [ByteBuffer] {
    guard let coding else { return unpacked }
    return [ByteBuffer(bytes: coding.packed(unpacked.flatMap(\.readableBytesView)))]
  }

  private var unpacked: [ByteBuffer] {
    switch delivery {
    case .page(let title):
      let page = "<!DOCTYPE html><html><head><title>\(title)</title></head><body>\(title)</body></html>\n"
      return [ByteBuffer(string: page)]
    case .xml: return [ByteBuffer(string: "<error><message>Endpoint Timeout</message></error>")]
    case .truncated:
      let bytes = Array(body.canonicalText.utf8)
      return [ByteBuffer(bytes: bytes.dropLast(bytes.count / 2))]
    default: break
    }
    guard megabytes > 0 else { return [ByteBuffer(string: body.canonicalText)] }
    let message = (body[path: "error.message"] ?? body[key: "message"] ?? .null).canonicalText
    // A key in quotes stands in no text: there quotes are escaped.
    let halves = body.canonicalText.split(
      separator: "\"message\":\(message)", maxSplits: 1, omittingEmptySubsequences: false)
    // One buffer, many times.
    let megabyte = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 20)
    return [ByteBuffer(string: "\(halves[0])\"message\":\"")] + Array(repeating: megabyte, count: megabytes)
      + halves.dropFirst().map { ByteBuffer(string: "\"\($0)") }
  }
}
