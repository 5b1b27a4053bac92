import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Pacing
import SQLiteStore
import Sandbox
import Synchronization
import TestSupport
import Testing

@testable import rollcall

/// Every end is told to the command of --on-finish, once.
@Suite struct EndingTests {
  private static let hook = """
    printf '%s %s %s %s\\n' "$ROLLCALL_EXIT_STATUS" "$ROLLCALL_REASON" "${ROLLCALL_SUMMARY##*/}" "$ROLLCALL_MESSAGE" >>heard
    """

  /// Runs a command and checks that the hook heard of its end once.
  private func end(
    _ fixture: CommandFixture, _ arguments: [String], answer: String? = nil, isInteractive: Bool = false,
    _ status: rollcall.ExitStatus, _ reason: EndReason, hasSummary: Bool = false, saying: String
  ) async throws {
    let heard = fixture.folder + "/heard"
    if FileManager.default.fileExists(atPath: heard) { try FileManager.default.removeItem(atPath: heard) }
    let result = await fixture.run(
      arguments + ["--on-finish", Self.hook], answer: answer, isInteractive: isInteractive)
    #expect(result.status == status.rawValue, "\(arguments): \(result)")
    let lines = try fixture.read("heard").split(separator: "\n")
    #expect(lines.count == 1, "\(lines)")
    let start = "\(status.rawValue) \(reason.rawValue) \(hasSummary ? "summary.json" : "") "
    #expect(lines.first?.hasPrefix(start) == true, "\(lines)")
    #expect(lines.first?.contains(saying) == true, "\(saying): \(lines)")
  }

  @Test func `ends of run, resume and retry that worked`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      // What was there before is not handed on.
      fixture.environment["ROLLCALL_SUMMARY"] = "/old/summary.json"
      fixture.environment["ROLLCALL_REASON"] = "old"
      try fixture.writeRoster(["a"])
      try await end(fixture, ["run", "class.csv", "--dry-run"], .done, .planned, saying: "Only the plan was shown")
      let run = ["run", "class.csv", "--rate", "500/s", "--out", "report"]
      try await end(fixture, run, .done, .done, hasSummary: true, saying: "1 of 1 row is done.")
      let out = ["--out", "report"]
      try await end(fixture, ["resume", "1"] + out, .done, .done, hasSummary: true, saying: "1 of 1 row is done.")
      try await end(fixture, ["retry", "1"] + out, .done, .done, hasSummary: true, saying: "1 of 1 row is done.")
      try fixture.writeRoster(["b"], to: "b.csv")
      #expect(await fixture.run("import", "b.csv").status == 0)
      #expect(await fixture.run("cancel", "2").status == 0)
      try await end(
        fixture, ["resume", "2", "--out", "two"], .someFailed, .someFailed, hasSummary: true, saying: "0 of 1 row")
    }
  }

  @Test func `ends before anything is sent`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      try fixture.writeRoster(["b--c"], to: "bad.csv")
      try fixture.write("name,accountId,image,command\n", to: "empty.csv")
      try await end(fixture, ["run", "bad.csv"], .rosterIssues, .rosterIssues, saying: "has 1 issue")
      try await end(fixture, ["run", "empty.csv"], .rosterIssues, .rosterIssues, saying: "no rows")
      try await end(fixture, ["run", "missing.csv"], .usage, .usage, saying: "missing.csv")
      try await end(fixture, ["run", "class.csv", "--max-new", "1"], .personNeeded, .maxNew, saying: "--max-new 1")
      try await end(fixture, ["resume"], .usage, .usage, saying: "There is no queue")
      try await end(fixture, ["retry", "7"], .usage, .usage, saying: "There is no queue")
      try await end(fixture, ["run", "class.csv", "--endpoint", "nonsense"], .usage, .usage, saying: "nonsense")
      var elsewhere = fixture
      elsewhere.environment["ROLLCALL_ENDPOINT"] = "https://df.example.invalid"
      try await end(elsewhere, ["run", "class.csv"], .usage, .credentials, saying: "There are no credentials")
      elsewhere.environment["NCLOUD_ACCESS_KEY"] = "key"
      try await end(elsewhere, ["run", "class.csv"], .usage, .credentials, saying: "Only half of the credentials")
      elsewhere.environment["NCLOUD_SECRET_KEY"] = "secret"
      try await end(elsewhere, ["run", "class.csv"], .usage, .usage, saying: "no terminal")
      try await end(
        elsewhere, ["run", "class.csv"], answer: "n", isInteractive: true, .personNeeded, .declined,
        saying: "Nothing was imported")
      try await end(fixture, ["run", "class.csv", "--db", "."], .toolFailed, .queue, saying: "is not a Rollcall queue")
      #expect(fixture.sandbox.ledger.requests == 0)
    }
  }

  @Test func `ends that ask for a person or for time`() async throws {
    var configuration = SandboxConfiguration()
    configuration.isRetired = true
    try await CommandFixture.with(configuration) { fixture in
      try fixture.writeRoster(["a"])
      try await end(
        fixture, ["run", "class.csv", "--rate", "500/s", "--out", "report"], .personNeeded, .notOffered,
        hasSummary: true, saying: "URL not found.). 0 of 1 row is done.")
      let unreachable = ["--endpoint", "http://127.0.0.1:1", "--db", "two.db", "--max-wait", "100ms", "--out", "two"]
      try await end(
        fixture, ["run", "class.csv"] + unreachable, .paused, .waiting, hasSummary: true, saying: "0 of 1 row is done.")
    }
  }

  @Test func `a queue that another process has locked`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let descriptor = open(fixture.folder + "/rollcall.db.lock", O_RDWR | O_CREAT, 0o600)
      #expect(flock(descriptor, LOCK_EX) == 0)
      let resume = ["resume", "1", "--max-wait", "0s"]
      for _ in 1...2 { try await end(fixture, resume, .paused, .busy, saying: "is locked") }
      try await end(fixture, resume, .personNeeded, .standstill, saying: "for 3 runs: a person has to look")
      close(descriptor)
      // Somebody has ended that process: the count begins anew.
      try await end(
        fixture, ["resume", "1", "--rate", "500/s", "--out", "report"], .done, .done, hasSummary: true, saying: "1 of 1"
      )
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db.busy"))
    }
  }

  @Test func `a report's folder that cannot be written stops before the first create`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      try fixture.write("", to: "file")
      #expect(mkdir(fixture.folder + "/taken", 0o700) == 0)
      #expect(mkfifo(fixture.folder + "/taken/succeeded.csv", 0o600) == 0)
      for out in ["file", "file/below", "taken", "/dev/null"] {
        try await end(
          fixture, ["run", "class.csv", "--rate", "500/s", "--out", out], .toolFailed, .report,
          saying: "The report ")
      }
      #expect(fixture.sandbox.ledger.requests == 0)
    }
  }

  @Test func `a report that cannot be written at the end: the tally is told, and that nothing is lost`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      let queue = try Queue(path: fixture.folder + "/rollcall.db", time: fixture.time)
      let batch = try #require(try queue.latestBatch())
      let told = Told()
      let context = Context(
        environment: fixture.environment, folder: fixture.folder, output: { told.add($0) },
        errorOutput: { told.add($0) },
        readAnswer: { nil }, isInteractive: false, drawsProgress: false, time: fixture.time, handlesSignals: false)
      try FileManager.default.removeItem(atPath: fixture.folder + "/report")
      try fixture.write("", to: "report")
      for json in [[], ["--json"]] {
        var context = context
        context.machine = MachineOutput(json)
        let session = RunSession(
          queue: queue, batch: batch, endpoint: try EndpointOptions.endpoint(fixture.endpoint), credentials: .sandbox,
          pace: try PaceOptions.parse([]), report: try ReportOptions.parse(["--out", "report", "--quiet"] + json),
          context: context, note: RunNote(verb: "run", at: fixture.time.now()),
          folder: fixture.folder + "/report")
        let ending = try session.conclude(.finished)
        #expect(ending.status == .toolFailed && ending.reason == .report && ending.summary == nil)
        context.finish(ending)
        #expect(ending.message.contains("Not a directory") && ending.message.contains("2 of 2 rows are done."))
      }
      let text = told.text
      for part in ["done  2", "Not a directory", "rollcall report 1", #""done":2"#] {
        #expect(text.contains(part), "\(part): \(text)")
      }
      #expect(!text.contains("Files in"), "\(text)")
      try queue.close()
    }
  }

  @Test func `a message is one line of printable text, and is told once`() async throws {
    try await withTemporaryFolder { folder in
      let context = Context(
        environment: ["NCLOUD_SECRET_KEY": "s"], folder: folder, output: { _ in }, errorOutput: { _ in },
        readAnswer: { nil }, isInteractive: false, drawsProgress: false, time: SystemTimeSource(),
        handlesSignals: false)
      let long = String(repeating: "x", count: 200_000)
      let ending = Ending(status: .toolFailed, reason: .failed, message: "a\nb\u{1B}[2J\u{0}c\(long)")
      let hook = OnFinish(#"printf '%s|%s' "$ROLLCALL_MESSAGE" "$NCLOUD_SECRET_KEY" >>heard"#, in: context)
      hook.run(ending)
      hook.run(ending)
      let heard = try String(contentsOfFile: folder + "/heard", encoding: .utf8)
      #expect(heard.hasPrefix("a b") && heard.hasSuffix("x|") && heard.count < 1_100, "\(heard.prefix(40))")
      #expect(heard.unicodeScalars.allSatisfy { $0.value >= 32 })
    }
  }

  @Test func `report takes no --on-finish, rather than not running it`() async throws {
    try await CommandFixture.with { fixture in
      let result = await fixture.run("report", "--on-finish", "true")
      #expect(result.status == 2 && result.errorOutput.contains("run, resume and retry"), "\(result)")
    }
  }
}

/// What was printed.
private final class Told: Sendable {
  private let texts = Mutex("")

  var text: String { texts.withLock(\.self) }

  func add(_ text: String) { texts.withLock { $0 += text } }
}
