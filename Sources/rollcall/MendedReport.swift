// A report of a course that a person has mended, `failed.csv` above all: its rows go back to where they came from, and the
// course's next roster is whole.

import BulkImport
import DataForest
import DurableQueue
import Files
import Pacing
import Provisioning
import Words

/// A report that is read as a roster, and the batch that it mends.
struct MendedReport {
  /// The report that is mended mostly.
  private static let failedName = "failed.csv"

  let base: MendableBatch
  /// The report as the person named it.
  let file: String
  /// What its rows say of themselves.
  let mark: ReportMark
  /// Where the reports of the course are.
  let folder: String

  /// What people call the course's roster.
  var name: String { base.batch.shortLabel.visibleLine }

  /// What each row's person is to do first, as the batch has it.
  var firstSteps: FirstSteps? { base.batch.firstSteps.flatMap(FirstSteps.init(stored:)) }

  /// How the report is read: what the course's template says of the roster's file does not hold of it.
  ///
  /// - Parameter said: what the command line says.
  func options(_ options: RosterOptions, said: ReadingOptions) -> RosterOptions {
    var options = options
    let own = said.table.options
    (options.headerLine, options.sheet, options.format) = (own.headerLine, own.sheet, own.format)
    (options.except, options.only) = (own.except, own.only)
    options.mended = mark
    return options
  }

  /// That its batch is not the latest of its course any more.
  func overtaken(by latest: BatchID?) -> CommandError {
    guard let number = latest?.rawValue else {
      return CommandError(
        "\(file) mends batch \(base.batch.id.rawValue) of \(name), which is not in the queue any more; nothing was queued or sent.",
        hint: "--label TEXT takes it as a roster of its own.", .rosterIssues)
    }
    let isThere = FileLook("\(folder)/\(Self.failedName)") != .absent
    let place =
      isThere
      ? "is in \(folder) (`rollcall report \(number)` writes it anew)" : "is what `rollcall report \(number)` writes"
    return CommandError(
      "\(file) mends batch \(base.batch.id.rawValue) of \(name), and batch \(number) has come after that; nothing was queued or "
        + "sent.",
      hint:
        "The \(Self.failedName) of batch \(number) \(place): mend that one. --label TEXT takes \(file) as a roster of its own.",
      .rosterIssues)
  }
}

extension RosterCheck {
  /// Previews a roster; one that is a report of this queue goes into its course.
  static func begin(
    _ arguments: RosterArguments, reading: ReadingOptions, endpoint: Endpoint, in queue: Queue?, database: String,
    _ context: Context
  ) throws -> (check: RosterCheck, known: KnownCourse) {
    let known = try KnownCourse(arguments.course(at: endpoint, in: context), in: queue, isFresh: reading.fresh)
    let check = try RosterCheck(
      arguments, reading: reading, endpoint: endpoint, of: known, database: database, in: context)
    guard let queue, let mended = try check.report(of: queue) else {
      check.tellMarks(database)
      return (check, known)
    }
    let its = try KnownCourse(mended.base.batch.course, in: queue, isFresh: reading.fresh, isMended: true)
    let mending = try RosterCheck(
      arguments, reading: reading, endpoint: endpoint, of: its, mending: mended, database: database, in: context)
    return (mending, its)
  }

  /// The report of a queue that the roster is; nil where it is none, or a person has said what it is.
  private func report(of queue: Queue) throws -> MendedReport? {
    guard mayBeReport, let mark = reader.marks().mark, try queue.identity() == mark.queueID else { return nil }
    guard let base = try queue.mendable(BatchID(mark.batch)) else {
      throw CommandError(
        "\(shownPath) mends batch \(mark.batch), which is not in the queue any more; nothing was queued or sent.",
        hint: "--label TEXT takes it as a roster of its own.", .rosterIssues)
    }
    let folder = try ReportOptions.courseFolder(of: base.latest, in: queue, context)
    let mended = MendedReport(base: base, file: shownPath, mark: mark, folder: folder)
    guard base.batch.baseURL == endpoint.baseURL else {
      throw CommandError(
        "\(shownPath) mends batch \(mark.batch) of \(mended.name), which belongs to \(base.batch.baseURL), not to "
          + "\(endpoint.baseURL).",
        hint: "--endpoint \(base.batch.baseURL) mends it; --label TEXT takes it as a roster of its own.", .usage)
    }
    return mended
  }

  private var mayBeReport: Bool { !hasLabel && spool == nil }

  /// Tells of a report that is taken as a roster of its own, because it cannot be told which rows it mends.
  private func tellMarks(_ database: String) {
    guard mayBeReport else { return }
    let found = reader.marks()
    if let mark = found.mark {
      context.tell(
        "Note: \(shownPath) is a report of another queue (\(mark.queueID.shown)), not of \(database): it is taken as a roster of "
          + "its own.")
    } else if !found.lostColumns.isEmpty {
      context.tell(
        "Note: \(shownPath) is a report without \(found.lostColumns.joined(separator: ", ")), so that its rows cannot go back to "
          + "their course: it is taken as a roster of its own.")
    }
  }

  /// Reads a mended report and merges it into the rows of its batch.
  func read(
    into base: ImportedRows, of mended: MendedReport, carried: ([(header: String, index: Int)]) -> Void,
    leaving: (_ account: String, _ name: String) throws -> Void, _ body: (NewRow) throws -> Void
  ) throws -> RosterSummary {
    let file = try reading.issueFile(needed, in: context)
    var mend = Mend(into: MendBase(mended), from: reader)
    let summary = try reader.read(wording: \.withoutPlace, issues: { try file?.add($0) }) { mend.add($0) }
    carried(mend.begin(summary))
    try base.forEach { row in
      let item = row.state.map { Mend.Item(state: $0, finishedAt: row.finishedAt?.rfc3339()) }
      try mend.take(row.row, item: item, body)
    }
    try mend.leaving(leaving)
    let (merged, issues) = try mend.finish(body)
    try file?.add(issues)
    try file?.finish()
    return merged
  }

  /// Refuses a report whose batch is not the latest of its course any more, unless that has all of it already.
  func refuseOvertaken() throws {
    guard let mended, mended.base.latest.id != mended.base.batch.id, !comparison.isLatestBatch else { return }
    throw mended.overtaken(by: mended.base.latest.id)
  }

  /// Whether it is only a part of a roster.
  var isPartial: Bool { mended?.base.isPartial ?? options.isPartial }

  // MARK: - What the plan says

  /// The roster that would be imported, in a sentence.
  var rosterName: String { mended.map { "the mended \($0.name)" } ?? shownPath }

  /// What the plan is for.
  var planName: String { mended?.name ?? shownPath }

  /// How many rows that has.
  var rowCount: Int { summary.mended?.totalCount ?? summary.rowCount }

  /// How many of them were not accepted.
  var invalidCount: Int { rowCount - (summary.mended?.acceptedCount ?? summary.acceptedCount) }

  /// What a mended report mends.
  var mendLines: [String] {
    guard let mended, let counts = summary.mended else { return [] }
    let new = counts.newCount > 0 ? ", and \(counts.newCount.of("new row"))" : ""
    let batch = "batch \(mended.base.batch.id.rawValue) of \(mended.name)"
    let first = "\(shownPath) mends \(batch): \(counts.mendedCount) of its \(counts.baseCount.of("row"))\(new)."
    guard counts.isChanged, label.hasPrefix("/") else { return [first] }
    return [first, "Mend \(mended.name) too: its next run asks for what stands there."]
  }
}

extension MendBase {
  /// The batch that a report mends.
  fileprivate init(_ mended: MendedReport) {
    let base = mended.base
    self.init(
      batch: base.batch.id.rawValue, name: mended.name, columns: base.batch.columns,
      digest: RosterCheck.digestOfRows(base.digest),
      latestDigest: RosterCheck.digestOfRows(base.latestDigest), isPartial: base.isPartial,
      sharedLines: base.sharedLines)
  }
}
