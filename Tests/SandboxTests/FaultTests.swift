import DataForest
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Sandbox

@Suite struct FaultTests {
  private func configuration(_ faults: String...) throws -> SandboxConfiguration {
    var configuration = SandboxConfiguration()
    for fault in faults { try configuration.faults.add(fault) }
    return configuration
  }

  /// What each fault leaves behind and what the client learns of it.
  @Test(arguments: [
    (Fault.dropBefore, 0), (.dropAfter, 1), (.errorAfter, 1), (.unavailable, 0), (.unavailableRetryAfter, 0), (.xml, 1),
    (.truncated, 1), (.withoutID, 1),
  ])
  func `a fault is no answer to the client, whether it was done or not`(fault: Fault, createCount: Int) async throws {
    try await withSandbox(try configuration("\(fault.rawValue)=1")) { server, port in
      let client = DataForestClient(
        .init(endpoint: try Endpoint("http://127.0.0.1:\(port)"), credentials: .sandbox, requestTimeout: .seconds(20)),
        time: SystemTimeSource())
      let outcome = await client.create(SandboxFixture.definition("one"))
      #expect(outcome.kind == .unknown, "\(outcome)")
      #expect((outcome.retryAfter == .seconds(1)) == (fault == .unavailableRetryAfter))
      #expect(server.ledger.creates.count == createCount)
      try await client.shutdown()
    }
  }

  @Test func `a late commit lands by the time that was set`() throws {
    var configuration = try configuration("late=1")
    configuration.faults.lateBy = .seconds(3)
    let fixture = try SandboxFixture(configuration)
    #expect(fixture.create("one").delivery == .dropped)
    fixture.time.advance(by: .milliseconds(2_999))
    #expect(fixture.server.ledger.creates.isEmpty)
    fixture.time.advance(by: .milliseconds(1))
    #expect(fixture.server.ledger.creates.map(\.name) == ["one"])
  }

  @Test func `a hanging reply was carried out`() throws {
    let fixture = try SandboxFixture(try configuration("hang=1"))
    #expect(fixture.create("one").delivery == .hung)
    #expect(fixture.server.ledger.creates.count == 1)
  }

  @Test func `the same seed draws the same faults, about as often as asked`() throws {
    var configuration = try configuration("drop-before=0.25", "unavailable=0.25")
    let runs = try [UInt64(7), 7, 8].map { seed in
      configuration.faults.seed = seed
      let fixture = try SandboxFixture(configuration)
      return (0..<400).map { fixture.create("n\($0)").status }
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0] != runs[2])
    let clean = runs[0].filter { $0 == 200 }.count
    #expect((160...240).contains(clean), "\(clean) of 400, seed 7")
  }

  @Test func `duplicates can be accepted, and the ledger shows them`() throws {
    var configuration = SandboxConfiguration()
    configuration.acceptsDuplicates = true
    let fixture = try SandboxFixture(configuration)
    _ = fixture.create("one")
    _ = fixture.create("one")
    #expect(fixture.server.ledger.createsPerKey.values.max() == 2)
    let list = fixture.post("aiworkspaces/getList", #"{"search":{"accountId":"\#(SandboxFixture.account)"}}"#)
    #expect(list.body[key: "total"] == .integer(2))
  }

  @Test func `a retired service answers as the gateway does for what it does not know`() throws {
    var configuration = SandboxConfiguration()
    configuration.isRetired = true
    let reply = try SandboxFixture(configuration).create("one")
    #expect(reply.status == 404 && reply.gatewayCode == 300)
  }

  @Test(arguments: ["", "drop-after", "drop-after=2", "drop-after=-1", "fly=0.5", "drop-after=x"])
  func `what is no fault is refused with the names that are`(text: String) {
    var faults = Faults()
    let refusal = #expect(throws: Faults.Refusal.self) { try faults.add(text) }
    #expect(refusal?.description.contains("drop-before") == true)
  }
}
