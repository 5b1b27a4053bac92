// What a course remembers from one roster to the next: how it is read, where its report goes, and that it is the same course
// under another name.

import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Provisioning
import SQLiteStore
import Sandbox
import TestSupport
import Testing

@testable import rollcall

@Suite struct CourseMemoryTests {
  private static let roster = """
    Class list of spring
    학번,성명,전화,반
    101,Kim,010-1,가
    102,Lee,010-2,가
    합계,2,,

    """

  private static let template = """
    {"accountId":"\(CommandFixture.account)","name":"ai-${학번}","description":"${성명}",
     "configuration":{"docker":{"image":"tensorflow:r2.3.1-py3","command":"ls"}}}
    """

  private static let options = [
    "--template", "lab.json", "--header-line", "2", "--except", "학번=합계", "--drop", "전화",
  ]

  @Test func `how a roster is read is as last time, and that is told; what is said counts`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(Self.roster)
      try fixture.write(Self.template, to: "lab.json")
      let first = await fixture.run(
        ["run", "class.csv", "--rate", "500/s", "--out", "report"] + Self.options, answer: nil, isInteractive: false)
      #expect(first.status == 0 && !first.errorOutput.contains("As last time"), "\(first)")
      let words =
        "As last time: --template \(fixture.folder)/lab.json --header-line 2 --except 학번=합계 --drop 전화 "
        + "(--fresh reads it anew)\n"
      for verb in [["check"], ["run", "--out", "report"], ["import"]] {
        let again = await fixture.run(
          [verb[0], "class.csv"] + verb.dropFirst(), answer: nil, isInteractive: false)
        #expect(again.status == 0 && again.errorOutput.hasPrefix(words), "\(verb): \(again)")
      }
      #expect(try !fixture.read("report/succeeded.csv").contains("010-"))
      let other = await fixture.run("check", "class.csv", "--header-line", "1")
      #expect(other.status == 5 && !other.errorOutput.contains("--header-line 2 --except"), "\(other)")
      let fresh = await fixture.run("check", "class.csv", "--fresh")
      #expect(fresh.status == 5 && !fresh.errorOutput.contains("As last time"), "\(fresh)")
      // What was said last is remembered from then on; a course that was only checked remembers nothing.
      try fixture.write(Self.roster.replacing("Class list of spring\n", with: ""))
      let moved = await fixture.run("run", "class.csv", "--header-line", "1", "--out", "report")
      #expect(moved.status == 0, "\(moved)")
      #expect(await fixture.run("check", "class.csv").errorOutput.contains("--header-line 1 "))
    }
  }

  @Test func `a course keeps its folder from roster to roster, and no other course or queue may write there`()
    async throws
  {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s").status == 0)
      try fixture.writeRoster(["a", "b", "c"])
      let second = await fixture.run("run", "class.csv")
      #expect(
        second.status == 0 && second.errorOutput.contains("Files in \(fixture.folder)/rollcall-class-1/"), "\(second)")
      #expect(try fixture.read("rollcall-class-1/succeeded.csv").split(separator: "\r\n").count == 4)
      let resumed = await fixture.run("resume")
      #expect(resumed.errorOutput.contains("Files in \(fixture.folder)/rollcall-class-1/"), "\(resumed)")
      // Said before anything is stored or sent.
      try fixture.writeRoster(["x"], to: "other.csv")
      for options in [[], ["--db", fixture.folder + "/second.db"]] {
        let taken = await fixture.run(
          ["run", "other.csv", "--out", "rollcall-class-1"] + options, answer: nil, isInteractive: false)
        #expect(taken.status == 2, "\(taken)")
        #expect(
          taken.errorOutput.hasPrefix(
            """
            Error: The report \(fixture.folder)/rollcall-class-1 cannot be written: it holds the report of \
            \(fixture.folder)/class.csv, batch 2 of the queue \(fixture.folder)/rollcall.db.
            Hint: Name another folder with --out.
            """), "\(taken)")
      }
      #expect(fixture.sandbox.ledger.createRequests == 3)
      #expect(await fixture.run("list", "--batches").output.split(separator: "\n").count == 2)
    }
  }

  @Test func `the folder of the real service is remembered, and resume writes where run wrote`() async throws {
    try await withTemporaryFolder { folder in
      let queue = try Queue(path: folder + "/rollcall.db", time: ManualTimeSource())
      let course = Course(service: "dataforest", baseURL: "https://example.com", label: "/rosters/class.csv")
      let new = NewBatch(
        label: course.label, target: course.service, baseURL: course.baseURL, columns: ["a"], digest: "d")
      _ = try queue.importBatch(new, RowSpool().rows)
      let batch = try #require(try queue.latestBatch())
      let context = Context(
        environment: [:], folder: folder, output: { _ in }, errorOutput: { _ in }, readAnswer: { nil },
        isInteractive: false, drawsProgress: false, time: ManualTimeSource(), handlesSignals: false)
      let report = try ReportOptions.parse([])
      #expect(try report.folder(of: batch, in: queue, context) == folder + "/rollcall-class-1")
      try queue.remember(course, folder: "/reports/class")
      #expect(try report.folder(of: batch, in: queue, context) == "/reports/class")
      #expect(try ReportOptions.parse(["--out", "x"]).folder(of: batch, in: queue, context) == folder + "/x")
      try queue.close()
    }
  }

  @Test func `a renamed roster is asked about when its old file is gone, and never otherwise`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b", "c"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s").status == 0)
      try fixture.writeRoster(["a", "b", "d"], to: "klasse.csv")
      // Two files, two courses.
      #expect(await fixture.run("check", "klasse.csv").status == 0)
      #expect(await fixture.run("run", "klasse.csv", "--dry-run").status == 0)
      try FileManager.default.removeItem(atPath: fixture.folder + "/class.csv")
      let refused = await fixture.run("run", "klasse.csv")
      #expect(refused.status == 6)
      #expect(
        refused.errorOutput == """
          Error: klasse.csv names 2 of the 3 rows of \(fixture.folder)/class.csv (batch 1), and that file is gone; nothing \
          was imported or sent.
          Hint: If it is the same course: --label \(fixture.folder)/class.csv. If it is another one: a --label of its own.

          """, "\(refused)")
      #expect(await fixture.run("import", "klasse.csv").status == 6)
      let yes = await fixture.run("run", "klasse.csv", answer: "y", isInteractive: true)
      #expect(yes.status == 0 && yes.errorOutput.contains("1 new, 2 already done, 1 gone from the roster"), "\(yes)")
      #expect(yes.errorOutput.contains("rollcall-"), "\(yes)")
      let list = await fixture.run("list").output
      #expect(list.contains("klasse.csv") && !list.contains("class.csv  "), "\(list)")
      // It is known under the new name from then on.
      #expect(await fixture.run("run", "klasse.csv").status == 0)
    }
  }

  @Test func `a renamed roster that is another course, by the answer or by its label`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b", "c"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s").status == 0)
      try FileManager.default.moveItem(
        atPath: fixture.folder + "/class.csv", toPath: fixture.folder + "/klasse.csv")
      #expect(await fixture.run("run", "klasse.csv", "--label", "other").status == 0)
      let no = await fixture.run("run", "klasse.csv", answer: "n", isInteractive: true)
      #expect(no.status == 0 && no.errorOutput.contains("Batch 3, klasse.csv"), "\(no)")
      let same = await fixture.run("run", "klasse.csv", "--label", fixture.folder + "/class.csv")
      #expect(same.status == 0 && same.errorOutput.contains("Batch 1, class.csv"), "\(same)")
    }
  }
}
