import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Sandbox

@Suite struct OperationTests {
  @Test func `a workspace is created, listed, shown, configured and deleted`() throws {
    let fixture = try SandboxFixture()
    let id = try #require(fixture.create("one").id)
    #expect(id.utf8.count == 22)
    let list = fixture.post("aiworkspaces/getList", #"{"search":{"accountId":"\#(SandboxFixture.account)"}}"#)
    guard case .array(let contents) = list.body[key: "contents"] else {
      Issue.record("there is no list: \(list)")
      return
    }
    #expect(list.body[key: "total"] == .integer(1))
    #expect(contents[0][key: "name"] == .string("one"))
    #expect(contents[0][key: "imageVersion"] == .string("tensorflow:r2.3.1-py3"))
    #expect(contents[0][key: "createdAt"]?.stringValue.flatMap(Instant.init(rfc3339:)) == fixture.time.now())
    let settings = #"{"id":"\#(id)","configuration":{"docker":{"image":"pytorch:1","command":"ls"}}}"#
    #expect(fixture.post("aiworkspaces/setConfiguration", settings).id == id)
    let detail = fixture.post("aiworkspaces/getDetail", #"{"id":"\#(id)"}"#)
    #expect(detail.body[key: "accountId"] == .string(SandboxFixture.account))
    let history = fixture.post("aiworkspaces/getConfigurationList", #"{"id":"\#(id)"}"#)
    #expect(history.body[key: "total"] == .integer(2))
    #expect(fixture.post("aiworkspaces/delete", #"{"id":"\#(id)"}"#).id == id)
    #expect(fixture.post("aiworkspaces/getDetail", #"{"id":"\#(id)"}"#).status == 404)
    #expect(fixture.create("one").id != id)
  }

  @Test func `names are free or taken by account`() throws {
    let fixture = try SandboxFixture()
    _ = fixture.create("one")
    for (account, name, isFree) in [
      (SandboxConfiguration.standardAccounts[0], "one", false), (SandboxConfiguration.standardAccounts[1], "one", true),
      (SandboxConfiguration.standardAccounts[0], "two", true),
    ] {
      let reply = fixture.post("aiworkspaces/checkAvailableName", #"{"accountId":"\#(account)","name":"\#(name)"}"#)
      #expect(reply.body[key: "availableName"] == .bool(isFree), "\(account) \(name)")
    }
  }

  @Test func `images and accounts are told`() throws {
    let fixture = try SandboxFixture()
    let images = fixture.post("aiworkspaces/getDockerImageList", #"{"search":{"typeName":"tensorflow"}}"#)
    #expect(images.body[path: "dockerImages.tensorflow"] != nil)
    #expect(fixture.post("aiworkspaces/getDockerImageList", #"{"search":{"typeName":"jax"}}"#).status == 400)
    #expect(fixture.post("accounts/getList", "{}").body[key: "total"] == .integer(2))
  }

  @Test(arguments: [400, 409]) func `a second create of a name is refused`(status: Int) throws {
    var configuration = SandboxConfiguration()
    configuration.duplicateStatus = status
    let fixture = try SandboxFixture(configuration)
    _ = fixture.create("one")
    let second = fixture.create("one")
    #expect(second.status == status && second.message == "name already exists (one)")
    #expect(fixture.server.ledger.createsPerKey == ["\(SandboxFixture.account)/one": 1])
    #expect(fixture.server.ledger.createRequestsForExistingKey == 1)
  }

  @Test func `a full account refuses more, another one does not`() throws {
    var configuration = SandboxConfiguration()
    configuration.accountQuota = 1
    let fixture = try SandboxFixture(configuration)
    _ = fixture.create("one")
    #expect(fixture.create("two").message == "exceeded limit on resource quota")
    let other = SandboxFixture.definition("two", account: SandboxConfiguration.standardAccounts[1])
    #expect(fixture.post("aiworkspaces/create", other).id != nil)
  }

  @Test(arguments: [
    ("", "invalid request parameters"), ("[]", "invalid request parameters"),
    ("{\"a\":1.5}", "invalid request parameters"),
    ("{", "invalid request parameters"), ("{}", "invalid request parameter (accountId, 'null')"),
    (SandboxFixture.definition("One"), "invalid request parameter (name, 'One')"),
    (SandboxFixture.definition("a--b"), "invalid request parameter (name, 'a--b')"),
    (SandboxFixture.definition("a", more: ",\"args\":5"), "invalid request parameter (configuration.docker.args, '5')"),
    (
      SandboxFixture.definition("a", more: ",\"exposeTcpPorts\":[0]"),
      "invalid request parameter (configuration.docker.exposeTcpPorts, '0')"
    ),
    (
      SandboxFixture.definition("a", more: ",\"env\":{\"A\":1}"),
      "invalid request parameter (configuration.docker.env, '{\"A\":1}')"
    ),
  ])
  func `a create that cannot be is refused by its field`(body: String, message: String) throws {
    let fixture = try SandboxFixture()
    let reply = fixture.post("aiworkspaces/create", body)
    #expect(reply.status == 400 && reply.message == message, "\(reply)")
    #expect(fixture.server.ledger.creates.isEmpty)
  }

  @Test func `a wrong image is refused with the pattern it must match`() throws {
    let reply = try SandboxFixture().post("aiworkspaces/create", SandboxFixture.definition("a", image: "PyTorch:1"))
    let message = try #require(reply.message)
    #expect(message.hasPrefix("invalid request parameter (configuration.docker.image, 'PyTorch:1'). Must match \"^"))
  }

  @Test func `an unknown account is no such element`() throws {
    let fixture = try SandboxFixture()
    let body = SandboxFixture.definition("a", account: "nobody")
    #expect(fixture.post("aiworkspaces/create", body).status == 404)
    #expect(fixture.post("aiworkspaces/getList", #"{"search":{"accountId":"nobody"}}"#).message == "no such element")
    #expect(fixture.post("aiworkspaces/getList", "{}").status == 400)
  }

  @Test func `a member that no field knows is taken and noted`() throws {
    let fixture = try SandboxFixture()
    _ = fixture.post("aiworkspaces/create", SandboxFixture.definition("a", more: ",\"arg\":\"x\""))
    #expect(fixture.server.ledger.unknownFields == ["configuration.docker.arg": 1])
    #expect(fixture.server.ledger.creates.map(\.name) == ["a"])
  }
}
