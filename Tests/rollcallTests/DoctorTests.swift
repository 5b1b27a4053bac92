import Foundation
import Pacing
import Sandbox
import TestSupport
import Testing

@Suite struct DoctorTests {
  @Test func `all is well at a sandbox, and the accounts are named with their ids`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      fixture.time = JumpingTimeSource(now: SystemTimeSource().now())
      try fixture.writeRoster(["n1"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let result = await fixture.run("doctor")
      #expect(result.status == 0, "\(result)")
      for text in [
        "1 unfinished", "accepted", CommandFixture.account, "tensorflow:r2.3.1-py3", "readable by its owner",
      ] {
        #expect(result.output.contains(text), "\(text): \(result)")
      }
      #expect(fixture.sandbox.ledger.createRequests == 0)
    }
  }

  @Test func `what is bad is said with what to do, and the status says so`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      fixture.environment["NCLOUD_ACCESS_KEY"] = "FAKE-ACCESS-KEY-0001"
      fixture.environment["NCLOUD_SECRET_KEY"] = "wrong"
      try "notes".write(toFile: fixture.folder + "/rollcall.db", atomically: true, encoding: .utf8)
      let result = await fixture.run("doctor")
      #expect(result.status == 6, "\(result)")
      #expect(result.output.contains("bad  queue") && result.output.contains("not a Rollcall queue"), "\(result)")
      #expect(result.output.contains("bad  service") && result.output.contains("인증키"), "\(result)")
      #expect(!result.output.contains("wrong"))
    }
  }
}
