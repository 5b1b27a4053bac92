import DataForest
import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import Sandbox

@Suite struct GatewayTests {
  @Test func `a request that is not signed right is refused before anything else`() throws {
    let fixture = try SandboxFixture()
    let list = #"{"search":{"accountId":"\#(SandboxFixture.account)"}}"#
    let unsigned = SandboxRequest(method: "POST", path: Endpoint.prefix + "/aiworkspaces/getList")
    #expect(fixture.server.reply(to: unsigned).gatewayCode == 200)
    let wrongKey = Credentials(accessKey: "other", secretKey: Credentials.sandbox.secretKey)
    let wrongSecret = Credentials(accessKey: Credentials.sandbox.accessKey, secretKey: "other")
    #expect(fixture.post("aiworkspaces/getList", list, credentials: wrongKey).gatewayCode == 210)
    let refused = fixture.post("aiworkspaces/getList", list, credentials: wrongSecret)
    #expect(refused.status == 401 && refused.gatewayCode == 200)
    #expect(!refused.body.canonicalText.contains(Credentials.sandbox.secretKey))
  }

  @Test func `a clock five minutes off is refused, a little less is not`() throws {
    let fixture = try SandboxFixture()
    for (ahead, status) in [(300, 401), (-300, 401), (299, 200), (-299, 200)] {
      let reply = fixture.post("accounts/getList", "{}", clockAhead: .seconds(ahead))
      #expect(reply.status == status, "\(ahead) s")
    }
  }

  @Test func `unknown paths, methods, content types and large bodies are the gateway's to refuse`() throws {
    let fixture = try SandboxFixture()
    #expect(fixture.post("aiworkspaces/fly", "{}").gatewayCode == 300)
    let path = Endpoint.prefix + "/accounts/getList"
    var headers: [String: String] = [:]
    for header in Signature.headers(method: "GET", path: path, at: fixture.time.now(), with: .sandbox) {
      headers[header.name] = header.value
    }
    #expect(fixture.server.reply(to: SandboxRequest(method: "GET", path: path, headers: headers)).status == 405)
    for header in Signature.headers(method: "POST", path: path, at: fixture.time.now(), with: .sandbox) {
      headers[header.name] = header.value
    }
    headers["content-type"] = "text/plain"
    let text = SandboxRequest(method: "POST", path: path, headers: headers)
    let refused = fixture.server.reply(to: text)
    #expect(refused.status == 415 && refused.gatewayCode == 100)
    let large = fixture.post("accounts/getList", String(repeating: " ", count: Gateway.largestBody + 1))
    #expect(large.status == 413 && large.gatewayCode == 430)
  }

  @Test func `the limit changes when it was told to, and the ledger says what came in which second`() throws {
    var configuration = SandboxConfiguration()
    configuration.rateLimit = Quota(rate: try #require(Rate("4/s")), burst: 1)
    configuration.rateChanges = [
      (after: .seconds(10), rate: try #require(Rate("2/s"))), (after: .seconds(20), rate: try #require(Rate("8/s"))),
    ]
    let fixture = try SandboxFixture(configuration)
    var accepted = [0, 0, 0]
    for index in 0..<(30 * 16) {
      if fixture.post("accounts/getList", "{}").status == 200 { accepted[index / 160] += 1 }
      fixture.time.advance(by: .microseconds(62_500))
    }
    for (count, expected) in zip(accepted, [40, 20, 80]) { #expect(abs(count - expected) <= 1, "\(accepted)") }
    let seconds = fixture.server.ledger.perSecond
    let (requestCount, throttledCount) = seconds.reduce((0, 0)) { ($0.0 + $1.requests, $0.1 + $1.throttled) }
    #expect(requestCount == 480)
    #expect(throttledCount == 480 - accepted.reduce(0, +))
    #expect(seconds.allSatisfy { $0.requests <= 16 })
    #expect((30...31).contains(seconds.count))
  }

  @Test(arguments: [false, true]) func `too fast is throttled until the time is ripe`(saysRetryAfter: Bool) throws {
    var configuration = SandboxConfiguration()
    configuration.rateLimit = Quota(rate: try #require(Rate("1/s")), burst: 2)
    configuration.saysRetryAfter = saysRetryAfter
    let fixture = try SandboxFixture(configuration)
    #expect((0..<3).map { _ in fixture.post("accounts/getList", "{}").status } == [200, 200, 429])
    let refused = fixture.post("accounts/getList", "{}")
    #expect(refused.gatewayCode == 410)
    #expect(refused.retryAfter == (saysRetryAfter ? 1 : nil))
    fixture.time.advance(by: .seconds(1))
    #expect(fixture.post("accounts/getList", "{}").status == 200)
    let ledger = fixture.server.ledger
    #expect(ledger.throttled == 2 && ledger.refusals == ["429/410": 2])
    #expect(ledger.worstOneSecondWindow == 4 && ledger.worstAcceptedWindow == 2)
  }

  @Test func `the worst second slides`() throws {
    let fixture = try SandboxFixture()
    for wait in [0, 400, 400, 400, 5_000, 100] {
      fixture.time.advance(by: .milliseconds(wait))
      _ = fixture.post("accounts/getList", "{}")
    }
    #expect(fixture.server.ledger.worstOneSecondWindow == 3)
    #expect(fixture.server.ledger.requestsByOperation == ["accounts/getList": 6])
  }
}

@Suite struct SandboxServerTests {
  private func client(_ port: Int, credentials: Credentials = .sandbox) throws -> DataForestClient {
    DataForestClient(
      .init(endpoint: try Endpoint("http://127.0.0.1:\(port)"), credentials: credentials, requestTimeout: .seconds(20)),
      time: SystemTimeSource())
  }

  @Test func `the client creates and lists over loopback, and a second create is refused`() async throws {
    try await withSandbox { server, port in
      let client = try client(port)
      let created = await client.create(SandboxFixture.definition("one"))
      #expect(created.kind == .made && created.requestID != nil, "\(created)")
      #expect(await client.create(SandboxFixture.definition("one")).kind == .refused)
      guard case .listed(let items, true, let skew?, _) = await client.list(account: SandboxFixture.account) else {
        Issue.record("the list did not come")
        return
      }
      #expect(items.map(\.id) == [created.remoteID])
      #expect(items.first?.description == "for one")
      // The Date header has whole seconds; here both clocks are one.
      #expect(skew > .seconds(-60) && skew <= .zero, "\(skew)")
      let entry = try #require(items.first)
      guard case .told(let told) = await client.detail(of: entry) else {
        Issue.record("the detail did not come")
        return
      }
      #expect(client.isMade(told, from: SandboxFixture.definition("one")))
      #expect(!client.isMade(told, from: SandboxFixture.definition("two")))
      guard case .failed(let outcome) = await client.detail(of: RemoteItem(id: "gone", name: "one")) else {
        Issue.record("a detail of nothing came")
        return
      }
      #expect(outcome.kind == .accountRefused)
      #expect(server.ledger.createRequests == 2)
      try await client.shutdown()
    }
  }

  @Test func `a wrong secret is denied, an unknown account refused, a closed port unreachable`() async throws {
    try await withSandbox { _, port in
      let wrong = try client(port, credentials: Credentials(accessKey: "a", secretKey: "b"))
      #expect(await wrong.create(SandboxFixture.definition("one")).kind == .denied)
      let right = try client(port)
      #expect(await right.create(SandboxFixture.definition("x", account: "nobody")).kind == .accountRefused)
      guard case .failed(let outcome) = await right.list(account: "nobody") else {
        Issue.record("a list of nobody came")
        return
      }
      #expect(outcome.kind == .accountRefused && outcome.message == "no such element")
      let nobody = try client(1)
      #expect(await nobody.create(SandboxFixture.definition("one")).kind == .unreachable)
      for client in [wrong, right, nobody] { try await client.shutdown() }
    }
  }

  @Test func `state survives a restart`() async throws {
    try await withTemporaryFolder { folder in
      var configuration = SandboxConfiguration()
      configuration.stateFile = folder + "/state.json"
      for (round, status) in [(1, 200), (2, 400)] {
        let kinds = try await withSandbox(configuration) { _, port in
          let client = try client(port)
          let outcome = await client.create(SandboxFixture.definition("one"))
          try await client.shutdown()
          return outcome.status
        }
        #expect(kinds == status, "round \(round)")
      }
      let server = try SandboxServer(configuration, time: ManualTimeSource())
      #expect(server.ledger.createRequests == 2 && server.ledger.creates.count == 1)
      let mode = try FileManager.default.attributesOfItem(atPath: folder + "/state.json")[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func `a damaged state file is an error and stays as it was`() async throws {
    try await withTemporaryFolder { folder in
      var configuration = SandboxConfiguration()
      configuration.stateFile = folder + "/state.json"
      try "not json".write(toFile: folder + "/state.json", atomically: true, encoding: .utf8)
      #expect(throws: SandboxError.self) { try SandboxServer(configuration, time: ManualTimeSource()) }
      #expect(try String(contentsOfFile: folder + "/state.json", encoding: .utf8) == "not json")
    }
  }
}
