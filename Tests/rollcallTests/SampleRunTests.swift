import Foundation
import Sandbox
import Testing

/// Every sample is checked, run against the sandbox, and its report is what it should be.
@Suite struct SampleRunTests {
  struct Sample: CustomTestStringConvertible, Sendable {
    let file: String
    var options: [String] = []
    /// The lines of succeeded.csv, without attempts, times and ids: cells, then name and line.
    let report: [String]
    var saying: String?

    var testDescription: String { file }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "samples").path

  private static func template(_ name: String) -> [String] { ["--template", "\(folder)/\(name)"] }

  static let samples = [
    Sample(
      file: "attendance-cp949.csv",
      options: template("attendance.json") + ["--header-line", "2", "--except", "순번=합계"],
      report: [
        "1,컴퓨터공학과,2,20251001,김민준 ai-20251001 3", "2,컴퓨터공학과,2,20251002,이서연 ai-20251002 4",
        "3,전자공학과,3,20241107,박도윤 ai-20241107 5", "4,전자공학과,3,20241112,\"남궁, 하늘\" ai-20241112 6",
        "5,수학과,1,20261020,최지우 ai-20261020 7",
      ], saying: "Read as CP949, commas: 5 rows."),
    Sample(
      file: "canvas-gradebook.csv",
      options: template("canvas.json") + [
        "--except", "Student=Points Possible", "--except", "Student=Student, Test",
      ],
      report: [
        "\"Kim, Minjun\" minjun-kim 3", "\"Lee, Seoyeon\" seoyeon-lee 4", "\"O'Neil, Sean\" sean-oneil 5",
      ]),
    Sample(
      file: "moodle-participants.csv", options: template("moodle-participants.json"),
      report: ["Minjun,Kim lab-20251001 2", "Seoyeon,Lee lab-20251002 3", "하늘,남궁 lab-20241112 4"]),
    Sample(
      file: "moodle-upload.csv", options: template("moodle-upload.json"),
      report: ["mkim,Minjun,Kim u-mkim 2", "slee,Seoyeon,Lee u-slee 3", "jmueller,Jörg,Müller u-jmueller 4"]),
    Sample(
      file: "github-classroom.csv", options: template("github-classroom.json"),
      report: ["20251001,minjun-kim gh-20251001 2", "20251002, gh-20251002 3", "20251003,SkyN gh-20251003 4"]),
    Sample(
      file: "semicolons.csv", report: ["김민준 ai101-s01 2", "\"Smith; John\" ai101-s02 3"],
      saying: "Read as UTF-8, semicolons: 2 rows."),
    Sample(
      file: "team.json", report: [" team-lead 9", " team-data 14", " team-web 18"],
      saying: "Read as UTF-8, JSON: 3 rows."),
    Sample(
      file: "nightly.jsonl", report: [" nightly-1 1", " nightly-2 2", " nightly-3 3"],
      saying: "Read as UTF-8, JSON Lines: 3 rows."),
  ]

  @Test(arguments: samples)
  func `a sample becomes the workspaces that it should`(sample: Sample) async throws {
    try await CommandFixture.with { fixture in
      let roster = "\(Self.folder)/\(sample.file)"
      let check = await fixture.run(["check", roster] + sample.options, answer: nil, isInteractive: false)
      #expect(check.status == 0, "\(check)")
      if let saying = sample.saying { #expect(check.errorOutput.contains(saying), "\(check)") }
      let run = await fixture.run(
        ["run", roster, "--rate", "500/s", "--out", "report"] + sample.options, answer: nil, isInteractive: false)
      #expect(run.status == 0, "\(run)")
      #expect(fixture.sandbox.ledger.creates.count == sample.report.count)
      #expect(fixture.sandbox.ledger.unknownFields.isEmpty)
      let lines = try fixture.read("report/succeeded.csv").split(separator: "\r\n").dropFirst().map(String.init)
      #expect(lines.count == sample.report.count)
      for (line, expected) in zip(lines, sample.report) {
        // The roster's first cells, the workspace's name, and the line of the roster.
        let parts = expected.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let (name, number) = (parts[parts.count - 2], parts[parts.count - 1])
        #expect(line.hasPrefix(parts.dropLast(2).joined(separator: " ")), "\(line)")
        #expect(line.contains(",\(CommandFixture.account),\(name),YPI") && line.hasSuffix(",\(number)"), "\(line)")
      }
    }
  }

  @Test func `a roster from standard input needs a label`() async throws {
    try await CommandFixture.with { fixture in
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/nightly.jsonl"))
      let without = await fixture.run(["run", "-"], answer: nil, isInteractive: false, input: data)
      #expect(without.status == 2 && without.errorOutput.contains("--label"), "\(without)")
      let result = await fixture.run(
        ["run", "-", "--label", "nightly", "--rate", "500/s", "--out", "report"], answer: nil, isInteractive: false,
        input: data)
      #expect(result.status == 0, "\(result)")
      #expect(fixture.sandbox.ledger.creates.count == 3)
    }
  }

  @Test func `a starter template names a column that makes names`() async throws {
    try await CommandFixture.with { fixture in
      for (file, options, name) in [
        ("attendance-cp949.csv", ["--header-line", "2"], "ai-${학번|slug|short:12}"),
        ("canvas-gradebook.csv", [], "${Student|slug|short:15}"),
        ("moodle-upload.csv", [], "${username|slug|short:15}"),
      ] {
        let result = await fixture.run(
          ["template", "\(Self.folder)/\(file)"] + options, answer: nil, isInteractive: false)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains(name), "\(result)")
      }
    }
  }

  @Test func `rows that are not accepted go into failed csv when a person says so`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(
        "name,accountId,image,command\nn1,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\nN2,\(CommandFixture.account),x,ls\n"
      )
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s").status == 5)
      let result = await fixture.run("run", "class.csv", "--rate", "500/s", "--skip-invalid", "--out", "report")
      #expect(result.status == 3, "\(result)")
      #expect(result.errorOutput.contains("1 of 2 rows have issues and are left out"), "\(result)")
      let failed = try fixture.read("report/failed.csv")
      #expect(failed.contains("invalid") && failed.contains("name: 'N2' must start with"), "\(failed)")
      #expect(fixture.sandbox.ledger.creates.count == 1)
    }
  }

  @Test func `who left stands in gone csv, and a part of a roster says nothing about who left`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1", "n2", "n3"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "one").status == 0)
      #expect(await fixture.run("run", "class.csv", "--limit", "1", "--out", "part").status == 0)
      #expect(try fixture.read("part/gone.csv").split(separator: "\r\n").count == 1)
      try fixture.writeRoster(["n1", "n4"])
      let plan = await fixture.run("check", "class.csv")
      #expect(plan.output.contains("1 new, 1 already done, 2 gone from the roster"), "\(plan)")
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "two").status == 0)
      let gone = try fixture.read("two/gone.csv").split(separator: "\r\n")
      #expect(gone.count == 3 && gone.last?.hasPrefix("n3,") == true, "\(gone)")
      #expect(try fixture.read("two/summary.json").contains("\"goneCount\" : 2"))
      #expect(await fixture.run("list", "--batches").output.split(separator: "\n").count == 3)
    }
  }

  @Test func `a person adopts what a conflict found`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"], image: "tensorflow:r1.15.2-py3", to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db").status == 0)
      try fixture.writeRoster(["n1", "n2"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 3)
      #expect(await fixture.run("adopt").output.contains("n1  YPI"))
      #expect(await fixture.run("adopt", "n2").status == 2)
      let adopted = await fixture.run("adopt", "n1")
      #expect(adopted.status == 0 && adopted.output.contains("image: tensorflow:r1.15.2-py3 → tensorflow:r2.3.1-py3"))
      // It stays what it is, and that is told.
      #expect(await fixture.run("run", "class.csv", "--out", "report").status == 3)
      #expect(fixture.sandbox.ledger.createRequests == 2)
    }
  }
}
