// The outcome files of a batch. All are made from the queue in one pass over one state of it, so they agree and are complete
// at any moment.

package import DurableQueue
package import Files
package import Pacing
package import Provisioning

/// Writes the outcome files of a batch.
package struct OutcomeFiles {
  /// The columns that tell what became of a row.
  static let rowColumns = [
    "rollcall_state", "rollcall_account", "rollcall_name", "rollcall_id", "rollcall_reason", "rollcall_message",
    "rollcall_attempts", "rollcall_finished_at", "rollcall_seen_at", "rollcall_differs",
  ]
  /// The columns that follow the roster's own; the last ones tell which row it is.
  static let columns = rowColumns + ["rollcall_queue", "rollcall_batch", "rollcall_line"]
  /// What a row's person is to do first; only in the file of rows that are done, and only where that was said.
  static let firstStepsColumn = "rollcall_first_steps"
  /// The columns that follow the roster's own in the file of changed rows.
  static let changedColumns = ["rollcall_name", "rollcall_field", "rollcall_made", "rollcall_wanted"]
  /// When the roster that has no such row any more was imported, and the line of the one before.
  static let goneColumns = ["rollcall_gone_at", "rollcall_line"]
  /// The rows whose item exists.
  static let succeeded = "succeeded.csv"
  /// The rows that failed, invalid ones too.
  static let failed = "failed.csv"
  /// The rows that are not finished, and cancelled ones.
  static let unprocessed = "unprocessed.csv"
  static let page = "report.html"
  /// The rows of the label's previous batch that this one does not have; what they made is still there.
  static let gone = "gone.csv"
  /// The rows whose item was made otherwise than they ask for, a line a field.
  static let changed = "changed.csv"
  static let lines = "outcomes.jsonl"
  /// The figures.
  package static let summary = "summary.json"

  /// What is read before the batch is.
  private struct Beside {
    /// The course's roster before.
    let previous: Batch?
    let queueID: String
    /// Whose the report is.
    let owner: ReportOwner
    /// How the course's last run ended.
    let run: Summary.Run?
  }

  private let queue: Queue
  private let batch: Batch
  private let path: String
  private let schema: Schema?
  private let others: NeededFiles
  private let lockWait: Duration

  /// Makes a writer of the batch's files in `folder`.
  ///
  /// - Parameters:
  ///   - schema: what a definition's fields are called; nil: differences are told of the definition as a whole.
  ///   - needed: what must not be replaced, beside the queue and a roster that the batch is called after.
  package init(
    of batch: Batch, in queue: Queue, to folder: String, schema: Schema? = nil, needed: NeededFiles = NeededFiles(),
    lockWait: Duration = .seconds(60)
  ) {
    self.schema = schema
    (self.batch, self.queue, self.lockWait) = (batch, queue, lockWait)
    (path, others) = (folder, needed)
  }

  /// Refuses a folder in which no report could be written, before there is a batch to report; makes nothing that stays.
  ///
  /// - Parameter owner: whose the report will be; nil where the folder is a new one.
  package static func refuse(_ folder: String, to owner: ReportOwner?, needed: NeededFiles) throws {
    try ReportError.wording { try ReportFolder.refuse(folder, to: owner, needed: needed) }
  }

  /// Makes the folder (mode 0700) or checks that it is this course's own, and tries whether files can be written there.
  ///
  /// - Throws: `ReportError`, with `isFolderTaken` when the folder holds the report of another queue or course.
  package func prepareFolder() throws {
    try ReportError.wording { _ = try openFolder() }
  }

  private var owner: ReportOwner {
    get throws { try ReportOwner(batch.course, in: queue, database: queue.path) }
  }

  private func openFolder() throws -> ReportFolder {
    var needed = others
    try needed.add(queue: queue.path)
    if batch.label.hasPrefix("/") {
      // One that may not be looked at is in no folder that we write into.
      do { try needed.add(batch.label, as: .roster) } catch {}
    }
    return try ReportFolder(path, of: owner, needed: needed)
  }

  /// Writes all files from one state of the queue, replacing those of an earlier run of the batch; memory is flat.
  ///
  /// The folder's lock is held from before that state is read until the files have their names. So of two writers the
  /// later one has the newer state, and it is its files that stay.
  ///
  /// - Parameter run: how the run ended that the report is of, by the figures; nil: the last run of the course that is
  ///   remembered.
  /// - Throws: `ReportError` or `QueueError`; files that were there stay as they were then, unless it says otherwise.
  @discardableResult
  package func write(at now: Instant, run: ((Summary) -> RunRecord.End)? = nil) throws -> Summary {
    try ReportError.wording {
      let report = try openFolder()
      let lock = try FolderLock.acquire(report.folder, upTo: lockWait)
      defer { withExtendedLifetime(lock) {} }
      let owner = try owner
      try report.check(owner)
      if lock.isHeld { try report.removeLeftovers() }
      let beside = Beside(
        previous: try queue.previousBatch(of: batch.id), queueID: try queue.identity(), owner: owner,
        run: run == nil ? try rememberedRun(at: now) : nil)
      return try queue.readBatch(batch.id) { reading in
        try write(reading, beside, into: report, at: now, run)
      }
    }
  }

  private func write(
    _ reading: BatchReading, _ beside: Beside, into report: ReportFolder, at now: Instant,
    _ run: ((Summary) -> RunRecord.End)?
  ) throws -> Summary {
    let previous = beside.previous
    let csv = try CSVFiles(
      of: batch, queueID: beside.queueID, gone: (previous ?? batch).columns, in: report.folder)
    let lines = try NewFile(Self.lines, of: report.folder)
    var outcomes = OutcomeLines(columns: batch.columns)
    let page = try ReportPage(of: batch, in: report.folder)
    var (summary, totals) = try summarize(reading, previous, at: now) { row in
      try csv.add(row)
      outcomes.append(row, to: &lines.buffer)
      try lines.flushIfLarge()
      try page.add(row)
    } gone: {
      try csv.addGone($0)
    }
    beside.owner.mark(&summary)
    summary.run = run.map { Summary.Run($0(summary), now: now) } ?? beside.run
    try page.finish(summary, totals) { sitting in
      try reading.limits(from: sitting.startInstant, bucketSeconds: sitting.bucketSeconds)
    }
    let file = try NewFile(Self.summary, of: report.folder)
    file.buffer = try summary.json()
    try report.publish(csv.files + [lines, page.file, file])
    return summary
  }

  /// How the batch's last run ended; nil where one is under way.
  private func rememberedRun(at now: Instant) throws -> Summary.Run? {
    guard let run = try queue.latestRun(of: batch), !run.isUnderWay else { return nil }
    return run.end.map { Summary.Run($0, now: now) } ?? Summary.Run(killed: run, now: now)
  }

  /// The figures alone, for when the files cannot be written.
  package func summary(at now: Instant) throws -> Summary {
    let previous = try queue.previousBatch(of: batch.id)
    let owner = try owner
    var summary = try queue.readBatch(batch.id) { reading in
      try summarize(reading, previous, at: now, row: { _ in }, gone: { _ in }).0
    }
    owner.mark(&summary)
    return summary
  }

  private func summarize(
    _ reading: BatchReading, _ previous: Batch?, at now: Instant, row: (OutcomeRow) throws -> Void,
    gone: (OutcomeRow) throws -> Void
  ) throws -> (Summary, AttemptTotals) {
    var counts = RowCounts(since: batch.importedAt)
    try reading.forEachRow {
      let outcome = OutcomeRow($0, schema)
      counts.count(outcome)
      try row(outcome)
    }
    var goneCount = 0
    if let previous {
      try reading.forEachRowGone(from: previous.id) {
        goneCount += 1
        try gone(OutcomeRow($0, schema))
      }
    }
    var totals = AttemptTotals()
    try reading.forEachAttempt(since: batch.importedAt) { totals.add($0) }
    var summary = Summary(batch, database: queue.path, at: now, counts, totals)
    summary.goneCount = goneCount
    summary.forecastSeconds = try reading.forecast()?.seconds
    return (summary, totals)
  }
}
