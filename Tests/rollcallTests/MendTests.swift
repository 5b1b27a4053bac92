// `failed.csv`, mended by a person and run: its rows go back to their course.

import Foundation
import Sandbox
import TestSupport
import Testing

@testable import rollcall

@Suite struct MendTests {
  static let image = "tensorflow:r2.3.1-py3"

  /// A course of five: two and the last are made, somebody else has the name of the third, the fourth is invalid.
  static func withCourse(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n3"], to: "theirs.csv")
      let theirs = await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db", "--out", "theirs")
      #expect(theirs.status == 0, "\(theirs)")
      try fixture.write(roster)
      let first = await fixture.run(
        "run", "class.csv", "--skip-invalid", "--rate", "500/s", "--concurrency", "1", "--out", "report")
      #expect(first.status == 3, "\(first)")
      try await body(fixture)
    }
  }

  static let roster =
    "name,accountId,image,command,email\n"
    + ["n1", "n2", "n3", "N4", "n5"].map {
      "\($0),\(CommandFixture.account),\($0 == "N4" ? "PyTorch:1" : image),ls,\($0.lowercased())@example.com\n"
    }.joined()

  private static let plan = #"""
    Plan for class.csv: 5 rows
      endpoint  ENDPOINT (this machine)
      account   6COytUeFj7b8eOhq2L5zL
      rows      ROWS
      names     n1 … n5
      carried   email
    """#

  private static func plan(_ rows: String) -> String { plan.replacing("ROWS", with: rows) }

  /// Changes texts of the report's `failed.csv`, in place unless it gets another name.
  static func mend(
    _ fixture: CommandFixture, as name: String = "report/failed.csv", _ changes: (String, String)...
  ) throws {
    var text = try fixture.read("report/failed.csv")
    for (before, after) in changes {
      #expect(text.contains(before), "\(before)")
      text = text.replacing(before, with: after)
    }
    try fixture.write(text, to: name)
  }

  @Test func `a name and an invalid row are mended in place, and the course is whole in its folder`() async throws {
    try await Self.withCourse { fixture in
      try Self.mend(fixture, ("\r\nn3,", "\r\nn33,"), ("\r\nN4,", "\r\nn4,"), ("PyTorch:1,", "pytorch:1,"))
      let check = await fixture.run("check", "report/failed.csv")
      let said = #"""
        report/failed.csv mends batch 1 of class.csv: 2 of its 5 rows.
        Mend class.csv too: its next run asks for what stands there.
        \#(Self.plan("2 new, 3 already done, 1 replaced by a new name"))
          pace      500/s, burst 2 (--rate, said TIME): 2 creates in about 1 s, done TIME

        """#
      #expect(check.status == 0)
      #expect(
        fixture.frozen(check.output)
          == said + "No issues.\n",
        "\(check)")
      let run = await fixture.run("run", "report/failed.csv", "--out", "report")
      #expect(run.status == 0)
      #expect(
        fixture.frozen(run.errorOutput) == said + #"""
          Batch 2, class.csv:
            done  5
            rows  5
            1 row has left the roster; whatever was made for it is still there: gone.csv
          Files in FOLDER/report/

          """#, "\(run)")
      try Self.expectFiles(
        fixture,
        succeeded: #"""
          n1,6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls,n1@example.com,done,6COytUeFj7b8eOhq2L5zL,n1,ID-3,,,1,TIME,TIME,,QUEUE,2,2
          n2,6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls,n2@example.com,done,6COytUeFj7b8eOhq2L5zL,n2,ID-4,,,1,TIME,TIME,,QUEUE,2,3
          n33,6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls,n3@example.com,done,6COytUeFj7b8eOhq2L5zL,n33,ID-6,,,1,TIME,TIME,,QUEUE,2,4
          n4,6COytUeFj7b8eOhq2L5zL,pytorch:1,ls,n4@example.com,done,6COytUeFj7b8eOhq2L5zL,n4,ID-7,,,1,TIME,TIME,,QUEUE,2,5
          n5,6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls,n5@example.com,done,6COytUeFj7b8eOhq2L5zL,n5,ID-5,,,1,TIME,TIME,,QUEUE,2,6

          """#)
      // The report that was mended has given way to the next one, which has nothing to mend.
      try Self.expectFiles(fixture, "failed.csv", succeeded: "")
      #expect(try fixture.read("class.csv") == Self.roster)
      let list = await fixture.run("list").output
      #expect(list.split(separator: "\n").count == 1 && list.contains("class.csv  5/5 made"), "\(list)")
    }
  }

  /// Compares the rows of a file of the report.
  static func expectFiles(
    _ fixture: CommandFixture, _ name: String = "succeeded.csv", succeeded rows: String,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    // Which of two that are sent at once is made first is of the moment.
    func plain(_ text: String) -> String { text.replacing(#/ID-\d/#, with: "ID") }
    let text = plain(fixture.frozen(try fixture.read("report/\(name)")))
    let found = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    #expect(found.count == 2 && found[1] == plain(rows), "\(name)", sourceLocation: location)
  }

  @Test func `the same mend again is the same batch, and nothing is imported or sent`() async throws {
    try await Self.withCourse { fixture in
      try Self.mend(
        fixture, as: "mended.csv", ("\r\nn3,", "\r\nn33,"), ("\r\nN4,", "\r\nn4,"), ("PyTorch:1", "pytorch:1"))
      #expect(await fixture.run("run", "mended.csv", "--out", "report").status == 0)
      let creates = fixture.sandbox.ledger.createRequests
      for verb in [["run", "--out", "report"], ["import"], ["check"]] {
        let again = await fixture.run([verb[0], "mended.csv"] + verb.dropFirst(), answer: nil, isInteractive: false)
        #expect(again.status == 0, "\(again)")
        #expect(
          (again.output + again.errorOutput).contains(
            verb[0] == "import" ? "Batch 2 is this roster already" : "5 already done"))
      }
      #expect(fixture.sandbox.ledger.createRequests == creates)
      #expect(await fixture.run("list", "--batches").output.split(separator: "\n").count == 2)
    }
  }

  @Test func `a mend that changes nothing is the batch again, and failed rows are tried again`() async throws {
    try await Self.withCourse { fixture in
      let run = await fixture.run("run", "report/failed.csv", "--out", "report", "--skip-invalid", "--adopt-existing")
      #expect(run.status == 3, "\(run)")
      #expect(
        fixture.frozen(run.errorOutput).contains(Self.plan("3 already done, 1 in conflict, taken over")), "\(run)")
      #expect(run.errorOutput.contains("Batch 1, class.csv:\n  done     4\n  invalid  1\n  rows     5\n"), "\(run)")
    }
  }

  @Test func `a report that was overtaken is refused, with the report that is not`() async throws {
    try await Self.withCourse { fixture in
      try Self.mend(
        fixture, as: "mended.csv", ("\r\nn3,", "\r\nn33,"), ("\r\nN4,", "\r\nn4,"), ("PyTorch:1", "pytorch:1"))
      try fixture.writeRoster(["n1", "n2", "n5", "n6"])
      #expect(await fixture.run("run", "class.csv", "--out", "report").status == 0)
      for verb in [["run", "--out", "report"], ["run", "--dry-run"], ["import"], ["check"]] {
        let refused = await fixture.run([verb[0], "mended.csv"] + verb.dropFirst(), answer: nil, isInteractive: false)
        #expect(refused.status == 5)
        #expect(
          fixture.frozen(refused.errorOutput) == """
            Error: mended.csv mends batch 1 of class.csv, and batch 2 has come after that; nothing was queued or sent.
            Hint: The failed.csv of batch 2 is what `rollcall report 2` writes: mend that \
            one. --label TEXT takes mended.csv as a roster of its own.

            """, "\(refused)")
      }
      let own = await fixture.run("run", "mended.csv", "--label", "another", "--out", "another")
      #expect(own.status == 0 && own.errorOutput.contains("Plan for mended.csv: 2 rows"), "\(own)")
    }
  }

  @Test func `rows that were left out of the file stay, in whatever order the others come, and new rows follow`()
    async throws
  {
    try await Self.withCourse { fixture in
      let lines = try fixture.read("report/failed.csv").split(separator: "\r\n")
      let new = "n6,\(CommandFixture.account),\(Self.image),ls,n6@example.com" + String(repeating: ",", count: 13)
      let fourth = lines[2].replacing("N4,", with: "n4,").replacing("PyTorch:1", with: "pytorch:1")
      // The third row is not here.
      try fixture.write([String(lines[0]), new, String(fourth)].joined(separator: "\r\n") + "\r\n", to: "mended.csv")
      let run = await fixture.run("run", "mended.csv", "--out", "report")
      #expect(run.status == 3)
      #expect(
        run.errorOutput.hasPrefix("mended.csv mends batch 1 of class.csv: 1 of its 5 rows, and 1 new row.\n"), "\(run)")
      #expect(run.errorOutput.contains("2 new, 3 already done, 1 in conflict, left for a person\n"), "\(run)")
      let rows = try fixture.read("report/succeeded.csv").split(separator: "\r\n").dropFirst()
      #expect(rows.map { $0.prefix(while: { $0 != "," }) } == ["n1", "n2", "n4", "n5", "n6"])
      #expect(rows.map { $0.split(separator: ",").last } == ["2", "3", "5", "6", "7"])
      #expect(try fixture.read("report/failed.csv").split(separator: "\r\n").count == 2)
    }
  }
}
