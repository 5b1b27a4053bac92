// Replies as gateways, firewalls, proxies, sign-in pages and broken services send them, made from a seed. What each means
// is known from how it was made, not from reading it.

import Foundation
import Provisioning
import TestSupport

/// A reply as bytes on the wire, and what the contract and the state table say of it.
struct MadeReply {
  /// How the connection goes on after the bytes.
  enum End {
    case open
    case closed
    case reset
    /// Nothing more comes, and the connection stays open.
    case stopped
  }

  var bytes: [UInt8]
  var end = End.open
  /// What a create may come to.
  var allowed: Set<Outcome.Kind>
  /// What it is, for a failure's message.
  var name: String

  static let unknown: Set<Outcome.Kind> = [.unknown, .foreign]
}

/// Makes replies to creates and lists.
struct ReplyGrammar {
  var random: SeededGenerator
  /// Whether a reply may stop in its middle, which takes a request timeout.
  var stops = false

  private static let statuses =
    [200, 201, 202, 204, 206, 226, 300, 301, 302, 303, 304, 307, 308]
    + [
      400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424,
    ]
    + [425, 426, 428, 429, 431, 444, 451, 495, 497, 499]
    + [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 521, 522, 523, 524, 525, 526, 527, 530, 599, 999]

  mutating func chance(_ of: Double) -> Bool { Double.random(in: 0..<1, using: &random) < of }
  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &random)]
  }

  // MARK: - Creates

  /// A reply to a create. Where it says success it names `id`; it is `wasMade` then.
  mutating func create(id: String, wasMade: Bool) -> MadeReply {
    if chance(0.3) {
      return framed(wasMade ? success(id) : refusal())
    }
    // Too many means the same whoever says it.
    return framed(foreign(besides: wasMade ? 429 : nil))
  }

  private typealias Content = (status: Int, type: String?, body: [UInt8], allowed: Set<Outcome.Kind>, name: String)

  /// What is said of a status when the reply has an envelope of the service.
  private static func meaning(_ status: Int, success: Bool) -> Set<Outcome.Kind> {
    switch status {
    case 200..<300: success ? [.made] : [.refused]
    case 300..<400: [.misdirected]
    case 401: [.denied]
    case 403, 404: [.accountRefused]
    case 429: [.throttled]
    case 408, 500...: MadeReply.unknown
    default: [.refused]
    }
  }

  private mutating func success(_ id: String) -> Content {
    let status = pick([200, 200, 200, 201, 202])
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      let bad = pick(["", "a b", "x/y", String(repeating: "a", count: 23), "한", "\\u0000", "id\\u001b[2J"])
      return (status, json, Array(#"{"success":true,"id":"\#(bad)"}"#.utf8), MadeReply.unknown, "success, odd id")
    case 1:
      let odd = pick(["null", "7", "[]", "true", "{}"])
      return (status, json, Array(#"{"success":true,"id":\#(odd)}"#.utf8), MadeReply.unknown, "success, no id")
    case 2:
      let huge = String(repeating: "a", count: 200_000)
      return (status, json, Array(#"{"success":true,"id":"\#(huge)"}"#.utf8), MadeReply.unknown, "success, huge id")
    case 3:
      let text = #"{"message":null,"more":[1.5,{"a":"}"}],"id":"\#(id)","success":true}"#
      return (
        status, pick([json, "text/plain", "text/html", nil]), Array(text.utf8), [.made], "success, odd type"
      )
    case 4:
      let text = #"{"success":true,"id":"\#(id)"}"#
      let cut = Array(text.utf8.prefix(Int.random(in: 1..<text.utf8.count, using: &random)))
      return (status, json, cut, MadeReply.unknown, "success, cut off in JSON")
    default:
      return (status, json, Array(#"{"success":true,"id":"\#(id)","message":"success"}"#.utf8), [.made], "success")
    }
  }

  private var json: String { "application/json" }

  private mutating func refusal() -> Content {
    let messages = [
      "name already exists", "invalid request parameters", "no", "이름이 이미 있습니다", "\\u001b]52;c;eA==\\u0007 \\u202e",
      String(repeating: "long ", count: 5_000),
    ]
    if chance(0.3) {
      let codes: [(Int, Any, Set<Outcome.Kind>)] = [
        (400, 100, [.refused]), (401, "200", [.denied]), (401, "210", [.denied]), (403, 230, [.denied]),
        (404, "300", [.notOffered]), (413, 430, [.refused]), (429, "400", [.keyQuota]), (429, 410, [.throttled]),
        (429, "420", [.throttled]), (500, 900, MadeReply.unknown), (503, "500", MadeReply.unknown),
        (504, 510, MadeReply.unknown),
      ]
      let (status, code, allowed) = pick(codes)
      let text = code is Int ? "\(code)" : "\"\(code)\""
      let body = #"{"error":{"errorCode":\#(text),"message":"\#(pick(messages))","details":"d"}}"#
      return (status, json, Array(body.utf8), allowed, "gateway \(code)")
    }
    if chance(0.1) {
      let body = #"{"success":false,"message":"exceeded limit on resource quota"}"#
      return (400, json, Array(body.utf8), [.quota], "account quota")
    }
    let status = pick(Self.statuses.filter { $0 != 204 && $0 != 304 })
    let body = #"{"message":"\#(pick(messages))","success":false}"#
    return (status, json, Array(body.utf8), Self.meaning(status, success: false), "refusal \(status)")
  }

  private mutating func foreign(besides other: Int? = nil) -> Content {
    let status = pick(Self.statuses.filter { $0 != other })
    let (type, body) = foreignBody()
    let allowed: Set<Outcome.Kind> = status == 429 ? [.throttled] : MadeReply.unknown
    return (status, type, body, allowed, "foreign \(status) \(type ?? "-")")
  }

  private mutating func foreignBody() -> (String?, [UInt8]) {
    let titles = [
      "Request Rejected", "Sign in", "403 Forbidden", "차단", "\u{1B}[31mred\u{7}", "\u{202E}evil", "<b>&amp;&#x41;", "",
    ]
    let title = pick(titles)
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    switch Int.random(in: 0..<14, using: &random) {
    case 0: return (pick([nil, json, "text/html"]), [])
    case 1: return ("text/html", bytes("<html><head><title>\(title)</title></head><center>nginx</center></html>"))
    case 2:
      return ("text/html; charset=euc-kr", bytes("<HTML><TITLE>") + [0xC2, 0xF7, 0xB4, 0xDC, 0xFF] + bytes("</TITLE>"))
    case 3: return (json, bytes(#"{"message":"\#(pick(["Forbidden", "no", "\\u001bc"]))"}"#))
    case 4: return (json, bytes(#"{"error":{"code":403,"message":"x","status":"PERMISSION_DENIED"}}"#))
    case 5: return ("application/xml", bytes("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"))
    case 6: return ("text/plain", bytes("upstream connect error or disconnect/reset before headers"))
    case 7:
      return (
        nil,
        (0..<Int.random(in: 1...600, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }.filter {
          $0 != 0x7B
        }
      )
    case 8:
      return (
        json,
        bytes(
          pick(["null", "true", "7", "\"text\"", "[]", "[{\"success\":true,\"id\":\"a\"}]", "{}", "{\"Success\":true}"])
        )
      )
    case 9: return (json, Array(repeating: UInt8(ascii: "["), count: 20_000))
    case 10:
      return (
        "text/html", bytes("<html>" + String(repeating: "<div>filler</div>", count: chance(0.02) ? 200_000 : 500))
      )
    case 11: return (json, bytes(#"{"success":"true","id":"a"}"#))
    case 12: return ("text/html", bytes("<title>\(String(repeating: "가", count: 4_000))"))
    default: return ("application/problem+json", bytes(#"{"type":"about:blank","title":"Blocked","status":403}"#))
    }
  }

  // MARK: - Lists

  /// A reply to a list of what there is, and whether it is all of it.
  mutating func list(_ entries: [String]) -> (reply: MadeReply, isWhole: Bool) {
    let whole = #"{"success":true,"total":\#(entries.count),"contents":[\#(entries.joined(separator: ","))]}"#
    func own(_ text: String, _ name: String) -> Content { (200, json, Array(text.utf8), [], name) }
    guard chance(0.5) else { return (framed(own(whole, "list"), mayBreak: false), true) }
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let text = #"{"success":true,"total":\#(entries.count + 1),"contents":[\#(entries.joined(separator: ","))]}"#
      return (framed(own(text, "list, one missing")), false)
    case 1: return (framed(own(#"{"success":true,"contents":[]}"#, "list without a total")), false)
    case 2: return (framed(own(String(whole.dropLast(2)), "list, cut off in JSON")), false)
    case 3:
      let unreadable = [#"{"id":null}"#] + entries
      let text = #"{"success":true,"total":\#(unreadable.count),"contents":[\#(unreadable.joined(separator: ","))]}"#
      return (framed(own(text, "list with an entry that cannot be read")), false)
    default: return (framed(foreign()), false)
    }
  }

  // MARK: - The wire

  /// Head and body as one of the ways of HTTP/1.1, and now and then broken on the way.
  private mutating func framed(_ content: Content, mayBreak: Bool = true) -> MadeReply {
    var (status, type, body, allowed, name) = content
    if status == 204 || status == 304 { body = [] }
    var lines = ["HTTP/1.1 \(status) \(pick(["OK", "", "No", "Blocked by policy"]))"]
    if let type { lines.append("\(pick(["Content-Type", "content-type"])): \(type)") }
    // What the service's own list says of its clock is believed.
    lines += oddHeaders().filter { !name.hasPrefix("list") || !$0.hasPrefix("Date") }
    var reply = MadeReply(bytes: [], allowed: allowed, name: name)
    if body.count > 64 * 1_024 { reply.allowed = status == 429 ? [.throttled] : MadeReply.unknown }
    let breaks = mayBreak && chance(0.06)
    if breaks {
      reply.allowed = MadeReply.unknown
      reply.name += ", broken"
    }
    let hasBody = status != 204 && status != 304
    if !breaks, !body.isEmpty, !lines.contains(where: { $0.hasPrefix("Content-Encoding") }), chance(0.02) {
      // It is not.
      lines.append("Content-Encoding: \(pick(["gzip", "deflate"]))")
      reply.allowed = MadeReply.unknown
      reply.name += ", said to be packed"
    }
    let isChunked = hasBody && chance(0.3)
    if isChunked {
      lines.append("Transfer-Encoding: chunked")
    } else if hasBody {
      lines.append("Content-Length: \(body.count + (breaks ? 10 : 0))")
    }
    var text = chance(0.03) ? Array("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n".utf8) : []
    text += Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    reply.bytes = text + (isChunked ? chunks(body, isCut: breaks) : body)
    if breaks {
      if !hasBody { reply.bytes = Array(text.dropLast(3)) }
      reply.end = stops && chance(0.02) ? .stopped : pick([.closed, .reset])
    } else if chance(0.05) {
      reply.end = .closed
    }
    return reply
  }

  private mutating func chunks(_ body: [UInt8], isCut: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = body[...]
    while !rest.isEmpty {
      let part = rest.prefix(Int.random(in: 1...max(1, min(rest.count, 9_000)), using: &random))
      bytes += Array((String(part.count, radix: 16) + "\r\n").utf8) + part + Array("\r\n".utf8)
      rest = rest.dropFirst(part.count)
    }
    return isCut ? bytes + Array("5\r\nab".utf8) : bytes + Array("0\r\n\r\n".utf8)
  }

  private mutating func oddHeaders() -> [String] {
    let odd = [
      "Date: Tue, 14 Nov 2023 22:13:20 GMT", "Date: yesterday", "Retry-After: 3600", "Retry-After: -1",
      "Retry-After: NaN",
      "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1e99", "RateLimit: \"default\";r=0;t=30", "Server: cloudflare",
      "Set-Cookie: a=b", "Set-Cookie: a=b", "Location: https://portal.example/?u=1", "Location: //[",
      "Content-Encoding: br",
      "Content-Language: ko", "X-Ncp-Apigw-Request-Id: r\u{9B}1",
      "X-Ncp-Trace-Id: \(String(repeating: "t", count: 3_000))",
      "Cache-Control: no-store", "WWW-Authenticate: Basic realm=\"x\"",
      "X-Long: \(String(repeating: "x", count: 7_000))",
      "Content-Type: text/html", "Warning: 199 - \"x\"",
    ]
    return (0..<Int.random(in: 0...4, using: &random)).map { _ in pick(odd) }
  }
}
