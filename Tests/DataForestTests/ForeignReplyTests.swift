import Foundation
import Pacing
import Provisioning
import Testing
import Wire

@testable import DataForest

/// What people are told of a reply that is not the service's own.
@Suite struct ForeignReplyTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  /// A reply, and the sentence about it.
  struct Case: Sendable, CustomTestStringConvertible {
    var status = 403
    var headers: [String: String] = ["content-type": "text/html; charset=utf-8"]
    let body: String
    let sentence: String
    var testDescription: String { sentence }
  }

  static let cases: [Case] = [
    Case(
      body: "<!DOCTYPE html><html><head><title>Request blocked. Incident 7f3a.</title></head>",
      sentence: "HTTP 403, a web page: 'Request blocked. Incident 7f3a.'"),
    Case(
      status: 200, body: "<HTML>\n<TITLE lang='ko'>\n  로그인&nbsp;&amp; 동의 &#x1F512;&#0;&bogus;\n</TITLE>",
      sentence: "HTTP 200, a web page: '로그인 & 동의 🔒 &bogus;'"),
    Case(
      status: 404, body: "<html><title> </title><body><h1>Not <b>Found</b></h1>",
      sentence: "HTTP 404, a web page: 'Not Found'"),
    Case(status: 403, body: "<html><body>no", sentence: "HTTP 403, a web page"),
    Case(
      status: 403, headers: [:], body: "  <html><title>t</title>", sentence: "HTTP 403, a web page: 't'"),
    Case(
      status: 403, headers: ["content-type": "application/json"], body: #"{"message":"Forbidden"}"#,
      sentence: "HTTP 403, not a reply of the service (application/json): 'Forbidden'"),
    Case(
      status: 403, headers: ["content-type": "text/plain"], body: "Blocked by policy 7\nmore",
      sentence: "HTTP 403, not a reply of the service (text/plain): 'Blocked by policy 7'"),
    Case(status: 401, headers: [:], body: "", sentence: "HTTP 401, an empty reply"),
    Case(
      status: 302, headers: ["location": "https://portal.example:8443/login?row=secret"], body: "",
      sentence: "HTTP 302, a redirect to https://portal.example:8443"),
    Case(
      status: 307, headers: ["location": "/login"], body: "<html><title>Moved</title>",
      sentence: "HTTP 307, a web page: 'Moved'"),
    Case(
      body: "<html><title>a\u{1B}[2J\u{202E}b\u{9B}c\u{7}</title>", sentence: "HTTP 403, a web page: 'a [2J b c'"),
    Case(
      body: "<title>" + String(repeating: "x", count: 500) + "</title>",
      sentence: "HTTP 403, a web page: '" + String(repeating: "x", count: 119) + "…'"),
    Case(body: "<html>" + String(repeating: "<title ", count: 9_300), sentence: "HTTP 403, a web page"),
    Case(body: "<html><titles>x</titles>", sentence: "HTTP 403, a web page"),
    Case(
      body: "<title>" + String(repeating: "<", count: 5_000),
      sentence: "HTTP 403, a web page: '"
        + String(repeating: "<", count: 119) + "…'"),
  ]

  @Test(arguments: cases) func `a foreign reply is told of in one plain line`(item: Case) {
    let reply = Reply(status: item.status, headers: item.headers, body: Array(item.body.utf8))
    let outcome = Outcome(reply, at: Self.now)
    #expect(outcome.kind == .foreign)
    #expect(outcome.message == item.sentence)
    #expect(outcome.page != nil)
  }

  @Test(arguments: [
    (header: "text/html; charset=EUC-KR", meta: ""), (header: "text/html", meta: "<meta charset=\"euc-kr\">"),
    (header: "text/html", meta: "<meta http-equiv=Content-Type content='text/html; charset=ks_c_5601-1987'>"),
  ]) func `a title in another encoding is read`(header: String, meta: String) {
    // 차단되었습니다
    let title: [UInt8] = [0xC2, 0xF7, 0xB4, 0xDC, 0xB5, 0xC7, 0xBE, 0xFA, 0xBD, 0xC0, 0xB4, 0xCF, 0xB4, 0xD9]
    let body = Array("<html>\(meta)<title>".utf8) + title + Array("</title>".utf8)
    let outcome = Outcome(Reply(status: 403, headers: ["content-type": header], body: body), at: Self.now)
    #expect(outcome.message == "HTTP 403, a web page: '차단되었습니다'")
  }

  @Test func `an encoding that nobody asked for is named`() {
    let reply = Reply(
      status: 200, headers: ["content-encoding": "br", "content-type": "application/json"], body: [0x0B, 0x80])
    #expect(Outcome(reply, at: Self.now).message?.contains("br") == true)
  }

  @Test func `a page while the service is out of reach is no answer, and its title is told`() {
    let reply = Reply(
      status: 502, headers: ["content-type": "text/html"], body: Array("<title>502 Bad Gateway</title>".utf8))
    let outcome = Outcome(reply, at: Self.now)
    #expect(outcome.kind == .unknown)
    #expect(outcome.message == "HTTP 502, a web page: '502 Bad Gateway'")
  }

  @Test func `the type and the date of a page are kept`() {
    let headers = ["content-type": "Text/HTML; x=y", "date": "Tue, 14 Nov 2023 22:13:20 GMT"]
    let page = Outcome(Reply(status: 403, headers: headers, body: Array("<title>t</title>".utf8)), at: Self.now).page
    #expect(page == ForeignPage(contentType: "text/html", title: "t", date: Self.now))
  }

  @Test func `a signature that was refused because the clocks differ says by how much`() {
    func skew(_ date: String?, status: Int = 401, _ code: String = "200") -> Duration? {
      let body = Array(#"{"error":{"errorCode":"\#(code)","message":"Authentication Failed"}}"#.utf8)
      return
        Outcome(Reply(status: status, headers: date.map { ["date": $0] } ?? [:], body: body), at: Self.now).clockSkew
    }
    #expect(skew("Tue, 14 Nov 2023 22:19:20 GMT") == .seconds(360))
    #expect(skew("Tue, 14 Nov 2023 22:07:20 GMT") == .seconds(-360))
    #expect(skew("Tue, 14 Nov 2023 22:14:20 GMT") == nil, "a minute explains nothing")
    #expect(skew(nil) == nil)
    let late = "Tue, 14 Nov 2023 22:19:20 GMT"
    #expect(skew(late, "210") == nil && skew(late, status: 403, "230") == nil, "no refusal of the signature")
    let page = Reply(status: 401, headers: ["date": "Tue, 14 Nov 2023 23:13:20 GMT"], body: Array("<html>".utf8))
    #expect(Outcome(page, at: Self.now).clockSkew == nil, "a page's clock is not the service's")
  }
}
