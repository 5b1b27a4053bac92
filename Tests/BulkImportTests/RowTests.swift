// Rows: ragged, empty, the same one twice, and a file that breaks off; and what is said of the whole.

import BulkImport
import DataForest
import Provisioning
import TestSupport
import Testing
import Words

@Suite struct RowTests {
  @Test func `a row out of step with its header is one issue, and its cells are not looked at`() throws {
    let reading = try readText(roster(["note"], rows: [["X", "Y"], row("a1", "n", "more"), row("a2", "n")]))
    #expect(reading.issues == ["2 C2 ragged", "3 F3 ragged"])
    #expect(reading.rows.map(\.texts) == [["X", "Y", "", "", ""], row("a1", "n"), row("a2", "n")])
  }

  @Test func `wholly empty rows are skipped and do not count`() throws {
    let text = "\n" + roster(rows: [["", "", "", ""], row("a1"), [" "], [""], row("a2")])
    let reading = try readText(text)
    #expect(reading.issues == [])
    #expect(reading.rows.map(\.ordinal) == [1, 2])
    #expect(reading.rows.map(\.line) == [4, 7])
  }

  @Test func `the same name twice is an issue that names both lines, for each account by itself`() throws {
    let reading = try readText(
      roster(rows: [row("a1"), row("a1", account: "acc2"), row("a2"), row(" a1 "), row("a1"), row("a2")]))
    #expect(reading.issues == ["5 B5 duplicate", "6 B6 duplicate", "7 B7 duplicate"])
    let rest = "already, for the same account: give each row a name of its own"
    #expect(
      reading.summary.issues.map(\.message) == [
        "'a1' stands on line 2 \(rest)", "'a1' stands on line 2 \(rest)", "'a2' stands on line 4 \(rest)",
      ])
    #expect(reading.rows.map(\.content.isAccepted) == [true, true, true, false, false, false])
  }

  @Test func `the line of the first one is right far down the file, with newlines in cells and blank lines`() throws {
    var lines = ["accountId,name,image,command,note"]
    for number in 1...3_000 { lines.append("acc1,s\(number),a:1,ls,\"x\ny\"\(number.isMultiple(of: 7) ? "\n" : "")") }
    let first =
      lines[..<2_500].joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false).count + 1
    let text = lines.joined(separator: "\n") + "\nacc1,s2500,a:1,ls,\n"
    for chunkSize in [64, 1_000, 1 << 18] {
      let reading = try readText(text, chunkSize: chunkSize)
      #expect(reading.summary.issueCount == 1)
      #expect(
        reading.summary.issues.first?.message
          == "'s2500' stands on line \(first) already, for the same account: give each row a name of its own")
    }
  }

  @Test func `names that are no names are compared too`() throws {
    #expect(
      try readText(roster(rows: [row("A"), row("A")])).issues == ["2 B2 name-form", "3 B3 name-form", "3 B3 duplicate"])
  }

  @Test func `a broken file is an issue at its place, and the rows before it are checked`() throws {
    let good = roster(rows: [row("a1"), row("A")])
    let open = try readText(good + "acc1,a3,\"a:1,ls\nacc1,a4,a:1,ls\n")
    #expect(open.issues == ["3 B3 name-form", "4 C4 unclosed-quote"])
    #expect(open.rows.map(\.line) == [2, 3])
    let latin = try withFile(Array(good.utf8) + [0x61, 0x2C, 0x81, 0x65, 0x2C, 0x62, 0x2C, 0x63, 0x0A]) {
      try read($0, as: "roster.csv")
    }
    #expect(latin.issues == ["3 B3 name-form", "4 B4 utf-8"])
    #expect(
      latin.summary.issues.last?.description
        == "roster.csv:4: name (B4): there is a byte that is not UTF-8: save the file as CSV UTF-8")
  }

  @Test func `rows with wrong quotes are rejected for that alone, and reading goes on`() throws {
    let reading = try readText(
      roster(["note"], rows: [row("a1", "\"a\"b"), row("a2", "a \"b\", c"), row("a3", "n"), row("a1", "n")]))
    #expect(reading.issues == ["2 E2 quotes", "3 E3 quotes"])
    #expect(reading.rows.map(\.content.isAccepted) == [false, false, true, true])
  }

  @Test func `issues are kept up to a number and counted beyond`() throws {
    let count = RosterSummary.keptIssueCount + 500
    let rows = (0..<count).map { row("A\($0)", "A100") }
    let summary = try readText(roster(["gpuModel"], rows: rows)).summary
    #expect(summary.issues.count == RosterSummary.keptIssueCount)
    #expect(summary.warnings.count == RosterSummary.keptIssueCount)
    #expect(summary.issueCount == count)
    #expect(summary.warningCount == count)
    #expect(summary.acceptedCount == 0)
  }

  @Test func `what the body throws is passed on`() throws {
    struct Enough: Error {}
    try withFile(roster(rows: [row("a1"), row("a2")]).utf8) { path in
      let reader = try RosterReader(path: path, schema: .workspace)
      #expect(throws: Enough.self) { try reader.read(wording: \.withoutPlace) { _ in throw Enough() } }
      let again = try reader.read(wording: \.withoutPlace) { _ in }
      #expect(again.rowCount == 2)
    }
  }
}

@Suite struct KeyIndexTests {
  @Test func `keys with one hash are kept apart`() {
    var index = KeyIndex()
    for number in 1...3_000 {
      #expect(index.candidates(hash: 42) == Array(1..<number))
      index.insert(hash: 42, number: number)
      guard number < 20 else { break }
    }
  }

  @Test func `every key is found again, however many there are`() {
    for seed in 0..<5 {
      var generator = SeededGenerator(seed: seed)
      var index = KeyIndex()
      let hashes = (0..<20_000).map { _ in Int(truncatingIfNeeded: generator.next()) }
      for (offset, hash) in hashes.enumerated() { index.insert(hash: hash, number: offset + 1) }
      for (offset, hash) in hashes.enumerated() {
        #expect(index.candidates(hash: hash).contains(offset + 1), "seed \(seed)")
      }
      let strangers = (0..<20_000).filter { _ in
        !index.candidates(hash: Int(truncatingIfNeeded: generator.next())).isEmpty
      }
      #expect(strangers.count < 20, "seed \(seed)")
    }
  }

  @Test func `the greatest number is kept whole`() {
    var index = KeyIndex()
    index.insert(hash: -1, number: KeyIndex.greatestNumber)
    #expect(index.candidates(hash: -1) == [KeyIndex.greatestNumber])
  }
}
