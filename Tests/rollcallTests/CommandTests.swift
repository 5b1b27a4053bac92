import DataForest
import Foundation
import Provisioning
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// What the command says and how it ends, where nothing needs to be sent.
@Suite struct CommandTests {
  @Test func `help and version go to standard output and end with 0`() async throws {
    try await CommandFixture.with { fixture in
      let help = await fixture.run("--help")
      #expect(help.status == 0 && help.output.contains("Exit status:"), "\(help)")
      let version = await fixture.run("--version")
      #expect(version.status == 0 && version.output == "0.1.0\n", "\(version)")
    }
  }

  @Test func `retry offers the reasons that rows which are over have, and no others`() {
    let events: [ItemEvent] =
      [.listedForeign, .withdrawn(.cancelled), .withdrawn(.gone)]
      + Outcome.Kind.allCases.flatMap { kind in [true, false].map { .answered(kind, hasEarlierUnknown: $0) } }
      + LastWord.allCases.flatMap { word in [true, false].map { .listedAbsent(after: word, attemptsLeft: $0) } }
    let ends = ItemState.allCases.flatMap { state in
      events.flatMap { event in [true, false].compactMap { state.after(event, isFlagged: $0) } }
    }
    let reasons = ends.filter { $0.state == .failed || $0.state == .cancelled }.compactMap(\.reason?.rawValue)
    #expect(Set(reasons) == Set(Reason.allValueStrings))
  }

  @Test(arguments: [
    ["run"], ["run", "x.csv", "--rate", "ten"], ["run", "x.csv", "--burst", "5"], ["fly"],
    ["run", "x.csv", "--concurrency", "0"], ["resume", "one"], ["run", "x.csv", "--endpoint", "http://example.com"],
    ["run", "x.csv", "--endpoint", "nonsense"], ["resume", "7"], ["status"], ["report", "--db", "none.db"],
    ["run", "x.csv", "--out", ""],
  ])
  func `wrong use ends with 2 and says why on standard error`(arguments: [String]) async throws {
    try await CommandFixture.with { fixture in
      let result = await fixture.run(arguments, answer: nil, isInteractive: false)
      #expect(result.status == 2, "\(arguments): \(result)")
      #expect(result.output.isEmpty && result.errorOutput.contains("Error: "), "\(arguments): \(result)")
    }
  }

  @Test func `an empty roster and one without rows end with 5, one that is not there with 2`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("", to: "empty.csv")
      try fixture.write("name,accountId,image,command\n", to: "header.csv")
      for roster in ["missing.csv", "empty.csv", "header.csv"] {
        let result = await fixture.run("run", roster)
        #expect(result.status == (roster == "missing.csv" ? 2 : 5), "\(roster): \(result)")
        #expect(result.errorOutput.contains(roster), "\(roster): \(result)")
      }
    }
  }

  @Test func `check finds nothing wrong, shows the plan and makes no queue`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      let result = await fixture.run("check", "class.csv")
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("2 new") && result.output.contains("No issues."), "\(result)")
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db"))
      #expect(fixture.sandbox.ledger.requests == 0)
    }
  }

  @Test func `check --json lists every issue for programs`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b--c"])
      let result = await fixture.run("check", "class.csv", "--json")
      #expect(result.status == 5, "\(result)")
      #expect(result.output.contains(#""rule":"name-form""#) && result.output.contains(#""cell":"A3""#), "\(result)")
    }
  }

  @Test func `a dry run shows the plan and stops`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      let result = await fixture.run("run", "class.csv", "--dry-run")
      #expect(result.status == 0 && result.errorOutput.contains("1 new"), "\(result)")
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db"))
    }
  }

  @Test func `more than --max-new stops before anything is stored`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b", "c"])
      let result = await fixture.run("run", "class.csv", "--max-new", "2")
      #expect(result.status == 6 && result.errorOutput.contains("--max-new 2"), "\(result)")
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db"))
    }
  }

  @Test func `creating elsewhere than on this machine needs a yes`() async throws {
    try await CommandFixture.with { fixture in
      var elsewhere = fixture
      elsewhere.environment["ROLLCALL_ENDPOINT"] = "https://df.example.invalid"
      elsewhere.environment["NCLOUD_ACCESS_KEY"] = "key"
      elsewhere.environment["NCLOUD_SECRET_KEY"] = "secret"
      try elsewhere.writeRoster(["a"])
      let silent = await elsewhere.run("run", "class.csv")
      #expect(silent.status == 2 && silent.errorOutput.contains("--yes"), "\(silent)")
      for answer in ["n", "", nil] as [String?] {
        let declined = await elsewhere.run("run", "class.csv", answer: answer, isInteractive: true)
        #expect(declined.status == 6, "\(String(describing: answer)): \(declined)")
        #expect(declined.errorOutput.contains("[y/N]") && declined.errorOutput.contains("Nothing was imported"))
      }
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db"))
    }
  }

  @Test func `without credentials and without a sandbox, run says how to get on`() async throws {
    try await CommandFixture.with { fixture in
      var bare = fixture
      bare.environment["ROLLCALL_ENDPOINT"] = nil
      try bare.writeRoster(["a"])
      let result = await bare.run("run", "class.csv")
      #expect(result.status == 2, "\(result)")
      for text in ["NCLOUD_ACCESS_KEY", "~/.ncloud/configure", "rollcall sandbox"] {
        #expect(result.errorOutput.contains(text), "\(text): \(result)")
      }
    }
  }

  @Test func `import queues only, resume sends, status and report tell`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      let imported = await fixture.run("import", "class.csv")
      #expect(imported.status == 0 && imported.output.contains("2 to send"), "\(imported)")
      #expect(fixture.sandbox.ledger.requests == 0)
      let again = await fixture.run("import", "class.csv")
      #expect(again.output.contains("is this roster already"), "\(again)")
      let before = await fixture.run("status")
      #expect(before.output.contains("not sent: 2"), "\(before)")
      let resumed = await fixture.run("resume", "--rate", "500/s", "--quiet")
      #expect(resumed.status == 0 && resumed.errorOutput.isEmpty && resumed.output.isEmpty, "\(resumed)")
      let after = await fixture.run("status", "--json")
      #expect(after.output.contains(#""done":2"#), "\(after)")
      let report = await fixture.run("report", "--out", "again")
      #expect(report.status == 0, "\(report)")
      #expect(try fixture.read("again/succeeded.csv").split(separator: "\r\n").count == 3)
    }
  }

  @Test func `resume with two unfinished batches asks which, and keeps to the batch's endpoint`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      try fixture.writeRoster(["b"], to: "other.csv")
      _ = await fixture.run("import", "class.csv")
      _ = await fixture.run("import", "other.csv")
      let which = await fixture.run("resume")
      #expect(which.status == 2 && which.errorOutput.contains("rollcall resume 2"), "\(which)")
      let elsewhere = await fixture.run("resume", "1", "--endpoint", "https://df.example.invalid")
      #expect(elsewhere.status == 2 && elsewhere.errorOutput.contains("belongs to"), "\(elsewhere)")
    }
  }

  @Test func `no home and no --db is a usage error`() async throws {
    try await CommandFixture.with { fixture in
      var homeless = fixture
      homeless.environment["HOME"] = nil
      homeless.environment["ROLLCALL_DB"] = nil
      let result = await homeless.run("status")
      #expect(result.status == 2 && result.errorOutput.contains("--db"), "\(result)")
    }
  }

  @Test func `nothing secret is in any file or output of a run`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(result.status == 0, "\(result)")
      let secrets = [Credentials.sandbox.accessKey, Credentials.sandbox.secretKey]
      for secret in secrets { #expect(!(result.output + result.errorOutput).contains(secret)) }
      for file in try FileManager.default.subpathsOfDirectory(atPath: fixture.folder) {
        guard let data = FileManager.default.contents(atPath: fixture.folder + "/" + file) else { continue }
        for secret in secrets { #expect(data.range(of: Data(secret.utf8)) == nil, "\(file)") }
      }
    }
  }
}
