import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

/// A mended report and the rows of its batch: what becomes of each row, and what is refused.
@Suite struct MendRowTests {
  private static let headers = ["accountId", "name", "image", "command", "email"]
  private static let marks = ["rollcall_queue", "rollcall_batch", "rollcall_line"]
  private static let queue = "q0123456789abcdef"

  /// A row of the batch.
  private struct BatchRow {
    var name: String
    var line: Int
    var state = ItemState.failed
    var image = "a:1"

    var row: NewRow {
      let cells = ["acc1", name, image, "ls", "\(name)@x"]
      let text =
        #"{"accountId":"acc1","configuration":{"docker":{"command":"ls","image":"\#(image)"}},"name":"\#(name)"}"#
      let content: NewRow.Content =
        image == "bad" ? .issue("no image") : .item(account: "acc1", name: name, definition: Definition(text: text))
      return NewRow(ordinal: line - 1, line: line, cells: cells, content: content)
    }
  }

  private struct Merged {
    var rows: [NewRow] = []
    var summary = RosterSummary()
    var carried: [String] = []

    /// Each row: its place, its line, its cells, and what became of it.
    var texts: [String] {
      rows.map { row in
        let cells = if case .read(let cells) = row.cells { cells.joined(separator: ",") } else { "?" }
        let content =
          switch row.content {
          case .item(let account, let name, _): "\(account)/\(name)"
          case .issue(_, let account, let name): "issue \(account ?? "-")/\(name ?? "-")"
          }
        return "\(row.ordinal) \(row.line) \(cells) \(content)"
      }
    }

    var issues: [String] { summary.issues.map(\.description) }
  }

  private func merge(
    _ report: String, into batch: [BatchRow], latestDigest: String = "digest", isPartial: Bool = false,
    sharedLines: Set<Int> = []
  ) throws -> Merged {
    try withFile(report.utf8) { path in
      var options = RosterOptions()
      options.mended = ReportMark(queueID: Self.queue, batch: 3)
      let reader = try RosterReader(path: path, displayName: "failed.csv", schema: .workspace, options: options)
      let base = MendBase(
        batch: 3, name: "class.csv", columns: Self.headers, digest: "digest", latestDigest: latestDigest,
        isPartial: isPartial, sharedLines: sharedLines)
      var mend = Mend(into: base, from: reader)
      let summary = try reader.read(wording: \.withoutPlace) { mend.add($0) }
      var merged = Merged()
      merged.carried = mend.begin(summary).map { "\($0.header) \($0.index)" }
      for row in batch {
        let item = row.image == "bad" ? nil : Mend.Item(state: row.state, finishedAt: "2026-11-24T22:03:12Z")
        try mend.take(row.row, item: item) { merged.rows.append($0) }
      }
      merged.summary = try mend.finish { merged.rows.append($0) }.summary
      return merged
    }
  }

  /// A report with rows of a name, a line and whatever else differs.
  private func report(_ rows: (name: String, line: String)..., image: String = "a:1") -> String {
    let header = (Self.headers + Self.marks).joined(separator: ",") + "\n"
    return header
      + rows.map { "acc1,\($0.name),\(image),ls,\($0.name)@x,\(Self.queue),3,\($0.line)\n" }.joined()
  }

  private static let three = [
    BatchRow(name: "n1", line: 2, state: .done), BatchRow(name: "n2", line: 3), BatchRow(name: "n3", line: 5),
  ]

  @Test func `a row takes its row's place, others stay, and one without a line comes last`() throws {
    let merged = try merge(
      report((name: "n33", line: "5"), (name: "n4", line: ""), (name: "n2", line: "3.0")), into: Self.three)
    #expect(
      merged.texts == [
        "1 2 acc1,n1,a:1,ls,n1@x acc1/n1", "2 3 acc1,n2,a:1,ls,n2@x acc1/n2", "4 5 acc1,n33,a:1,ls,n33@x acc1/n33",
        "5 6 acc1,n4,a:1,ls,n4@x acc1/n4",
      ])
    #expect(merged.issues.isEmpty && merged.summary.columns == Self.headers && merged.carried == ["email 4"])
    let counts = merged.summary.mended
    #expect(counts?.mendedCount == 2 && counts?.newCount == 1 && counts?.baseCount == 3 && counts?.totalCount == 4)
    #expect(counts?.acceptedCount == 4 && merged.summary.digest != "digest")
  }

  @Test func `what changes nothing has the batch's digest, and the same mend has the same`() throws {
    let same = try merge(report((name: "n3", line: "5"), (name: "n2", line: "3")), into: Self.three)
    #expect(
      same.summary.digest == "digest" && same.summary.mended?.isChanged == false && same.rows == Self.three.map(\.row))
    let mended = try merge(report((name: "n33", line: "5")), into: Self.three)
    let again = try merge(report((name: "n2", line: "3"), (name: "n33", line: "5")), into: Self.three)
    #expect(mended.summary.digest == again.summary.digest && mended.summary.digest.count == 64)
    let image = try merge(report((name: "n3", line: "5"), image: "a:2"), into: Self.three)
    #expect(image.summary.digest != "digest" && image.summary.digest != mended.summary.digest)
  }

  @Test func `columns by their headers: one that is gone keeps its cells, a new one follows`() throws {
    let text =
      "note,image,name,accountId,command,\(Self.marks.joined(separator: ","))\nsick,a:1,n2,acc1,ls,\(Self.queue),3,3\n"
    let merged = try merge(text, into: Self.three)
    #expect(merged.summary.columns == Self.headers + ["note"] && merged.carried == ["note 5"])
    #expect(merged.texts[1] == "2 3 acc1,n2,a:1,ls,n2@x,sick acc1/n2")
    #expect(merged.texts[2] == "3 5 acc1,n3,a:1,ls,n3@x, acc1/n3".replacing("3 5", with: "4 5"))
    let lost = try merge(
      "name,accountId,image,\(Self.marks.joined(separator: ","))\nn2,acc1,a:1,\(Self.queue),3,3\n", into: Self.three)
    #expect(
      lost.issues.contains(
        "failed.csv:1: the column 'command' of class.csv is not here any more, and what is sent is made of it: put it back, "
          + "with its cells"), "\(lost.issues)")
  }

  @Test(arguments: [
    ("9", "batch 3 has no row on line 9 of class.csv: enter the number that the report had here; a new row has none"),
    ("x", "this is no line of a roster: enter the number that the report had here; a new row has none"),
    ("3.5", "this is no line of a roster: enter the number that the report had here; a new row has none"),
    ("-3", "this is no line of a roster: enter the number that the report had here; a new row has none"),
  ])
  func `a line that the batch has not`(line: String, phrase: String) throws {
    let merged = try merge(report((name: "n2", line: line)), into: Self.three)
    #expect(merged.issues.count == 1 && merged.issues[0].hasSuffix(phrase), "\(merged.issues)")
    #expect(merged.issues[0].hasPrefix("failed.csv:2: rollcall_line"), "\(merged.issues)")
    #expect(merged.summary.wholeIssueCount == 1)
  }

  @Test func `marks of another batch, another queue, or half of them`() throws {
    let header = (Self.headers + Self.marks).joined(separator: ",")
    for (marks, phrase) in [
      (
        "\(Self.queue),4,3",
        "(G2): the other rows are of batch 3, and one file mends one batch: give each a file of its own"
      ),
      (
        "\(Self.queue),,3",
        "(G2): the other rows are of batch 3, and one file mends one batch: give each a file of its own"
      ),
      (
        "q1,3,3",
        "(F2): this is not q0123456789abcdef, the queue of the other rows: copy it from another row of the report; a new row "
          + "has no rollcall_line"
      ),
    ] {
      let merged = try merge("\(header)\nacc1,n2,a:1,ls,n2@x,\(marks)\n", into: Self.three)
      #expect(merged.issues.count == 1 && merged.issues[0].hasSuffix(phrase), "\(merged.issues)")
    }
  }

  @Test func `two rows with one line, and two rows of the course with one name`() throws {
    let twice = try merge(report((name: "n2", line: "3"), (name: "n22", line: "3")), into: Self.three)
    #expect(
      twice.issues == [
        "failed.csv:3: rollcall_line: line 2 has the same number, and a row is mended once: remove one of them"
      ])
    let taken = try merge(report((name: "n1", line: "3"), (name: "n3", line: "")), into: Self.three)
    #expect(
      taken.issues
        == [2, 3].map {
          "failed.csv:\($0): '\($0 == 2 ? "n1" : "n3")' stands on line \($0 == 2 ? 2 : 5) of class.csv already, for the same "
            + "account: give each row a name of its own"
        })
    // Names may change places.
    let swapped = try merge(report((name: "n3", line: "3"), (name: "n2", line: "5")), into: Self.three)
    #expect(swapped.issues.isEmpty)
  }

  @Test(arguments: [
    (
      ItemState.done, false,
      "line 5 of class.csv is done since 2026-11-24T22:03:12Z, as 'n3': leave it that name, and give 'n33' a row of its own, "
        + "without rollcall_line"
    ),
    (
      .leased, false,
      "'n3' of line 5 of class.csv may have been sent, and the answer is not known yet: `rollcall resume` finds it out; mend what that reports"
    ),
    (
      .inDoubt, false,
      "'n3' of line 5 of class.csv may have been sent, and the answer is not known yet: `rollcall resume` finds it out; mend what that reports"
    ),
    (
      .ready, true,
      "'n3' of line 5 is queued, and batch 3 is only a part of class.csv, so that nothing leaves it: mend class.csv itself, and "
        + "run that"
    ),
    (.ready, false, ""), (.failed, false, ""), (.cancelled, false, ""), (.failed, true, ""),
  ])
  func `another name for what is there, or may be`(state: ItemState, isPartial: Bool, phrase: String) throws {
    let batch = Self.three.dropLast() + [BatchRow(name: "n3", line: 5, state: state)]
    let merged = try merge(report((name: "n33", line: "5")), into: Array(batch), isPartial: isPartial)
    #expect(merged.issues == (phrase.isEmpty ? [] : ["failed.csv:2: rollcall_line: \(phrase)"]))
    // The same name, made otherwise, is a changed row like any other.
    #expect(
      try merge(report((name: "n3", line: "5"), image: "a:2"), into: Array(batch), isPartial: isPartial).issues.isEmpty)
    // Who imports the same again is not asked how it stood before.
    let again = try merge(
      report((name: "n33", line: "5")), into: Array(batch), latestDigest: merged.summary.digest, isPartial: isPartial)
    #expect(again.issues.isEmpty && again.summary.digest == merged.summary.digest)
  }

  @Test func `invalid rows: mended, left as they are, or still wrong`() throws {
    let batch = Self.three + [BatchRow(name: "n4", line: 6, image: "bad"), BatchRow(name: "n5", line: 7, image: "bad")]
    let merged = try merge(report((name: "n4", line: "6")), into: batch)
    #expect(merged.texts[3...] == ["5 6 acc1,n4,a:1,ls,n4@x acc1/n4", "6 7 acc1,n5,bad,ls,n5@x issue -/-"])
    #expect(merged.summary.mended?.acceptedCount == 4)
    // Whatever it would be called: who was accepted before has not left.
    let wrong = try merge(report((name: "N3", line: "5")), into: batch)
    #expect(wrong.texts[2] == "4 5 acc1,N3,a:1,ls,N3@x issue acc1/n3" && wrong.summary.wholeIssueCount == 0)
  }

  @Test func `rows that share a line are known by their names`() throws {
    let batch = ["n1", "n2", "n3"].map { BatchRow(name: $0, line: 1) }
    let merged = try merge(
      report((name: "n3", line: "1"), (name: "n2", line: "1"), image: "a:2"), into: batch, sharedLines: [1])
    #expect(merged.issues.isEmpty && merged.summary.mended?.mendedCount == 2)
    #expect(merged.texts.map { $0.contains("a:2") } == [false, true, true])
    let renamed = try merge(report((name: "n33", line: "1")), into: batch, sharedLines: [1])
    #expect(
      renamed.issues == [
        "failed.csv:2: rollcall_line: several rows of class.csv stand on line 1, and none of them that is left has this name: "
          + "mend class.csv itself, and run that"
      ])
  }

  @Test func `what a look at a report finds`() throws {
    func marks(_ text: String) throws -> FoundMarks {
      try withFile(text.utf8) { try RosterReader(path: $0, schema: .workspace).marks() }
    }
    #expect(try marks(report((name: "n2", line: "3"))).mark == ReportMark(queueID: Self.queue, batch: 3))
    #expect(try marks(report((name: "n2", line: ""), (name: "n3", line: "5"))).mark?.batch == 3)
    #expect(try marks(report((name: "n2", line: "3")).replacing(",", with: ";")).mark?.batch == 3)
    #expect(try marks(report((name: "n2", line: ""))) == FoundMarks())
    #expect(
      try marks(report((name: "n2", line: "3")).replacing("rollcall_line", with: "line")).lostColumns == [
        "rollcall_line"
      ])
    #expect(try marks("name,rollcall_gone_at,rollcall_line\nn1,x,3\n") == FoundMarks())
    #expect(try marks(roster(rows: [row()])) == FoundMarks())
    #expect(try marks(#"[{"name":"n1","rollcall_queue":"q1","rollcall_batch":3,"rollcall_line":1}]"#) == FoundMarks())
  }
}
