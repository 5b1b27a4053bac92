import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import TestSupport
import Testing

@testable import rollcall

/// `wait` and `status --exit-code` end as `run` would.
@Suite struct WaitTests {
  private func withBatch(
    time: any TimeSource, _ body: @escaping @Sendable (CommandFixture, Queue, Batch) async throws -> Void
  ) async throws {
    try await CommandFixture.with(time: time) { fixture in
      try fixture.writeRoster(["a", "b"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let queue = try Queue(path: fixture.folder + "/rollcall.db", time: time)
      try await body(fixture, queue, try #require(try queue.latestBatch()))
      try queue.close()
    }
  }

  @Test func `nobody works on it: 4, and how to go on`() async throws {
    try await withBatch(time: JumpingTimeSource()) { fixture, _, _ in
      for arguments in [["wait", "1"], ["status", "--exit-code"]] {
        let result = await fixture.run(arguments + ["--json"], answer: nil, isInteractive: false)
        #expect(result.status == 4 && result.output.contains(#""code":"unfinished""#), "\(result)")
        #expect(result.output.contains("rollcall resume 1"), "\(result)")
      }
    }
  }

  @Test func `a process that works for longer than the timeout: 4`() async throws {
    try await withBatch(time: JumpingTimeSource()) { fixture, queue, batch in
      let owner = try queue.becomeOwner(of: batch.id)
      let before = fixture.time.sinceBoot()
      let result = await fixture.run("wait", "1", "--timeout", "20s", "--json")
      #expect(result.status == 4 && result.output.contains(#""code":"timed_out""#), "\(result)")
      #expect(fixture.time.sinceBoot().age(of: before) == .seconds(20))
      #expect(result.errorOutput.contains("not sent  2"), "\(result)")
      let status = await fixture.run("status", "--exit-code")
      #expect(status.status == 4, "\(status)")
      try await queue.end(owner)
    }
  }

  @Test func `it ends when the work has ended, with the status of what has become of the rows`() async throws {
    for isCancelled in [true, false] {
      let time = ManualTimeSource()
      try await withBatch(time: time) { fixture, queue, batch in
        let owner = try queue.becomeOwner(of: batch.id)
        async let waited = fixture.run("wait", "1")
        // It looks once a second.
        while time.nextAlarm == nil { await Task.yield() }
        if isCancelled { _ = try queue.cancel(batch.id) }
        try await queue.end(owner)
        time.advance(by: .seconds(1))
        let result = await waited
        #expect(result.status == (isCancelled ? 3 : 4), "\(result)")
        #expect(result.errorOutput.contains("Batch 1, class.csv:"), "\(result)")
      }
    }
  }

  @Test func `a run that has halted: its own status, code and sentence`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      try fixture.writeRoster(["a"])
      fixture.environment["NCLOUD_ACCESS_KEY"] = "OTHER-ACCESS-KEY"
      fixture.environment["NCLOUD_SECRET_KEY"] = "OTHER-SECRET-KEY"
      let run = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(run.status == 6, "\(run)")
      for arguments in [["wait", "1"], ["status", "--exit-code"]] {
        let result = await fixture.run(arguments + ["--json"], answer: nil, isInteractive: false)
        #expect(result.status == 6 && result.output.contains(#""code":"denied""#), "\(result)")
        #expect(result.output.contains("the service refused the credentials"), "\(result)")
      }
    }
  }

  @Test func `what was made otherwise than the roster asks for ends with 3, as run does`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      try fixture.writeRoster(["a"], image: "pytorch:r1.10.0-py3")
      #expect(await fixture.run("import", "class.csv").status == 0)
      for arguments in [["wait", "2"], ["status", "--exit-code"]] {
        let result = await fixture.run(arguments + ["--json"], answer: nil, isInteractive: false)
        #expect(result.status == 3 && result.output.contains(#""code":"changed""#), "\(result)")
        #expect(result.output.contains("1 row is made otherwise than the roster asks for (image)"), "\(result)")
      }
    }
  }

  @Test func `what is done ends with 0, what is not with 3, a batch that is not there with 2`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      try fixture.writeRoster(["b"], to: "other.csv")
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      #expect(await fixture.run("import", "other.csv").status == 0)
      #expect(await fixture.run("cancel", "2").status == 0)
      for (number, status) in [("1", 0), ("2", 3), ("7", 2)] as [(String, Int32)] {
        let waited = await fixture.run("wait", number)
        #expect(waited.status == status, "\(waited)")
        let looked = await fixture.run("status", number, "--exit-code")
        #expect(looked.status == status, "\(looked)")
      }
      let quiet = await fixture.run("wait", "1", "--quiet")
      #expect(quiet.output.isEmpty && quiet.errorOutput.isEmpty, "\(quiet)")
    }
  }
}
