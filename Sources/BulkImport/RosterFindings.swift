// What a reading finds: issues, counts, and what tells one roster from another.

import CSV
import Provisioning

/// What was found so far.
struct RosterFindings {
  private(set) var summary = RosterSummary()
  /// Issues that were found and not handed over yet.
  private var fresh: [RowIssue] = []
  private var digest = RosterDigest()

  /// To be raised when the same cells become another definition or are judged otherwise than before: then a roster that
  /// was imported is looked at again.
  private static let digestVersion = 2

  init(_ format: RosterFormat) { summary.format = format }

  /// Notes the header.
  mutating func note(_ columns: Columns) {
    summary.columns = columns.kept.map { columns.headers[$0] }
    summary.carried = columns.carriedCells.map(\.header)
    (summary.sent, summary.staying) = (columns.sentHeaders, columns.stayingHeaders)
    summary.dropped = columns.dropped.indexes.sorted().map { columns.headers[$0] }
    digest.add(Self.digestVersion)
    digest.add(summary.columns)
    // What the cells mean is not in them.
    digest.add(columns.fieldColumns.flatMap { [columns.headers[$0], columns.path(of: $0)] })
  }

  /// Counts a row, whatever is in it.
  mutating func countRow() { summary.rowCount += 1 }

  /// Counts a row that has an issue of its own.
  mutating func countIssueRow() { summary.issueRowCount += 1 }

  /// Notes what became of the row that was counted last.
  ///
  /// - Parameters:
  ///   - cells: what reports show of it.
  ///   - extended: the row with what the template makes of it.
  mutating func note(
    _ record: Record, extended: Record, cells: [String], isAccepted: Bool, _ columns: Columns
  ) {
    digest.add(cells)
    // What a row has beyond its header counts too, and what the template makes of it.
    digest.add(record.fields.dropFirst(columns.ownCount))
    if !columns.plan.isEmpty { digest.add(extended.fields) }
    // The same cells may be wrong in the file and right when its quotes are mended.
    if isAccepted { summary.acceptedCount += 1 }
    digest.add(isAccepted ? 1 : 0)
  }

  mutating func add(_ issue: RowIssue) {
    summary.add(issue)
    fresh.append(issue)
  }

  /// Adds what is wrong with the roster as a whole.
  mutating func add(whole issue: RowIssue) {
    summary.add(whole: issue)
    fresh.append(issue)
  }

  /// The issues since the last call.
  mutating func takeFresh() -> [RowIssue] {
    if fresh.isEmpty { return [] }
    defer { fresh.removeAll(keepingCapacity: true) }
    return fresh
  }

  /// All of it, when there is nothing more to read.
  mutating func finish() -> RosterSummary {
    summary.digest = digest.finish()
    return summary
  }
}
