import Foundation
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// `failed.csv` is a roster: what a report made harmless for spreadsheets comes back as it was.
@Suite struct ReportAsRosterTests {
  @Test func `cells that look like formulas come back exact`() async throws {
    try await CommandFixture.with { fixture in
      let account = CommandFixture.account
      let args = ["=1+1", "'=x", "-5", "@a", "'quoted'", "plain"]
      let rows = args.enumerated().map { "n\($0.offset + 1),\(account),tensorflow:r2.3.1-py3,ls,\($0.element)\n" }
      try fixture.write("name,accountId,image,command,=note\n" + rows.joined())
      // Somebody else has every name, so that every row fails.
      try fixture.writeRoster((1...args.count).map { "n\($0)" }, image: "pytorch:1", to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db").status == 0)
      let first = await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report")
      #expect(first.status == 3, "\(first)")
      #expect(try fixture.read("report/failed.csv").contains(",'=1+1,"))
      let again = await fixture.run(
        "run", "report/failed.csv", "--rate", "500/s", "--out", "again", "--adopt-existing")
      #expect(again.status == 3 && again.errorOutput.contains("6 rows are made otherwise"), "\(again)")
      let lines = try fixture.read("again/outcomes.jsonl").split(separator: "\n")
      for (line, cell) in zip(lines, args) { #expect(line.contains("\"=note\":\"\(cell)\""), "\(line)") }
    }
  }
}
