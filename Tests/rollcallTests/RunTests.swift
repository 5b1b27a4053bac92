import DataForest
import Foundation
import Pacing
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// `run` end to end: the real queue, client and pool against a sandbox over loopback.
@Suite struct RunTests {
  private static let names = (1...12).map { "ai-s\($0)" }

  @Test func `a class gets its workspaces, each once, and the files say so`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(Self.names)
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(result.status == 0, "\(result)")
      #expect(result.errorOutput.contains("12 new"), "\(result)")
      let ledger = fixture.sandbox.ledger
      #expect(ledger.creates.map(\.name).sorted() == Self.names.sorted())
      #expect(ledger.unknownFields.isEmpty)
      let succeeded = try fixture.read("report/succeeded.csv")
      for name in Self.names { #expect(succeeded.contains("\(name)@example.com,done,"), "\(name)") }
      #expect(try fixture.read("report/failed.csv").split(separator: "\r\n").count == 1)
      #expect(try fixture.read("report/summary.json").contains("\"done\" : 12"))
      #expect(try fixture.read("report/outcomes.jsonl").split(separator: "\n").count == 12)
    }
  }

  @Test func `the same roster again sends nothing`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(Self.names)
      _ = await fixture.run("run", "class.csv", "--rate", "500/s")
      let requests = fixture.sandbox.ledger.requests
      let again = await fixture.run("run", "class.csv", "--rate", "500/s")
      #expect(again.status == 0, "\(again)")
      #expect(again.errorOutput.contains("12 already done"), "\(again)")
      #expect(fixture.sandbox.ledger.requests == requests)
    }
  }

  @Test func `a longer roster sends only what is new`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(Array(Self.names.prefix(5)))
      _ = await fixture.run("run", "class.csv", "--rate", "500/s")
      try fixture.writeRoster(Self.names)
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "second")
      #expect(result.status == 0, "\(result)")
      #expect(result.errorOutput.contains("7 new, 5 already done"), "\(result)")
      #expect(fixture.sandbox.ledger.createRequests == 12)
      // The report covers the whole roster, with what the earlier batch made.
      #expect(try fixture.read("second/succeeded.csv").split(separator: "\r\n").count == 13)
    }
  }

  @Test func `failed rows are told apart, and run tries them again`() async throws {
    var configuration = SandboxConfiguration()
    configuration.accounts = [CommandFixture.account]
    try await CommandFixture.with(configuration) { fixture in
      try fixture.writeRoster(["mine"])
      _ = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "first")
      // A second queue knows nothing of it: the name is taken by something that it did not make.
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "other", "--db", "other.db")
      #expect(result.status == 3, "\(result)")
      #expect(try fixture.read("other/failed.csv").contains(",conflict,"))
      #expect(fixture.sandbox.ledger.createRequests == 1)
    }
  }

  @Test func `an image with an issue stops everything before anything is stored or sent`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"], image: "PyTorch:1")
      let result = await fixture.run("run", "class.csv")
      #expect(result.status == 5, "\(result)")
      #expect(result.errorOutput.contains("class.csv:2: image (C2): 'PyTorch:1'"), "\(result)")
      #expect(result.errorOutput.contains("(and 1 more row, the last on line 3)"), "\(result)")
      #expect(fixture.sandbox.ledger.requests == 0)
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db"))
    }
  }

  @Test func `a wrong secret key stops after the probe, and resume finishes with the right one`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(Self.names)
      var wrong = fixture
      wrong.environment["NCLOUD_ACCESS_KEY"] = Credentials.sandbox.accessKey
      wrong.environment["NCLOUD_SECRET_KEY"] = "a-wrong-secret"
      let denied = await wrong.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(denied.status == 6, "\(denied)")
      #expect(denied.errorOutput.contains("refused the credentials"), "\(denied)")
      #expect(!denied.errorOutput.contains("a-wrong-secret"))
      #expect(fixture.sandbox.ledger.requests == 1)
      #expect(try fixture.read("report/summary.json").contains("\"attemptCount\" : 0"))
      let resumed = await fixture.run("resume", "--rate", "500/s", "--out", "report")
      #expect(resumed.status == 0, "\(resumed)")
      #expect(fixture.sandbox.ledger.creates.count == 12)
    }
  }

  @Test func `an account that is full keeps its rows, and the person is told`() async throws {
    var configuration = SandboxConfiguration()
    configuration.accountQuota = 5
    try await CommandFixture.with(configuration) { fixture in
      try fixture.writeRoster(Self.names)
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(result.status == 6, "\(result)")
      #expect(result.errorOutput.contains("the account's quota is used up"), "\(result)")
      #expect(result.errorOutput.contains("rollcall resume 1"), "\(result)")
      #expect(fixture.sandbox.ledger.creates.count == 5)
      #expect(try fixture.read("report/unprocessed.csv").split(separator: "\r\n").count == 8)
    }
  }

  @Test func `what has our names and is not ours is a conflict, until a person wants it taken over`() async throws {
    try await CommandFixture.with { fixture in
      // Another queue has made two of the names, from another image.
      try fixture.writeRoster(["n1", "n2"], image: "tensorflow:r1.15.2-py3", to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db").status == 0)
      try fixture.writeRoster(["n1", "n2", "n3"])
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(result.status == 3, "\(result)")
      #expect(try fixture.read("report/failed.csv").contains("conflict,already there as YPI"))
      // Neither `resume` nor another `run` touches them.
      #expect(await fixture.run("run", "class.csv", "--out", "report").status == 3)
      #expect(fixture.sandbox.ledger.createRequests == 3)
      let adopted = await fixture.run("run", "class.csv", "--adopt-existing", "--out", "report")
      #expect(adopted.status == 3, "\(adopted)")
      #expect(adopted.errorOutput.contains("2 in conflict, taken over"), "\(adopted)")
      #expect(adopted.errorOutput.contains("2 taken over were made in the hour before"), "\(adopted)")
      let changed = try fixture.read("report/changed.csv").split(separator: "\r\n").dropFirst()
      #expect(changed.map { $0.hasSuffix(",image,tensorflow:r1.15.2-py3,tensorflow:r2.3.1-py3") } == [true, true])
      #expect(fixture.sandbox.ledger.createRequests == 3)
      let shown = await fixture.run("show", "n1")
      #expect(shown.output.contains("adopted from the service's list"), "\(shown)")
    }
  }

  @Test func `an outage is worded as one, and only what was sent has an unknown answer`() async throws {
    var configuration = SandboxConfiguration()
    try configuration.faults.add("unavailable=1")
    try await CommandFixture.with(configuration, time: JumpingTimeSource()) { fixture in
      try fixture.writeRoster(Self.names)
      let result = await fixture.run(
        "run", "class.csv", "--rate", "500/s", "--max-wait", "500ms", "--out", "report", "--quiet")
      #expect(result.status == 4, "\(result)")
      #expect(result.errorOutput.contains("the service gives no usable answers"), "\(result)")
      #expect(!result.errorOutput.contains("answer unknown"), "\(result)")
      #expect(fixture.sandbox.ledger.createRequests == 0)
    }
  }

  @Test func `a service that no longer offers workspaces is told from the probe, with no create sent`() async throws {
    var configuration = SandboxConfiguration()
    configuration.isRetired = true
    try await CommandFixture.with(configuration) { fixture in
      try fixture.writeRoster(Self.names)
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(result.status == 6, "\(result)")
      #expect(result.errorOutput.contains("does not offer AI workspaces"), "\(result)")
      #expect(fixture.sandbox.ledger.requests == 1)
    }
  }

  @Test func `nobody at the port ends the run after max-wait, with nothing lost`() async throws {
    try await CommandFixture.with(time: JumpingTimeSource()) { fixture in
      try fixture.writeRoster(["a"])
      let result = await fixture.run(
        "run", "class.csv", "--endpoint", "http://127.0.0.1:1", "--max-wait", "500ms", "--out", "report", "--quiet")
      #expect(result.status == 4, "\(result)")
      #expect(result.errorOutput.contains("could not be reached"), "\(result)")
      #expect(try fixture.read("report/summary.json").contains("\"ready\" : 1"))
    }
  }

  @Test func `the report's folder of another batch is not overwritten`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      try fixture.writeRoster(["b"], to: "other.csv")
      _ = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      let result = await fixture.run("run", "other.csv", "--rate", "500/s", "--out", "report")
      #expect(result.status == 2, "\(result)")
      #expect(result.errorOutput.contains("--out"), "\(result)")
      #expect(fixture.sandbox.ledger.creates.count == 1)
    }
  }
}
