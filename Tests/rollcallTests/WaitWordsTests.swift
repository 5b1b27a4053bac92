import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import Sandbox
import TestSupport
import Testing
import Words

@testable import rollcall

/// What a person is told of a wait: by the plan, the log, `status` and `doctor`, and at the end.
@Suite struct WaitWordsTests {
  /// Makes the key of a fixture wait.
  private func wait(_ seconds: Int, _ fixture: CommandFixture, asked: Duration? = nil) async throws {
    let queue = try Queue(path: fixture.folder + "/rollcall.db", time: fixture.time)
    let scope = try queue.keyScope(
      baseURL: try #require(BaseURL(fixture.endpoint)), fingerprint: Credentials.sandbox.fingerprint)
    try await queue.hold(
      ScopeWait(
        KeyWait(
          until: fixture.time.now() + .seconds(seconds), reason: .throttled, message: "Too many requests.", asked: asked
        ), of: scope))
    try queue.close()
  }

  @Test func `plan, status, doctor and the end say what the key waits for, and how to try now`() async throws {
    try await CommandFixture.with(time: JumpingTimeSource(farthest: .seconds(600))) { fixture in
      try fixture.writeRoster(["n1", "n2"])
      let imported = await fixture.run("import", "class.csv")
      #expect(imported.status == 0, "\(imported)")
      try await wait(3_000, fixture, asked: .seconds(86_400))
      let why =
        "throttled: the service asked us to slow down (Too many requests.; it asked for 1 d, an hour is waited at most)"
      let plan = await fixture.run("run", "class.csv", "--dry-run")
      #expect(plan.errorOutput.contains("  waits     until ") && plan.errorOutput.contains(why), "\(plan)")
      #expect(plan.errorOutput.contains("--ignore-wait"), "\(plan)")
      let status = await fixture.run("status")
      #expect(status.output.contains("  waiting until ") && status.output.contains(why), "\(status)")
      let json = await fixture.run("status", "--json")
      #expect(json.output.contains(#""waits":[{"askedSeconds":86400,"message":"Too many requests.","#), "\(json)")
      let doctor = await fixture.run("doctor")
      #expect(doctor.output.contains("ok   wait        until ") && doctor.output.contains(why), "\(doctor)")

      let run = await fixture.run("run", "class.csv", "--out", "report", "--quiet")
      #expect(run.status == 4 && run.errorOutput.contains("Paused: \(why); it may go on at "), "\(run)")
      #expect(!run.errorOutput.contains("--rate"), "\(run)")
      #expect(fixture.sandbox.ledger.createRequests == 0)
      let now = await fixture.run("run", "class.csv", "--out", "report", "--ignore-wait", "--quiet")
      #expect(now.status == 0 && fixture.sandbox.ledger.creates.count == 2, "\(now)")
      let after = await fixture.run("doctor")
      #expect(after.output.contains("ok   wait        none now; the last one was to last until "), "\(after)")
    }
  }

  @Test func `the third run that a wait keeps from making anything ends with 6 and says since when`() async throws {
    try await CommandFixture.with(time: JumpingTimeSource(farthest: .seconds(600))) { fixture in
      try fixture.writeRoster(["n1"])
      _ = await fixture.run("import", "class.csv")
      try await wait(3_000, fixture)
      for _ in 1...2 { #expect(await fixture.run("run", "class.csv", "--out", "report", "--quiet").status == 4) }
      let third = await fixture.run("resume", "--quiet")
      #expect(third.status == 6, "\(third)")
      #expect(third.errorOutput.contains("3 runs in a row ended like this since "), "\(third)")
    }
  }

  @Test func `a clock that is behind the queue is spoken of, and the run goes on`() async throws {
    try await CommandFixture.with { fixture in
      var ahead = fixture
      ahead.time = AheadTimeSource(by: .seconds(40 * 86_400))
      try fixture.writeRoster(["n1"])
      #expect(await ahead.run("import", "class.csv").status == 0)
      let run = await fixture.run("run", "class.csv", "--out", "report", "--rate", "100/s")
      #expect(run.status == 0 && fixture.sandbox.ledger.creates.count == 1, "\(run)")
      #expect(run.errorOutput.contains("warning: This machine's clock shows "), "\(run)")
    }
  }

  @Test func `hints repeat the options that matter, quoted`() {
    let closing = Closing(
      end: .drained, batch: BatchID(7), database: "/home/a b/it's.db",
      options: ["--settle-delay", "2m", "--adopt-existing"])
    #expect(
      closing.hint
        == #"Go on with `rollcall resume 7 --db '/home/a b/it'\''s.db' --settle-delay 2m --adopt-existing`."#)
  }

  @Test func `a redirect and a certificate are told apart`() {
    func closing(_ outcome: Outcome) -> Closing { Closing(end: .halted(outcome), batch: BatchID(1), database: "q.db") }
    let certificate = closing(Outcome(.misdirected, message: "the TLS certificate is another host's"))
    #expect(
      certificate.sentence
        == "Stopped: the endpoint has not proved to be the service (the TLS certificate is another host's).")
    #expect(certificate.hint?.contains("make this machine trust the proxy's authority. Then go on with") == true)
    let redirect = closing(Outcome(.misdirected, message: "HTTP 302", status: 302))
    #expect(redirect.sentence == "Stopped: the endpoint answered with a redirect (HTTP 302); it is not the service.")
    #expect(redirect.hint?.hasPrefix("Check the endpoint and the service, then go on") == true)
  }

  @Test func `only options that differ from the usual are repeated`() throws {
    let usual = try RunVerb.parse(["class.csv", "--rate", "5/s", "--request-timeout", "30s"])
    #expect(usual.pace.optionsThatMatter.isEmpty)
    let other = try RunVerb.parse([
      "class.csv", "--request-timeout", "5s", "--settle-delay", "7s", "--max-attempts", "2",
    ])
    #expect(
      other.pace.optionsThatMatter
        == ["--request-timeout", "5s", "--settle-delay", "7s", "--max-attempts", "2"])
  }

  @Test(arguments: [
    (Limit(quota: Quota(rate: .untilLearned, burst: 2), source: .learned), "the pace that was learned, 2/s, asks"),
    (
      Limit(quota: Quota(rate: .untilLearned, burst: 2), source: .flag), "the limit that was set with --rate, 2/s, asks"
    ),
  ])
  func `our own limit is blamed by its name`(limit: Limit, words: String) {
    let closing = Closing(end: .paused(nil, until: nil), batch: BatchID(1), database: "q.db", limit: limit)
    #expect(closing.sentence == "Paused: \(words) for a longer wait than --max-wait.")
  }
}

/// The machine's time with a clock that is ahead.
private struct AheadTimeSource: TimeSource {
  private let time = SystemTimeSource()
  private let offset: Duration

  init(by offset: Duration) { self.offset = offset }

  func now() -> Instant { time.now() + offset }
  func sinceBoot() -> SinceBoot { time.sinceBoot() }
  func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    time.alarm(at: instant - offset, ring: ring)
  }
}
