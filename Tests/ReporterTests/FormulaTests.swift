import CSV
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Reporter

@Suite struct FormulaTests {
  @Test func `no cell of the CSV files begins like a formula, whoever wrote it`() async throws {
    let isRun = { (cell: String) in
      cell.unicodeScalars.first.map { "=+-@\t\r\n＝＋－＠".unicodeScalars.contains($0) } ?? false
    }
    try await ReportFixture.with(
      ["n1", "n2", "n3"], columns: ["=head", "note"], issues: ["＝issue"], cells: { ["=\($0)", "－5"] }
    ) { fixture in
      try await fixture.settle([Outcome(.made, remoteID: "+id"), Outcome(.refused, message: "＠no")])
      try fixture.write()
      let files = try ["succeeded.csv", "failed.csv", "unprocessed.csv", "gone.csv"].map { try fixture.records($0) }
      for cell in files.joined().joined() { #expect(!isRun(cell), "\(cell)") }
      #expect(files[0][1].prefix(2).map(EscapedCell.original) == ["=n1", "－5"])
      #expect(EscapedCell.original(of: files[1][0][0]) == "=head")
      // Programs read this one; it stays as it is.
      #expect(try fixture.text("outcomes.jsonl").contains(#""message":"＠no""#))
    }
  }
}
