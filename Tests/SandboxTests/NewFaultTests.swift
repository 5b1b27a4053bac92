import DataForest
import Foundation
import NIOCore
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Sandbox

/// A configuration with these faults.
private func configuration(_ faults: String...) throws -> SandboxConfiguration {
  var configuration = SandboxConfiguration()
  for fault in faults { try configuration.faults.add(fault) }
  return configuration
}

@Suite struct FaultSettingTests {
  /// The names that were made of n1 … n9, a second after each other.
  private func made(_ faults: String...) throws -> [String] {
    var configuration = SandboxConfiguration()
    for fault in faults { try configuration.faults.add(fault) }
    let fixture = try SandboxFixture(configuration)
    for number in 1...9 {
      _ = fixture.create("n\(number)")
      fixture.time.advance(by: .seconds(1))
    }
    return fixture.server.ledger.creates.map(\.name)
  }

  @Test func `a fault is kept to a number, a time, a body or an operation`() throws {
    #expect(try made("page-before=1,times=7") == ["n8", "n9"])
    #expect(try made("page-before=1,after=2") == ["n1", "n2"])
    #expect(try made("page-before=1,after=1,times=7") == ["n1", "n9"])
    #expect(try made("unavailable=1,after=1,for=7s") == ["n1", "n9"])
    #expect(try made(#"drop-before=1,body="name":"N[1-7]{1,2}""#) == ["n8", "n9"])
    #expect(try made("page-before=1,only=getList").count == 9)
    #expect(try made("page-before=1,only=create").isEmpty)
    // Two of one name are two.
    #expect(try made("page-before=1,times=3", "page-before=1,times=4,status=404") == ["n5", "n6", "n7", "n8", "n9"])
  }

  @Test func `a fault that does not apply changes nothing about what is drawn for the others`() throws {
    #expect(try made("drop-before=0.5") == made("drop-before=0.5", "unavailable=1,body=nothing-like-it"))
  }

  @Test func `a title may hold commas, and an expression everything`() throws {
    let rule = try FaultRule("page-after=0.5,title=Sorry, blocked,status=511,on=429,body=a,times=3")
    #expect(rule.title == "Sorry, blocked" && rule.status == 511 && rule.on == 429)
    #expect(rule.body == "a,times=3" && rule.times == nil)
    let changes = try FaultRule("headers=1,set=Date: Sun, 06 Nov 1994 08:49:37 GMT,drop=Content-Type,add=X: a:b")
      .headers
    #expect(changes == [.set("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), .drop("Content-Type"), .add("X", "a:b")])
  }

  @Test(arguments: [
    ("page-before=1,statsu=404", "statsu"), ("page-before=1,status=204", "status"),
    ("page-before=1,status=x", "status"),
    ("page-before=1,times=0", "times"), ("page-before=1,body=(", "body"), ("page-before=1,on=429", "on"),
    ("page-before=1,only=fly", "only"), ("page-before=1,x", "'x'"), ("gzip=1,title=a", "title"),
    ("large=1,megabytes=2000", "megabytes"), ("clock=1,ahead=soon", "ahead"), ("clock=1,ahead=-5s", "ahead"),
    ("idle-reset=1,only=create", "only"), ("vanish=1,in=1", "in"), ("headers=1,set=Content-Length: 5", "set"),
    ("headers=1,drop=", "drop"), ("headers=1,add=a b: c", "add"), ("headers=1,add=A: b\r\nC: d", "add"),
    ("headers=1,huge=0", "huge"), ("drop-before=1,for=-1s", "for"),
  ])
  func `a setting that cannot be is refused by its name`(text: String, name: String) {
    var faults = Faults()
    let refusal = #expect(throws: Faults.Refusal.self) { try faults.add(text) }
    #expect(refusal?.description.contains(name) == true, "\(String(describing: refusal))")
  }
}

@Suite struct AnswerFaultTests {
  @Test(arguments: [200, 403, 404, 502, 511])
  func `a web page comes in place of the answer, before it is done or after`(status: Int) async throws {
    for (name, madeCount) in [("page-before", 0), ("page-after", 1)] {
      let configuration = try configuration("\(name)=1,status=\(status),title=Sign in <now>")
      try await withSandbox(configuration) { server, port in
        let response = try await RawRequest().send(to: port)
        #expect(response.status == status)
        #expect(response["content-type"] == ["text/html; charset=utf-8"])
        #expect(response.text.contains("<title>Sign in <now></title>"))
        #expect(response["x-ncp-apigw-request-id"].isEmpty)
        #expect(server.ledger.creates.count == madeCount && server.ledger.faults == [name: 1])
        #expect(server.ledger.createRequests == madeCount)
        // What is between asks for no signature.
        let unsigned = try await RawRequest(isSigned: false).send(to: port)
        #expect(unsigned.status == status)
      }
    }
  }

  @Test func `a throttle can come as a page, and is counted as one`() throws {
    var configuration = try configuration("page-after=1,on=429,status=429,title=Slow down")
    configuration.rateLimit = Quota(rate: try #require(Rate("1/s")), burst: 1)
    let fixture = try SandboxFixture(configuration)
    #expect(fixture.create("one").delivery == .whole)
    #expect(fixture.create("two").delivery == .page("Slow down"))
    #expect(fixture.server.ledger.throttled == 1)
  }

  @Test(arguments: [Coding.gzip, .deflate]) func `an answer is packed without being asked`(coding: Coding) async throws
  {
    try await withSandbox(try configuration("\(coding.rawValue)=1")) { server, port in
      let response = try await RawRequest().send(to: port)
      #expect(response["content-encoding"] == [coding.rawValue])
      // This client unpacks by itself, so that what it reads was packed right.
      #expect(try JSONValue(text: response.text)[key: "success"] == .bool(true))
      #expect(server.ledger.faults == [coding.rawValue: 1])
    }
    let reply = try SandboxFixture(try configuration("\(coding.rawValue)=1")).create("one")
    let plain = Array(reply.body.canonicalText.utf8)
    #expect(reply.pieces.flatMap(\.readableBytesView) == coding.packed(plain))
    #expect(coding.packed(plain).prefix(2) == (coding == .gzip ? [0x1F, 0x8B] : [0x78, 0x01]))
  }

  @Test func `packed bytes end in the right sums, however long they are`() {
    #expect(Array(Coding.gzip.packed(Array("123456789".utf8)).suffix(8)) == [0x26, 0x39, 0xF4, 0xCB, 9, 0, 0, 0])
    #expect(Array(Coding.deflate.packed(Array("Wikipedia".utf8)).suffix(4)) == [0x11, 0xE6, 0x03, 0x98])
    for length in [0, 1, 65_535, 65_536, 200_000] {
      let packed = Coding.gzip.packed([UInt8](repeating: 7, count: length))
      #expect(packed.count == 18 + length + 5 * max(1, (length + 65_534) / 65_535), "\(length)")
    }
  }

  @Test func `a large message is as large as it was asked for, in both shapes`() async throws {
    try await withSandbox(try configuration("large=1,megabytes=3")) { server, port in
      let made = try await RawRequest().send(to: port)
      let body = try JSONValue(text: made.text)
      #expect(body[key: "message"]?.stringValue?.utf8.count == 3 << 20 && body[key: "success"] == .bool(true))
      #expect(made["content-length"] == [String(made.body.count)])
      let refused = try await RawRequest(isSigned: false).send(to: port)
      #expect(try JSONValue(text: refused.text)[path: "error.message"]?.stringValue?.utf8.count == 3 << 20)
      #expect(server.ledger.faults == ["large": 2] && server.ledger.creates.count == 1)
    }
  }

  @Test func `the gateway believes its own clock, and says so`() async throws {
    for (setting, status) in [("ahead=6m", 401), ("behind=6m", 401), ("ahead=4m", 200), ("behind=4m", 200)] {
      try await withSandbox(try configuration("clock=1,\(setting)")) { server, port in
        let response = try await RawRequest().send(to: port)
        #expect(response.status == status, "\(setting)")
        let date = try #require(response["date"].first)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        let told = try #require(formatter.date(from: date))
        #expect(response["date"].count == 1 && abs(told.timeIntervalSinceNow) > 200, "\(date)")
        #expect(server.ledger.faults == ["clock": 1])
        #expect(status == 200 || response.text.contains(#""errorCode":"200""#))
      }
    }
  }

  @Test func `what is made while the clock is off has its times`() throws {
    let fixture = try SandboxFixture(try configuration("clock=1,ahead=4m"))
    _ = fixture.create("one")
    let list = fixture.post("aiworkspaces/getList", #"{"search":{"accountId":"\#(SandboxFixture.account)"}}"#)
    guard case .array(let contents) = list.body[key: "contents"] else {
      Issue.record("there is no list: \(list)")
      return
    }
    let told = contents.first?[key: "createdAt"]?.stringValue.flatMap(Instant.init(rfc3339:))
    #expect(told == fixture.time.now() + .seconds(240))
  }

  @Test func `what was made vanishes, at once or later, and its name is free`() throws {
    let fixture = try SandboxFixture(try configuration("vanish=1,times=1", "vanish=1,after=1,in=5s,times=1"))
    let ids = ["one", "two", "three"].compactMap { fixture.create($0).id }
    #expect(ids.count == 3)
    func isThere(_ id: String) -> Bool { fixture.post("aiworkspaces/getDetail", #"{"id":"\#(id)"}"#).status == 200 }
    #expect(ids.map(isThere) == [false, true, true])
    fixture.time.advance(by: .seconds(5))
    #expect(ids.map(isThere) == [false, false, true])
    let account = SandboxFixture.account
    #expect(fixture.server.ledger.vanished == ["\(account)/one": 1, "\(account)/two": 1])
    #expect(fixture.server.ledger.faults == ["vanish": 2] && fixture.server.ledger.creates.count == 3)
    #expect(fixture.create("one").id != nil)
    #expect(fixture.server.ledger.createRequestsForExistingKey == 0)
  }

  @Test func `only what was made vanishes, and it stays away over a restart`() async throws {
    try await withTemporaryFolder { folder in
      var configuration = try configuration("vanish=1,times=2")
      configuration.stateFile = folder + "/state.json"
      let first = try SandboxFixture(configuration)
      _ = first.create("keeper!")
      #expect(first.server.ledger.faults.isEmpty)
      let ids = ["one", "two", "three"].compactMap { first.create($0).id }
      first.time.advance(by: .seconds(1))
      _ = first.create("four")
      first.time.advance(by: .seconds(1))
      let second = try SandboxFixture(configuration)
      #expect(second.post("aiworkspaces/getDetail", #"{"id":"\#(ids[0])"}"#).status == 404)
      #expect(second.post("aiworkspaces/getDetail", #"{"id":"\#(ids[2])"}"#).status == 200)
      #expect(second.server.ledger.faults == ["vanish": 2] && second.server.ledger.vanished.count == 2)
    }
  }
}
