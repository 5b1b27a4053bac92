import Pacing
import Provisioning
import Testing
import Wire

@testable import DataForest

/// The contract's table of what each answer means for a create, row by row.
@Suite struct ReplyOutcomeTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  /// A row: what came, and what it means.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    let body: String
    let kind: Outcome.Kind
    var testDescription: String { name }
  }

  private static func gateway(_ code: String, _ message: String = "no") -> String {
    "{\"error\":{\"errorCode\":\(code),\"message\":\"\(message)\",\"details\":\"details\"}}"
  }

  private static func dataForest(_ message: String) -> String { "{\"message\":\"\(message)\",\"success\":false}" }

  private static func success(_ id: String) -> String { "{\"success\":true,\"id\":\"\(id)\"}" }

  static let rows: [Row] = [
    Row(name: "success with id", status: 200, body: #"{"success":true,"id":"abc","message":null}"#, kind: .made),
    Row(name: "201 with id", status: 201, body: #"{"success":true,"id":"abc","more":[1.5]}"#, kind: .made),
    Row(name: "2xx without id", status: 200, body: #"{"success":true}"#, kind: .unknown),
    Row(name: "2xx with an empty id", status: 200, body: #"{"success":true,"id":""}"#, kind: .unknown),
    Row(name: "2xx with an id of 23", status: 200, body: success(String(repeating: "a", count: 23)), kind: .unknown),
    Row(
      name: "2xx with an endless id", status: 200, body: success(String(repeating: "a", count: 50_000)), kind: .unknown
    ),
    Row(name: "2xx with an id in two lines", status: 200, body: success(#"a\u000a"#), kind: .unknown),
    Row(name: "2xx with an id in Hangul", status: 200, body: success("가"), kind: .unknown),
    Row(name: "2xx with a path as id", status: 200, body: success("../a"), kind: .unknown),
    Row(name: "2xx with the longest id", status: 200, body: success("YPIolVXWcPTcCs9dNi89Gn"), kind: .made),
    Row(name: "2xx truncated", status: 200, body: #"{"success":true,"id":"ab"#, kind: .unknown),
    Row(name: "2xx empty", status: 200, body: "", kind: .unknown),
    Row(name: "2xx HTML", status: 200, body: "<html>ok</html>", kind: .foreign),
    Row(name: "2xx of another shape", status: 200, body: "[1]", kind: .foreign),
    Row(name: "2xx that says no", status: 200, body: dataForest("something else"), kind: .refused),
    Row(
      name: "2xx with the account's quota", status: 200, body: dataForest("exceeded limit on resource quota"),
      kind: .quota),
    Row(name: "400 invalid", status: 400, body: dataForest("invalid request parameters"), kind: .refused),
    Row(name: "400 duplicate", status: 400, body: dataForest("name already exists (a)"), kind: .refused),
    Row(name: "409 duplicate", status: 409, body: dataForest("name already exists (a)"), kind: .refused),
    Row(name: "400 of the gateway", status: 400, body: gateway("\"100\""), kind: .refused),
    Row(name: "400 XML", status: 400, body: "<error/>", kind: .foreign),
    Row(name: "413 of the gateway", status: 413, body: gateway("430"), kind: .refused),
    Row(
      name: "400 account quota", status: 400, body: dataForest("exceeded limit on resource quota"), kind: .quota),
    Row(name: "429 quota exceeded", status: 429, body: gateway("\"400\""), kind: .keyQuota),
    Row(name: "429 quota, number", status: 429, body: gateway("400"), kind: .keyQuota),
    Row(name: "429 throttle", status: 429, body: gateway("\"410\""), kind: .throttled),
    Row(name: "429 rate", status: 429, body: gateway("420"), kind: .throttled),
    Row(name: "429 empty", status: 429, body: "", kind: .throttled),
    Row(name: "429 in Data Forest's shape", status: 429, body: dataForest("slow down"), kind: .throttled),
    Row(name: "401 authentication", status: 401, body: gateway("\"200\""), kind: .denied),
    Row(name: "401 permission", status: 401, body: gateway("\"210\""), kind: .denied),
    Row(name: "401 empty", status: 401, body: "", kind: .foreign),
    Row(name: "401 in Data Forest's shape", status: 401, body: dataForest("no"), kind: .denied),
    Row(name: "403 of the gateway", status: 403, body: gateway("\"230\""), kind: .denied),
    Row(name: "403 of Data Forest", status: 403, body: dataForest("not allowed to access"), kind: .accountRefused),
    Row(name: "404 of Data Forest", status: 404, body: dataForest("no such element"), kind: .accountRefused),
    Row(name: "404 of the gateway", status: 404, body: gateway("\"300\""), kind: .notOffered),
    Row(name: "404 HTML", status: 404, body: "<html>", kind: .foreign),
    Row(name: "302", status: 302, body: "", kind: .foreign),
    Row(name: "307 of the gateway", status: 307, body: gateway("\"100\""), kind: .misdirected),
    Row(name: "403 HTML", status: 403, body: "<html><title>Request blocked</title>", kind: .foreign),
    Row(name: "401 text", status: 401, body: "Unauthorized", kind: .foreign),
    Row(name: "407 empty", status: 407, body: "", kind: .foreign),
    Row(name: "413 HTML", status: 413, body: "<html>", kind: .foreign),
    Row(name: "403 JSON of a gateway that is not ours", status: 403, body: #"{"message":"Forbidden"}"#, kind: .foreign),
    Row(
      name: "403 of an API that is not ours", status: 403, body: #"{"error":{"code":403,"message":"no"}}"#,
      kind: .foreign
    ),
    Row(name: "200 JSON of a portal", status: 200, body: #"{"status":"ok","login":"https://p"}"#, kind: .foreign),
    Row(name: "200 text", status: 200, body: "OK", kind: .foreign),
    Row(name: "200 bytes", status: 200, body: "\u{1F}\u{8B}\u{8}", kind: .foreign),
    Row(name: "511 HTML", status: 511, body: "<html>", kind: .foreign),
    Row(name: "429 HTML", status: 429, body: "<html>", kind: .throttled),
    Row(name: "307 with an envelope", status: 307, body: #"{"success":true,"id":"a"}"#, kind: .misdirected),
    Row(name: "408", status: 408, body: "", kind: .unknown),
    Row(name: "500 of Data Forest", status: 500, body: dataForest("unexpected error"), kind: .unknown),
    Row(name: "500 of the gateway", status: 500, body: gateway("900"), kind: .unknown),
    Row(name: "500 that says success", status: 500, body: #"{"success":true,"id":"a"}"#, kind: .unknown),
    Row(name: "502 HTML", status: 502, body: "<html>", kind: .unknown),
    Row(name: "503", status: 503, body: gateway("\"500\""), kind: .unknown),
    Row(name: "504", status: 504, body: gateway("\"510\""), kind: .unknown),
    Row(
      name: "500 with the quota's words", status: 500, body: dataForest("exceeded limit on resource quota"),
      kind: .unknown),
  ]

  @Test(arguments: rows) func `an answer means what the table says`(row: Row) {
    let outcome = Outcome(Reply(status: row.status, body: Array(row.body.utf8)), at: Self.now)
    #expect(outcome.kind == row.kind)
    #expect(outcome.status == row.status)
    #expect((outcome.remoteID != nil) == (row.kind == .made))
    #expect((outcome.message == nil) == (row.kind == .made), "every refusal owes people a sentence")
  }

  @Test func `every kind that a reply can give is in the table`() {
    // Data Forest says that a name is taken as it says any refusal.
    let withoutReply: Set<Outcome.Kind> = [.unreachable, .notSent, .ownerGone, .exists]
    #expect(Set(Self.rows.map(\.kind)) == Set(Outcome.Kind.allCases).subtracting(withoutReply))
  }

  @Test func `the request id and what the service said are kept`() {
    let reply = Reply(
      status: 429, headers: ["x-ncp-apigw-request-id": "r-1", "x-ncp-trace-id": "t-1", "retry-after": "7"],
      body: Array(Self.gateway("410").utf8))
    let outcome = Outcome(reply, at: Self.now)
    #expect(outcome.requestID == "r-1")
    #expect(outcome.message == "details")
    #expect(outcome.retryAfter == .seconds(7))
    #expect(Reply(status: 500, headers: ["x-ncp-trace-id": "t-1"]).requestID == "t-1")
  }

  @Test func `a success without a true id says so, whatever its message`() {
    for id in ["", "a b", String(repeating: "a", count: 23)] {
      let body = Array(#"{"success":true,"message":"success","id":"\#(id)"}"#.utf8)
      let outcome = Outcome(Reply(status: 200, body: body), at: Self.now)
      #expect(outcome.kind == .unknown && outcome.message == Outcome.withoutID)
      #expect(Outcome(Reply(status: 503, body: body), at: Self.now).message == "success")
    }
  }

  @Test func `what the service said is kept clipped, and of its id of the request what is plain`() {
    let long = String(repeating: "가나다 ", count: 9_000)
    let headers = ["x-ncp-apigw-request-id": "r-1\u{1B}[31m é\n\(String(repeating: "x", count: 70_000))"]
    for body in [
      Self.dataForest(long), Self.gateway("410", long), Self.gateway("410").replacing("details\":\"", with: long),
    ] {
      let outcome = Outcome(Reply(status: 400, headers: headers, body: Array(body.utf8)), at: Self.now)
      #expect((outcome.message ?? "").count <= Outcome.longestMessage + 1)
      #expect(outcome.requestID?.hasPrefix("r-1[31mxxx") == true && outcome.requestID?.utf8.count == 128)
    }
  }

  @Test(arguments: [
    (200, success("abc")), (400, dataForest("no")), (401, gateway("\"200\"")), (404, gateway("\"300\"")),
    (302, gateway("\"100\"")), (403, "<html>"),
  ])
  func `a reply that goes on for ever tells nothing`(status: Int, body: String) {
    let reply = Reply(status: status, headers: ["retry-after": "7"], body: Array(body.utf8), isCut: true)
    let outcome = Outcome(reply, at: Self.now).unlessCut(reply)
    #expect(outcome.kind == .unknown && outcome.remoteID == nil && outcome.status == status)
    #expect(outcome.message?.contains("64 kB") == true)
    #expect(outcome.retryAfter == (status == 403 ? nil : .seconds(7)), "nothing of a page is believed")
    let whole = Reply(status: status, body: Array(body.utf8))
    #expect(Outcome(whole, at: Self.now).unlessCut(whole).kind != .unknown)
  }

  @Test func `a throttle that goes on for ever is a throttle`() {
    for body in ["", "<html>", Self.gateway("410"), #"{"error":{"errorCode":"#] {
      let reply = Reply(status: 429, headers: ["retry-after": "7"], body: Array(body.utf8), isCut: true)
      let outcome = Outcome(reply, at: Self.now).unlessCut(reply)
      #expect(outcome.kind == .throttled && outcome.retryAfter == .seconds(7), "\(body)")
    }
  }

  @Test func `a limit that is used up is a pause, also beside a success, and the wait of a throttle`() {
    let headers = ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"]
    let body = Array(#"{"success":true,"id":"YPI"}"#.utf8)
    let made = Outcome(Reply(status: 200, headers: headers, body: body), at: Self.now)
    #expect(made.kind == .made && made.pause == .seconds(9) && made.retryAfter == nil)
    let refused = Outcome(Reply(status: 429, headers: headers), at: Self.now)
    #expect(refused.kind == .throttled && refused.retryAfter == .seconds(9))
    let both = Outcome(Reply(status: 429, headers: headers.merging(["retry-after": "4"]) { $1 }), at: Self.now)
    #expect(both.retryAfter == .seconds(4))
  }
}

@Suite struct ListReplyTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  private func list(_ body: String, status: Int = 200) -> ListReply {
    var list = ListBody()
    _ = Array(body.utf8).withUnsafeBytes { list.take($0) }
    return ListReply(Reply(status: status), list, at: Self.now)
  }

  private static let entry = """
    {"id":"i1","name":"n1","accountName":"df","description":null,"imageVersion":"tensorflow:r2.3.1-py3",
    "createdAt":"2023-05-15T02:23:55.752Z","modifiedAt":"2023-05-15T02:23:55.752Z","disabled":false,"new":1}
    """

  @Test func `a whole list is read, entries with their times`() {
    let reply = list("{\"success\":true,\"total\":1,\"contents\":[\(Self.entry)]}")
    let expected = RemoteItem(
      id: "i1", name: "n1", description: nil, image: "tensorflow:r2.3.1-py3",
      createdAt: Instant(rfc3339: "2023-05-15T02:23:55.752Z"))
    #expect(reply == .listed([expected], isWhole: true))
  }

  @Test func `an empty list is whole`() {
    #expect(list(#"{"success":true,"message":"success","total":0,"contents":[]}"#) == .listed([], isWhole: true))
  }

  @Test(arguments: ["\"total\":2,", "", "\"total\":null,"])
  func `a list that is not all there is is not whole`(total: String) {
    guard case .listed(let items, false, _, _) = list("{\"success\":true,\(total)\"contents\":[\(Self.entry)]}")
    else {
      Issue.record("it was taken for whole")
      return
    }
    #expect(items.count == 1)
  }

  @Test func `entries that cannot be read are no reason to call a list whole`() {
    for entry in [
      #"{"id":5}"#, #"{"id":5,"name":"a"}"#, #"{"id":"","name":"a"}"#, #"{"id":"a-b","name":"a"}"#, #""a""#, "[]",
      "tru",
      #"{"id":"\#(String(repeating: "a", count: 23))","name":"a"}"#, #"{"id":"é","name":"a"}"#, #"{"id":"a"}"#,
      #"{"id":"a","name":"a","more":"\#(String(repeating: "x", count: 70_000))"}"#,
    ] {
      let body = #"{"success":true,"total":1,"contents":[\#(entry)]}"#
      #expect(list(body) == .listed([], isWhole: false, entryCount: 1), "\(entry.prefix(40))")
    }
  }

  @Test func `what is no list failed, and why is kept`() {
    for (body, status, kind) in [
      ("", 200, Outcome.Kind.unknown), (#"{"success":true}"#, 200, .unknown),
      (#"{"success":false,"message":"not allowed to access"}"#, 403, .accountRefused), ("", 401, .foreign),
      ("<html>", 200, .foreign),
      (#"{"error":{"errorCode":"300","message":"Not Found"}}"#, 404, .notOffered), ("", 503, .unknown),
    ] {
      guard case .failed(let outcome) = list(body, status: status) else {
        Issue.record("\(status) '\(body)' was taken for a list")
        continue
      }
      #expect(outcome.kind == kind, "\(status) '\(body)'")
    }
  }
}
