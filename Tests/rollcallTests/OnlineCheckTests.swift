import Foundation
import Pacing
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// `check --online`.
@Suite struct OnlineCheckTests {
  private static func at(_ fixture: CommandFixture) -> CommandFixture {
    var fixture = fixture
    fixture.time = JumpingTimeSource(now: SystemTimeSource().now())
    return fixture
  }

  @Test func `what the service has is good, and nothing is made`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1", "n2"])
      let result = await Self.at(fixture).run("check", "class.csv", "--online")
      #expect(result.status == 0 && result.output.contains("none of the new names"), "\(result)")
      #expect(fixture.sandbox.ledger.createRequests == 0)
    }
  }

  @Test func `an account, an image and a name that do not fit are told with their lines`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"], to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db").status == 0)
      try fixture.write(
        "name,accountId,image,command\nn1,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\n"
          + "n2,0000000000000000000000,tensorflow:r2.3.1-py3,ls\nn3,\(CommandFixture.account),tensorflow:none,ls\n")
      let result = await Self.at(fixture).run("check", "class.csv", "--online")
      #expect(result.status == 5, "\(result)")
      for text in [
        "class.csv:3: accountId: '0000000000000000000000' is none of the accounts",
        "class.csv:4: image: the service has no 'tensorflow:none': it has ",
        "class.csv:2: name: 'n1' is there already as YPI", "Error: 3 things do not fit",
      ] {
        #expect(result.errorOutput.contains(text), "\(text): \(result)")
      }
    }
  }

  @Test func `the roster is read once, whatever becomes of it while the service is asked`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"], to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db").status == 0)
      var fixture = fixture
      let roster = fixture.folder + "/" + (try fixture.writeRoster(["n0", "n1"]))
      fixture.time = RemovingTimeSource(roster)
      let result = await fixture.run("check", "class.csv", "--online")
      #expect(!FileManager.default.fileExists(atPath: roster))
      #expect(result.status == 5, "\(result)")
      #expect(result.errorOutput.contains("class.csv:3: name: 'n1' is there already as YPI"), "\(result)")
    }
  }

  @Test func `what this queue has made is no surprise`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      #expect(await Self.at(fixture).run("check", "class.csv", "--online").status == 0)
    }
  }

  @Test func `wrong credentials are for a person`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = Self.at(fixture)
      fixture.environment["NCLOUD_ACCESS_KEY"] = "FAKE-ACCESS-KEY-0001"
      fixture.environment["NCLOUD_SECRET_KEY"] = "wrong"
      try fixture.writeRoster(["n1"])
      let result = await fixture.run("check", "class.csv", "--online")
      #expect(result.status == 6 && result.errorOutput.contains("does not tell the accounts"), "\(result)")
    }
  }
}

/// Time that jumps, and takes a file away as soon as somebody waits.
private struct RemovingTimeSource: TimeSource {
  private let time = JumpingTimeSource(now: SystemTimeSource().now())
  private let path: String

  init(_ path: String) { self.path = path }

  func now() -> Instant { time.now() }
  func sinceBoot() -> SinceBoot { time.sinceBoot() }
  func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    unlink(path)
    return time.alarm(at: instant, ring: ring)
  }
}
