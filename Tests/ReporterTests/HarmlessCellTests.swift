import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Reporter

@Suite struct HarmlessCellTests {
  private static let formulaCharacters = "=+-@\t\r".utf8

  /// What a reader of our files does: takes one apostrophe away in front of a formula.
  private func original(_ cell: String) -> String {
    let rest = cell.utf8.drop { $0 == UInt8(ascii: "'") }
    guard cell.utf8.first == UInt8(ascii: "'"), let first = rest.first, Self.formulaCharacters.contains(first) else {
      return cell
    }
    return String(decoding: cell.utf8.dropFirst(), as: UTF8.self)
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("+82 10", "'+82 10"), ("-5", "'-5"), ("@x", "'@x"), ("\t=1", "'\t=1"), ("\r", "'\r"),
    ("'=1", "''=1"), ("''-", "'''-"), ("'quoted'", "'quoted'"), ("'", "'"), ("", ""), ("a=1", "a=1"), (" =1", " =1"),
    ("=\u{0301}x", "'=\u{0301}x"), ("\r\nx", "'\r\nx"),
  ])
  func `a cell that a spreadsheet would run gets an apostrophe in front`(cell: String, harmless: String) {
    #expect(HarmlessCell.made(from: cell) == harmless)
    #expect(original(harmless) == cell)
  }

  @Test func `every cell comes back, and none that is written begins like a formula`() throws {
    let letters = Array("''=+-@\t\r\n 가a\"")
    for seed in 1...2_000 {
      var generator = SeededGenerator(seed: seed)
      let length = Int.random(in: 0...5, using: &generator)
      let cell = String((0..<length).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
      let written = HarmlessCell.made(from: cell)
      #expect(original(written).utf8.elementsEqual(cell.utf8), "seed \(seed)")
      #expect(!Self.formulaCharacters.contains(written.utf8.first ?? 0), "seed \(seed)")
    }
  }

  @Test func `no cell of the CSV files begins like a formula, whoever wrote it`() async throws {
    try await ReportFixture.with(
      ["n1", "n2", "n3"], columns: ["=head", "note"], issues: ["=issue"], cells: { ["=\($0)", "-5"] }
    ) { fixture in
      try await fixture.settle([Outcome(.succeeded, remoteID: "+id"), Outcome(.refused, message: "@no")])
      try fixture.write()
      let files = try ["succeeded.csv", "failed.csv", "unprocessed.csv", "gone.csv"].map { try fixture.records($0) }
      for cell in files.joined().joined() { #expect(!Self.formulaCharacters.contains(cell.utf8.first ?? 0), "\(cell)") }
      #expect(files[0][1].prefix(2).map(original) == ["=n1", "-5"])
      #expect(original(files[1][0][0]) == "=head")
      // Programs read this one; it stays as it is.
      #expect(try fixture.text("outcomes.jsonl").contains(#""message":"@no""#))
    }
  }
}
