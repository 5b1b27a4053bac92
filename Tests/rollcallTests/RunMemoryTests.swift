// What is remembered and told of runs that did not go well: nights that a person learns of in the morning.

import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import Sandbox
import Testing

@testable import rollcall

@Suite struct RunMemoryTests {
  private func runs(_ fixture: CommandFixture) throws -> [RunRecord] {
    let queue = try Queue(path: fixture.folder + "/rollcall.db", time: SystemTimeSource())
    defer { _ = Result { try queue.close() } }
    return try queue.runs(atMost: 20)
  }

  @Test func `a night with a wrong key says so: summary, page and the queue's memory`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b", "c"])
      var night = fixture
      night.environment["NCLOUD_ACCESS_KEY"] = "FAKE-ACCESS-KEY-0001"
      night.environment["NCLOUD_SECRET_KEY"] = "wrong"
      #expect(await night.run("run", "class.csv", "--out", "report").status == 6)
      let words = "the service refused the credentials (Invalid authentication information.). 3 rows not sent."
      for file in ["report/summary.json", "report/report.html"] {
        let text = fixture.frozen(try fixture.read(file))
        #expect(text.contains("Stopped CLOCK: \(words)"), "\(file)")
      }
      let run = try #require(try runs(fixture).first)
      #expect(run.verb == "run" && run.batch == BatchID(1) && run.label == fixture.folder + "/class.csv")
      #expect(run.end?.status == 6 && run.end?.reason == "denied")
      #expect(run.end?.counts == .init(rowCount: 3, doneCount: 0, unsentCount: 3))
      // A report that is written later tells it, too.
      #expect(await fixture.run("report", "--out", "report").status == 0)
      #expect(fixture.frozen(try fixture.read("report/summary.json")).contains("Stopped CLOCK: \(words)"))
    }
  }

  @Test func `runs that end before there is a batch are remembered as their course's, and plans are not`()
    async throws
  {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      try fixture.writeRoster(["a", "B"])
      #expect(await fixture.run("run", "class.csv", "--out", "report").status == 5)
      #expect(await fixture.run("run", "class.csv", "--dry-run").status == 5)
      #expect(await fixture.run("run", "missing.csv", "--out", "report2").status == 2)
      try fixture.writeRoster(["a", "b", "c"])
      #expect(await fixture.run("run", "class.csv", "--max-new", "0", "--out", "report").status == 6)
      #expect(await fixture.run("run", "class.csv", "--dry-run").status == 0)
      let runs = try runs(fixture)
      #expect(runs.map { $0.end?.reason } == ["max_new", "roster_issues", "done"])
      #expect(runs.map(\.batch) == [nil, nil, BatchID(1)])
      // The report of what is there says that tonight nothing came of it.
      #expect(await fixture.run("report", "--out", "report").status == 0)
      #expect(try fixture.read("report/summary.json").contains(#""reason" : "max_new""#))
    }
  }

  @Test func `a night without its roster or its template is remembered, and the template of last time is named so`()
    async throws
  {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      try fixture.write(
        #"{"configuration":{"resource":{"gpuCount":1}}}"#, to: "lab.json")
      let first = await fixture.run(
        "run", "class.csv", "--template", "lab.json", "--rate", "500/s", "--out", "report")
      #expect(first.status == 0, "\(first)")
      try FileManager.default.removeItem(atPath: fixture.folder + "/lab.json")
      for verb in [["run", "--out", "report"], ["check"], ["import"]] {
        let result = await fixture.run([verb[0], "class.csv"] + verb.dropFirst(), answer: nil, isInteractive: false)
        #expect(result.status == 2, "\(result)")
        #expect(
          result.errorOutput == """
            Error: There is no template \(fixture.folder)/lab.json.
            Hint: It is the one of last time: name the one of now with --template, or --fresh reads the roster without it.

            """, "\(result)")
      }
      try FileManager.default.removeItem(atPath: fixture.folder + "/class.csv")
      #expect(await fixture.run("run", "class.csv", "--fresh", "--out", "report").status == 2)
      let runs = try runs(fixture)
      #expect(runs.map { $0.end?.status } == [2, 2, 0])
      #expect(runs[0].end?.message.contains("class.csv") == true && runs[1].end?.message.contains("lab.json") == true)
      #expect(await fixture.run("report", "--out", "report").status == 0)
      #expect(fixture.frozen(try fixture.read("report/summary.json")).contains("Ended CLOCK:"))
    }
  }

  @Test func `who has left is told by the run that has brought the roster, even a quiet one, and once`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b", "c", "d", "e", "f"])
      let quiet = ["run", "class.csv", "--rate", "500/s", "--quiet", "--out", "report"]
      let first = await fixture.run(quiet, answer: nil, isInteractive: false)
      #expect(first.status == 0 && first.errorOutput.isEmpty, "\(first)")
      try fixture.writeRoster(["a", "b", "c", "d", "e"])
      let second = await fixture.run(quiet, answer: nil, isInteractive: false)
      #expect(
        second.status == 0
          && second.errorOutput.contains("1 row has left the roster; whatever was made for it is still there: gone.csv"),
        "\(second)")
      let gone = fixture.frozen(try fixture.read("report/gone.csv")).split(separator: "\n")
      #expect(gone[0].hasSuffix(",rollcall_gone_at,rollcall_line"))
      #expect(gone[1].hasPrefix("f,") && gone[1].hasSuffix(",TIME,TIME,,TIME,7"), "\(gone[1])")
      let third = await fixture.run(quiet, answer: nil, isInteractive: false)
      #expect(third.status == 0 && third.errorOutput.isEmpty, "\(third)")
    }
  }

  @Test func `check and run --dry-run show one plan and end alike`() async throws {
    try await CommandFixture.with { fixture in
      func plans() async throws -> (check: CommandResult, run: CommandResult) {
        (
          await fixture.run("check", "class.csv", "--skip-invalid"),
          await fixture.run("run", "class.csv", "--skip-invalid", "--dry-run")
        )
      }
      func plan(_ text: String) -> [Substring] {
        fixture.frozen(text).split(separator: "\n").drop { !$0.hasPrefix("Plan") }
          .filter { $0.hasPrefix("  ") || $0.hasPrefix("Plan") }
      }
      try fixture.writeRoster(["a", "b", "c", "d", "e", "f", "g"])
      var (check, run) = try await plans()
      #expect(check.status == 0 && run.status == 0 && plan(check.output) == plan(run.errorOutput), "\(check) \(run)")
      #expect(await fixture.run("run", "class.csv", "--rate", "9/s", "--out", "report").status == 0)
      // A learned or set pace, a roster with issues, a roster that is cut off.
      try fixture.writeRoster(["a", "b", "c", "d", "e", "f", "g", "H"], image: "pytorch:r1.10.0-py3")
      (check, run) = try await plans()
      #expect(check.status == 3 && run.status == 3, "\(check) \(run)")
      #expect(plan(check.output) == plan(run.errorOutput), "\(check) \(run)")
      #expect(check.output.contains("pace      9/s, burst 2"))
      try fixture.writeRoster(["a"])
      (check, run) = try await plans()
      #expect(check.status == 6 && run.status == 6, "\(check) \(run)")
    }
  }
}
