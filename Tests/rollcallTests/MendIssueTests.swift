// A mended report that cannot go back into its course as it is, or not at all, and what a spreadsheet has done to it.

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

@Suite struct MendIssueTests {
  private func withCourse(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await MendTests.withCourse(body)
  }

  @Test func `every row that has no place is an issue, and nothing is imported`() async throws {
    try await withCourse { fixture in
      try MendTests.mend(
        fixture, as: "mended.csv", ("PyTorch:1,", "pytorch:1,"), ("\r\nN4,", "\r\nn5,"), (",1,4\r\n", ",1,99\r\n"))
      for verb in [["run", "--skip-invalid"], ["run", "--dry-run"], ["import"], ["check"]] {
        let result = await fixture.run([verb[0], "mended.csv"] + verb.dropFirst(), answer: nil, isInteractive: false)
        #expect(result.status == 5)
        let hint =
          verb.contains("--skip-invalid")
          ? "--skip-invalid leaves rows out, and that does not mend the roster as a whole: mend it and run the same command again."
          : "Mend the lines above and run the same command again."
        #expect(
          result.errorOutput == """
            mended.csv:2: rollcall_line: batch 1 has no row on line 99 of class.csv: enter the number that the report had here; \
            a new row has none
            mended.csv:3: 'n5' stands on line 6 of class.csv already, for the same account: give each row a name of its own
            Error: mended.csv has 2 issues; nothing was queued or sent.
            Hint: \(hint)

            """, "\(result)")
      }
      let issues = await fixture.run("check", "mended.csv", "--issues", "issues.csv")
      #expect(issues.status == 5)
      #expect(try fixture.read("issues.csv").contains("mended.csv,2,rollcall_line,,mend-line,issue,99,"))
      #expect(await fixture.run("list", "--batches").output.split(separator: "\n").count == 1)
    }
  }

  @Test func `what is done keeps its name`() async throws {
    try await withCourse { fixture in
      let done = try fixture.read("report/succeeded.csv").replacing("\r\nn1,", with: "\r\nn11,")
      try fixture.write(done, to: "done.csv")
      let result = await fixture.run("run", "done.csv", "--out", "report")
      #expect(result.status == 5)
      #expect(
        fixture.frozen(result.errorOutput) == """
          done.csv:2: rollcall_line: line 2 of class.csv is done since TIME, as 'n1': leave it that name, and give 'n11' a row \
          of its own, without rollcall_line
          Error: done.csv has 1 issue; nothing was queued or sent.
          Hint: Mend the lines above and run the same command again.

          """, "\(result)")
      // Another image of what is done is a changed row like any other.
      try fixture.write(
        fixture.read("report/succeeded.csv").replacing(
          "n1,\(CommandFixture.account),tensorflow:r2.3.1-py3", with: "n1,\(CommandFixture.account),pytorch:1"),
        to: "done.csv")
      let changed = await fixture.run("run", "done.csv", "--out", "report")
      #expect(
        changed.status == 3 && changed.errorOutput.contains("image: tensorflow:r2.3.1-py3 → pytorch:1"), "\(changed)")
    }
  }

  @Test func `a row that was never sent leaves for its new name`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1", "n2", "n3"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      #expect(await fixture.run("report", "--out", "report").status == 0)
      let text = try fixture.read("report/unprocessed.csv").replacing("\r\nn2,", with: "\r\nn22,")
      try fixture.write(text, to: "mended.csv")
      let run = await fixture.run("run", "mended.csv", "--rate", "500/s", "--out", "report")
      #expect(
        run.status == 0 && run.errorOutput.contains("1 new, 2 queued, not sent yet, 1 replaced by a new name"), "\(run)"
      )
      #expect(await fixture.run("show", "n2", "--batch", "1").output.contains("cancelled"))
      #expect(fixture.sandbox.ledger.createRequests == 3)
      let names = try fixture.read("report/succeeded.csv").split(separator: "\r\n").dropFirst().map {
        $0.prefix { $0 != "," }
      }
      #expect(names == ["n1", "n22", "n3"])
    }
  }

  @Test func `new names for a whole course are no question of who has left, and names may change places`() async throws
  {
    try await CommandFixture.with { fixture in
      let names = (1...12).map { "n\($0)" }
      try fixture.writeRoster(names)
      #expect(await fixture.run("import", "class.csv").status == 0)
      #expect(await fixture.run("report", "--out", "report").status == 0)
      let text = try fixture.read("report/unprocessed.csv")
      try fixture.write(text.replacing("\r\nn", with: "\r\nx"), to: "mended.csv")
      let check = await fixture.run("check", "mended.csv", "--max-gone", "0")
      #expect(check.output.contains("rows      12 new, 12 replaced by a new name\n"), "\(check)")
      let imported = await fixture.run("import", "mended.csv", "--max-gone", "0")
      #expect(imported.output.contains("Batch 2: 12 rows imported, 12 to send."), "\(imported)")
      #expect(await fixture.run("status", "1").output.contains("cancelled: 12\n"))
      // Two names change places, and with them the people: that is asked about.
      #expect(await fixture.run("report", "--out", "report").status == 0)
      let later = try fixture.read("report/unprocessed.csv")
      let swapped = later.replacing("\r\nx1,", with: "\r\ny,").replacing("\r\nx2,", with: "\r\nx1,").replacing(
        "\r\ny,", with: "\r\nx2,")
      try fixture.write(swapped, to: "mended.csv")
      let refused = await fixture.run("check", "mended.csv")
      #expect(refused.status == 5)
      #expect(
        refused.errorOutput.hasPrefix(
          "class.csv:2: email: 'x2' was made for 'n2@example.com' and would be 'n1@example.com' now\n"), "\(refused)")
      let allowed = await fixture.run("check", "mended.csv", "--allow-reassigned")
      #expect(allowed.status == 0 && allowed.output.contains("rows      12 queued, not sent yet\n"), "\(allowed)")
    }
  }

  @Test func `a report of another queue, or without its marks, is a roster of its own, and that is said`() async throws
  {
    try await withCourse { fixture in
      let repaired = [("PyTorch:1,", "pytorch:1,"), ("\r\nN4,", "\r\nn4,"), ("\r\nn3,", "\r\nn33,")]
      try MendTests.mend(fixture, as: "mended.csv", repaired[0], repaired[1], repaired[2])
      let other = await fixture.run("check", "mended.csv", "--db", fixture.folder + "/second.db")
      #expect(other.status == 0 && other.output.hasPrefix("Plan for mended.csv: 2 rows\n"), "\(other)")
      #expect(
        fixture.frozen(other.errorOutput)
          == "Note: mended.csv is a report of another queue (QUEUE), not of FOLDER/second.db: it is taken as a roster of its own.\n",
        "\(other)")
      let text = try fixture.read("mended.csv").replacing("rollcall_batch", with: "no")
      try fixture.write(text, to: "robbed.csv")
      let robbed = await fixture.run("check", "robbed.csv")
      #expect(robbed.status == 0 && robbed.output.hasPrefix("Plan for robbed.csv: 2 rows\n"), "\(robbed)")
      #expect(
        robbed.errorOutput == """
          Note: robbed.csv is a report without rollcall_batch, so that its rows cannot go back to their course: it is taken as a \
          roster of its own.

          """)
      let plain = try fixture.read("mended.csv").replacing(#/,rollcall_[^\r]*/#, with: "").replacing(
        #/\.com,(failed|invalid)[^\r]*/#, with: ".com")
      try fixture.write(plain, to: "plain.csv")
      let own = await fixture.run("check", "plain.csv")
      #expect(
        own.status == 0 && own.errorOutput.isEmpty && own.output.hasPrefix("Plan for plain.csv: 2 rows\n"), "\(own)")
    }
  }

  @Test func `a report of a batch that is not there, or of another service, is refused`() async throws {
    try await withCourse { fixture in
      try MendTests.mend(fixture, as: "mended.csv", (",1,4\r\n", ",7,4\r\n"))
      let missing = await fixture.run("check", "mended.csv")
      #expect(
        missing.status == 5
          && missing.errorOutput == """
            Error: mended.csv mends batch 7, which is not in the queue any more; nothing was queued or sent.
            Hint: --label TEXT takes it as a roster of its own.

            """,
        "\(missing)")
      let elsewhere = await fixture.run("check", "report/failed.csv", "--endpoint", "https://example.com")
      #expect(
        elsewhere.status == 2
          && fixture.frozen(elsewhere.errorOutput) == """
            Error: report/failed.csv mends batch 1 of class.csv, which belongs to ENDPOINT, not to https://example.com.
            Hint: --endpoint ENDPOINT mends it; --label TEXT takes it as a roster of its own.

            """,
        "\(elsewhere)")
    }
  }

  /// What programs make of the file: separators, quotes, encodings, numbers.
  @Test(arguments: ["semicolons in CP949", "everything quoted", "a workbook", "tabs", "numbers with a point"])
  func `a report that a spreadsheet has saved`(how: String) async throws {
    try await CommandFixture.with { fixture in
      func row(_ name: String, _ person: String, image: String = MendTests.image) -> String {
        "\(name),\(CommandFixture.account),\(image),ls,\(person)\n"
      }
      try fixture.write(
        "name,accountId,image,command,성명\n" + row("n1", "김민준") + row("n2", "이서연", image: "Bad")
          + row("n3", "박지훈", image: "Bad"))
      let first = await fixture.run("run", "class.csv", "--skip-invalid", "--rate", "500/s", "--out", "report")
      #expect(first.status == 3, "\(first)")
      let text = try fixture.read("report/failed.csv").replacing("\u{FEFF}", with: "").replacing(
        ",Bad,", with: ",pytorch:1,")
      // The message has commas in quotes; it is not needed.
      let cells = text.split(separator: "\r\n").map { line in
        line.replacing(#/"[^"]*"/#, with: "why").split(separator: ",", omittingEmptySubsequences: false).map(
          String.init)
      }
      try fixture.writeSaved(cells, how)
      let run = await fixture.run("run", "saved.csv", "--out", "report")
      #expect(
        run.status == 0 && run.errorOutput.contains("saved.csv mends batch 1 of class.csv: 2 of its 3 rows.\n"),
        "\(run)")
      let rows = try fixture.read("report/succeeded.csv").split(separator: "\r\n").dropFirst()
      #expect(
        rows.count == 3 && zip(rows, ["김민준", "이서연", "박지훈"]).allSatisfy { $0.contains(",\($1),done,") }, "\(rows)")
    }
  }

  @Test func `another process imports a newer roster between the plan and the import`() async throws {
    try await withCourse { fixture in
      try MendTests.mend(fixture, as: "mended.csv", ("PyTorch:1,", "pytorch:1,"), ("\r\nN4,", "\r\nn4,"))
      let context = Context(
        environment: fixture.environment, folder: fixture.folder, output: { _ in }, errorOutput: { _ in },
        readAnswer: { nil }, isInteractive: false, drawsProgress: false, time: fixture.time, handlesSignals: false)
      let queue = try Queue(path: fixture.folder + "/rollcall.db", time: fixture.time)
      var (check, known) = try RosterCheck.begin(
        try RosterArguments.parse(["mended.csv"]), reading: try ReadingOptions.parse([]),
        endpoint: try Endpoint(fixture.endpoint), in: queue, database: queue.path, context)
      #expect(known.course.label == fixture.folder + "/class.csv")
      try check.read(comparingWith: queue, isImported: true)
      try check.refuseIssues(in: context)
      try fixture.writeRoster(["n1", "n2", "n5"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let error = #expect(throws: CommandError.self) { try check.importBatch(into: queue) }
      #expect(error?.status == .rosterIssues)
      #expect(
        error?.message
          == "mended.csv mends batch 1 of class.csv, and batch 2 has come after that; nothing was queued or sent.")
      #expect(try queue.batches().count == 2)
      try queue.close()
    }
  }

  @Test func `what the course remembers of its rows holds, and what it remembers of its file does not`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(
        """
        {"accountId":"\(CommandFixture.account)","name":"ai-${학번}","description":"${성명}",
         "configuration":{"docker":{"image":"${이미지}","command":"ls"}},
         "rollcall":{"headerLine":2,"except":["학번=합계"]}}
        """, to: "lab.json")
      try fixture.write("봄학기\n학번,성명,전화,이미지\n101,Kim,010-1,tensorflow:r2.3.1-py3\n102,Lee,010-2,Bad\n합계,2,,\n")
      let first = await fixture.run(
        "run", "class.csv", "--template", "lab.json", "--drop", "전화", "--skip-invalid", "--rate", "500/s", "--out",
        "report")
      #expect(first.status == 3, "\(first)")
      let text = try fixture.read("report/failed.csv").replacing(",Bad,", with: ",pytorch:1,")
      try fixture.write(text, to: "report/failed.csv")
      let run = await fixture.run("run", "report/failed.csv", "--out", "report")
      #expect(run.status == 0, "\(run)")
      #expect(
        run.errorOutput.hasPrefix(
          """
          As last time: --template \(fixture.folder)/lab.json --drop 전화 (--fresh reads it anew)
          report/failed.csv mends batch 1 of class.csv: 1 of its 2 rows.
          """), "\(run)")
      let rows = try fixture.read("report/succeeded.csv")
      #expect(
        rows.contains("101,Kim,tensorflow:r2.3.1-py3,done,") && rows.contains("102,Lee,pytorch:1,done,"), "\(rows)")
      // The course's file is read as before.
      let again = await fixture.run("check", "class.csv", "--skip-invalid")
      #expect(again.errorOutput.contains("--drop 전화") && again.errorOutput.contains("class.csv:4: "), "\(again)")
    }
  }
}

extension CommandFixture {
  /// The syllables of the roster in CP949.
  private static let hangul: [Character: [UInt8]] = [
    "김": [0xB1, 0xE8], "명": [0xB8, 0xED], "민": [0xB9, 0xCE], "박": [0xB9, 0xDA], "서": [0xBC, 0xAD], "성": [0xBC, 0xBA],
    "연": [0xBF, 0xAC], "이": [0xC0, 0xCC], "준": [0xC1, 0xD8], "지": [0xC1, 0xF6], "훈": [0xC8, 0xC6],
  ]

  /// Writes cells as a program saves them.
  fileprivate func writeSaved(_ cells: [[String]], _ how: String) throws {
    let url = URL(filePath: folder + "/saved.csv")
    func lines(_ separator: String, _ cell: (String) -> String = { $0 }) -> String {
      cells.map { $0.map(cell).joined(separator: separator) + "\r\n" }.joined()
    }
    switch how {
    case "semicolons in CP949":
      let bytes = lines(";").flatMap { Self.hangul[$0] ?? Array(String($0).utf8) }
      try Data(bytes).write(to: url)
    case "everything quoted": try Data(lines(",") { "\"\($0)\"" }.utf8).write(to: url)
    case "a workbook": try Data(ZipFile.workbook(texts: cells).bytes).write(to: url)
    case "tabs": try Data(lines("\t").utf8).write(to: url)
    default: try Data(lines(",") { Int($0) == nil ? $0 : "\($0).0" }.utf8).write(to: url)
    }
  }
}
