import DataForest
import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Sandbox

@Suite struct GatewayEdgeTests {
  @Test(arguments: [Int64.min, Int64.max, 0, -1])
  func `a timestamp as far away as numbers go is refused`(timestamp: Int64) throws {
    let fixture = try SandboxFixture()
    let path = Endpoint.prefix + "/accounts/getList"
    let signature = Signature.sign(method: "POST", path: path, timestamp: String(timestamp), with: .sandbox)
    let headers = [
      "content-type": "application/json", Signature.timestampHeader: String(timestamp),
      Signature.accessKeyHeader: Credentials.sandbox.accessKey, Signature.signatureHeader: signature,
    ]
    let request = SandboxRequest(method: "POST", path: path, headers: headers, body: Array("{}".utf8))
    let reply = fixture.server.reply(to: request)
    #expect(reply.status == 401 && reply.gatewayCode == 200)
  }

  @Test func `the rate limit counts a request to an unknown path too`() throws {
    var configuration = SandboxConfiguration()
    configuration.rateLimit = Quota(rate: try #require(Rate("1/s")), burst: 1)
    let fixture = try SandboxFixture(configuration)
    #expect(fixture.post("aiworkspaces/fly", "{}").status == 404)
    #expect(fixture.post("accounts/getList", "{}").status == 429)
  }
}

@Suite struct DefinitionShapeTests {
  @Test(arguments: [
    (#""resource":"x""#, "configuration.resource"), (#""resource":[1]"#, "configuration.resource"),
    (#""data":5"#, "configuration.data"),
  ])
  func `a value where an object belongs is refused by its path`(member: String, path: String) throws {
    let fixture = try SandboxFixture()
    let body = """
      {"accountId":"\(SandboxFixture.account)","name":"a","configuration":
      {"docker":{"image":"pytorch:1","command":"ls"},\(member)}}
      """
    let reply = fixture.post("aiworkspaces/create", body)
    #expect(reply.status == 400 && reply.message?.contains("(\(path),") == true, "\(reply)")
    #expect(fixture.server.ledger.creates.isEmpty)
  }

  @Test(arguments: [
    ("getDetail", #"{"id":"not an id"}"#), ("delete", #"{"id":""}"#), ("getConfigurationList", #"{"id":5}"#),
    ("checkAvailableName", #"{"accountId":"a b","name":"one"}"#), ("getList", #"{"search":{"accountId":"a b"}}"#),
  ])
  func `an id that cannot be one is an invalid parameter`(operation: String, body: String) throws {
    #expect(try SandboxFixture().post("aiworkspaces/" + operation, body).status == 400)
  }

  @Test func `times are told in the service's new form`() throws {
    let fixture = try SandboxFixture()
    _ = fixture.create("one")
    let list = fixture.post("aiworkspaces/getList", #"{"search":{"accountId":"\#(SandboxFixture.account)"}}"#)
    guard case .array(let contents) = list.body[key: "contents"] else {
      Issue.record("there is no list: \(list)")
      return
    }
    #expect(contents.first?[key: "createdAt"] == .string("2023-11-15T07:13:20+09:00"))
  }
}

@Suite struct StateKeepingTests {
  private func listed(_ fixture: SandboxFixture) -> [JSONValue?] {
    let list = fixture.post("aiworkspaces/getList", #"{"search":{"accountId":"\#(SandboxFixture.account)"}}"#)
    guard case .array(let contents) = list.body[key: "contents"] else { return [] }
    return contents.map { $0[key: "name"] }
  }

  /// A sandbox that keeps its state in the folder.
  private func fixture(in folder: String) throws -> SandboxFixture {
    var configuration = SandboxConfiguration()
    configuration.stateFile = folder + "/state.json"
    return try SandboxFixture(configuration)
  }

  @Test func `an id is never given twice, also after a delete and a restart`() async throws {
    try await withTemporaryFolder { folder in
      let first = try fixture(in: folder)
      let ids = ["one", "two", "three"].compactMap { first.create($0).id }
      _ = first.post("aiworkspaces/delete", #"{"id":"\#(ids[0])"}"#)
      first.time.advance(by: .seconds(1))
      let second = try fixture(in: folder)
      let id = try #require(second.create("four").id)
      #expect(!ids.contains(id))
      #expect(second.post("aiworkspaces/getDetail", #"{"id":"\#(ids[2])"}"#).body[key: "name"] == .string("three"))
    }
  }

  @Test func `the ledger says since when, by the latest start`() async throws {
    try await withTemporaryFolder { folder in
      let first = try fixture(in: folder)
      let start = first.time.now()
      _ = first.create("one")
      first.time.advance(by: .seconds(1))
      let text = try #require(try fixture(in: folder).server.ledger.startedAt)
      #expect(Instant(rfc3339: text) == start)
    }
  }

  @Test func `a list keeps its order over a restart`() async throws {
    try await withTemporaryFolder { folder in
      let first = try fixture(in: folder)
      for number in 1...20 { _ = first.create("w\(number)") }
      first.time.advance(by: .seconds(1))
      #expect(try listed(fixture(in: folder)) == listed(first))
    }
  }

  @Test func `many changes are one write, 200 ms after the first`() async throws {
    try await withTemporaryFolder { folder in
      let sandbox = try fixture(in: folder)
      for number in 1...50 { _ = sandbox.create("w\(number)") }
      #expect(sandbox.time.nextAlarm == sandbox.time.now() + .milliseconds(200))
      sandbox.time.advance(by: .milliseconds(199))
      #expect(!FileManager.default.fileExists(atPath: folder + "/state.json"))
      sandbox.time.advance(by: .milliseconds(1))
      #expect(try listed(fixture(in: folder)).count == 50)
      #expect(sandbox.time.nextAlarm == nil)
    }
  }

  @Test func `a write that failed is forgotten once a later one succeeded`() async throws {
    try await withTemporaryFolder { folder in
      var configuration = SandboxConfiguration()
      configuration.stateFile = folder + "/later/state.json"
      let time = ManualTimeSource()
      let core = try SandboxServer(configuration, time: time)
      _ = core.reply(to: SandboxRequest(method: "POST", path: "/"))
      time.advance(by: .seconds(1))
      #expect(core.saveError != nil)
      try FileManager.default.createDirectory(atPath: folder + "/later", withIntermediateDirectories: false)
      try core.save()
      #expect(core.saveError == nil)
    }
  }

  @Test func `writes that come together do not hinder one another`() async throws {
    try await withTemporaryFolder { folder in
      var configuration = SandboxConfiguration()
      configuration.stateFile = folder + "/state.json"
      let core = try SandboxServer(configuration, time: ManualTimeSource())
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<200 { group.addTask { try core.save() } }
        try await group.waitForAll()
      }
      #expect(try StateFile.read(folder + "/state.json") != nil)
    }
  }
}

@Suite struct SandboxLoopbackTests {
  private func client(_ port: Int, timeout: Duration) throws -> DataForestClient {
    DataForestClient(
      .init(endpoint: try Endpoint("http://127.0.0.1:\(port)"), credentials: .sandbox, requestTimeout: timeout),
      time: SystemTimeSource())
  }

  @Test func `a body that is too large is refused and counted`() async throws {
    try await withSandbox { server, port in
      let client = try client(port, timeout: .seconds(20))
      let outcome = await client.create(String(repeating: " ", count: Gateway.largestBody + 100_000))
      try await client.shutdown()
      #expect(outcome.status == 413, "\(outcome)")
      #expect(server.ledger.requests == 1 && server.ledger.refusals == ["413/430": 1])
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a sandbox with a request under way stops when told`() async throws {
    var configuration = SandboxConfiguration()
    configuration.latency = .seconds(120)
    try await withSandbox(configuration) { server, port in
      let client = try client(port, timeout: .seconds(1))
      _ = await client.create(SandboxFixture.definition("one"))
      #expect(server.ledger.createRequests == 1)
      try await client.shutdown()
    }
  }
}
