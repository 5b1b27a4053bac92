import Foundation
import Pacing
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// What people say about the pace and the end of a run.
@Suite struct PaceOptionTests {
  @Test func `the plan names every limit, and how long they take together`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster((1...6).map { "n\($0)" })
      let plan = await fixture.run("run", "class.csv", "--dry-run", "--rate", "100/s", "--rate", "4/day")
      #expect(plan.errorOutput.contains("pace      100/s, burst 2, 4/day (--rate): 6 creates in about 1 d"), "\(plan)")
    }
  }

  @Test(arguments: [
    ["--rate", "1/s", "--rate", "5/m"], ["--rate", "auto", "--rate", "5/s"], ["--rate", "500/day", "--burst", "5"],
    ["--rate", "often"], ["--halt-after", "0"], ["--halt-after", "101%"], ["--halt-after", "1.5"],
    ["--deadline", "24:00"], ["--deadline", "6"], ["--concurrency", "0"],
  ])
  func `what cannot be meant is a usage error`(options: [String]) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"])
      let result = await fixture.run(["run", "class.csv"] + options, answer: nil, isInteractive: false)
      #expect(result.status == 2, "\(options): \(result)")
    }
  }

  @Test func `too many failed rows end a run for a person's look`() async throws {
    try await CommandFixture.with(time: JumpingTimeSource()) { fixture in
      let names = (1...20).map { "n\($0)" }
      try fixture.writeRoster(Array(names.prefix(4)), to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db", "--quiet").status == 0)
      try fixture.writeRoster(names, image: "pytorch:r2.3.1-py3")
      let most = ["run", "class.csv", "--rate", "500/s", "--out", "report", "--quiet", "--halt-after"]
      let result = await fixture.run(most + ["3"], answer: nil, isInteractive: false)
      #expect(result.status == 6 && result.errorOutput.contains("4 rows have failed"), "\(result)")
      #expect(fixture.sandbox.ledger.creates.count == 4)
      let more = await fixture.run(most + ["20%"], answer: nil, isInteractive: false)
      #expect(more.status == 3 && fixture.sandbox.ledger.creates.count == 20, "\(more)")
    }
  }

  @Test func `shares are of the batch and at least five, numbers are numbers`() {
    #expect(HaltAfter(argument: "3%")?.count(of: 300) == 9)
    #expect(HaltAfter(argument: "3%")?.count(of: 30) == 5)
    #expect(HaltAfter(argument: "2")?.count(of: 300) == 2)
  }

  @Test func `a deadline is the next time the clock shows it`() {
    let now = ManualTimeSource().now()
    for text in ["00:00", "6:30", "23:59"] {
      let next = TimeOfDay(argument: text)?.next(after: now).instant
      #expect(next.map { $0 > now && $0 - now <= .seconds(25 * 3_600) } == true, "\(text)")
      #expect(next?.rfc3339().contains("T\(text.count == 4 ? "0" : "")\(text):00") == true)
    }
  }

  /// In New York the clocks go from 02:00 to 03:00 on 10 March 2024, in Lord Howe from 02:00 to 02:30 on 6 October, in
  /// Santiago from 24:00 to 01:00 on 8 September, and back in New York from 02:00 to 01:00 on 3 November.
  @Test(arguments: [
    ("America/New_York", "2024-03-10T00:00:00-05:00", "2:30", "2024-03-10T03:30:00-04:00", "03:30" as String?),
    ("Australia/Lord_Howe", "2024-10-06T00:00:00+10:30", "2:15", "2024-10-06T02:45:00+11:00", "02:45"),
    ("America/Santiago", "2024-09-07T22:00:00-04:00", "0:30", "2024-09-08T01:30:00-03:00", "01:30"),
    ("America/New_York", "2024-03-10T00:00:00-05:00", "3:30", "2024-03-10T03:30:00-04:00", nil),
    ("America/New_York", "2024-11-03T00:00:00-04:00", "1:30", "2024-11-03T01:30:00-04:00", nil),
    ("America/New_York", "2024-11-03T01:45:00-04:00", "1:30", "2024-11-03T01:30:00-05:00", nil),
    ("America/New_York", "2024-11-03T01:59:45-04:00", "1:00", "2024-11-03T01:00:00-05:00", nil),
    ("America/New_York", "2024-11-03T00:00:00-04:00", "3:00", "2024-11-03T03:00:00-05:00", nil),
  ])
  func `a time of day that the night leaves out is later, and said`(
    zone: String, now: String, text: String, expected: String, shown: String?
  ) throws {
    let zone = try #require(TimeZone(identifier: zone))
    let next = try #require(TimeOfDay(argument: text))
      .next(after: try #require(Instant(rfc3339: now)), in: zone)
    #expect(next.instant == Instant(rfc3339: expected), "\(next.instant.rfc3339(in: zone))")
    #expect(next.shown == shown)
  }

  @Test func `whoever wants to know is told where the summary is, and never the keys`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      fixture.environment["NCLOUD_ACCESS_KEY"] = "FAKE-ACCESS-KEY-0001"
      fixture.environment["NCLOUD_SECRET_KEY"] = "FAKE-SECRET-KEY-0001"
      fixture.environment["PATH"] = "/usr/bin:/bin"
      try fixture.writeRoster(["n1"])
      let result = await fixture.run(
        "run", "class.csv", "--rate", "500/s", "--out", "report", "--on-finish",
        "echo $ROLLCALL_EXIT_STATUS >told; cat $ROLLCALL_SUMMARY >>told; env >>told")
      #expect(result.status == 0, "\(result)")
      let told = try fixture.read("told")
      #expect(told.hasPrefix("0\n{") && told.contains("\"rowCount\" : 1") && !told.contains("SECRET"), "\(told)")
      let failing = await fixture.run("run", "class.csv", "--out", "report", "--on-finish", "exit 7")
      #expect(failing.status == 0 && failing.errorOutput.contains("ended with status 7"), "\(failing)")
    }
  }
}
