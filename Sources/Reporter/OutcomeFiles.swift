// The outcome files of a batch. All are made from the queue in one pass over one state of it, so they agree and are complete
// at any moment.

package import DurableQueue
package import Files
package import Pacing
import Provisioning

/// Writes the outcome files of a batch.
package struct OutcomeFiles {
  /// The columns that follow the roster's own.
  static let columns = [
    "rollcall_state", "rollcall_account", "rollcall_name", "rollcall_id", "rollcall_reason", "rollcall_message",
    "rollcall_attempts", "rollcall_finished_at", "rollcall_line",
  ]
  /// The rows whose item exists.
  static let succeeded = "succeeded.csv"
  /// The rows that failed, invalid ones too.
  static let failed = "failed.csv"
  /// The rows that are not finished, and cancelled ones.
  static let unprocessed = "unprocessed.csv"
  static let page = "report.html"
  /// The rows of the label's previous batch that this one does not have; what they made is still there.
  static let gone = "gone.csv"
  static let lines = "outcomes.jsonl"
  /// The figures.
  package static let summary = "summary.json"

  private let queue: Queue
  private let batch: Batch
  private let path: String
  private let others: NeededFiles
  private let lockWait: Duration

  /// Makes a writer of the batch's files in `folder`.
  ///
  /// - Parameter needed: what must not be replaced, beside the queue and a roster that the batch is called after.
  package init(
    of batch: Batch, in queue: Queue, to folder: String, needed: NeededFiles = NeededFiles(),
    lockWait: Duration = .seconds(60)
  ) {
    (self.batch, self.queue, self.lockWait) = (batch, queue, lockWait)
    (path, others) = (folder, needed)
  }

  /// Refuses a folder in which no report could be written, before there is a batch to report; makes nothing that stays.
  package static func refuse(_ folder: String, needed: NeededFiles) throws {
    try ReportError.wording { try ReportFolder.refuse(folder, needed: needed) }
  }

  /// Makes the folder (mode 0700) or checks that it is this batch's own, and tries whether files can be written there.
  ///
  /// - Throws: `ReportError`, with `isFolderTaken` when the folder holds the report of another database or batch.
  package func prepareFolder() throws {
    try ReportError.wording { _ = try openFolder() }
  }

  private func openFolder() throws -> ReportFolder {
    var needed = others
    try needed.add(queue: queue.path)
    if batch.label.hasPrefix("/") {
      // One that may not be looked at is in no folder that we write into.
      do { try needed.add(batch.label, as: .roster) } catch {}
    }
    return try ReportFolder(path, of: batch.id.rawValue, in: queue.path, needed: needed)
  }

  /// Writes all files from one state of the queue, replacing those of an earlier run of the batch; memory is flat.
  ///
  /// The folder's lock is held from before that state is read until the files have their names. So of two writers the
  /// later one has the newer state, and it is its files that stay.
  ///
  /// - Throws: `ReportError` or `QueueError`; files that were there stay as they were then, unless it says otherwise.
  @discardableResult
  package func write(at now: Instant) throws -> Summary {
    try ReportError.wording {
      let report = try openFolder()
      let lock = try FolderLock.acquire(report.folder, upTo: lockWait)
      defer { withExtendedLifetime(lock) {} }
      try report.check(batch.id.rawValue, queue.path)
      if lock.isHeld { try report.removeLeftovers() }
      let previous = try queue.previousBatch(of: batch.id)
      return try queue.readBatch(batch.id) { reading in
        try write(reading, previous, into: report, at: now)
      }
    }
  }

  private func write(
    _ reading: BatchReading, _ previous: Batch?, into report: ReportFolder, at now: Instant
  ) throws -> Summary {
    let csv = try CSVFiles(columns: batch.columns, gone: (previous ?? batch).columns, in: report.folder)
    let lines = try NewFile(Self.lines, of: report.folder)
    var outcomes = OutcomeLines(columns: batch.columns)
    let page = try ReportPage(of: batch, in: report.folder)
    let (summary, totals) = try summarize(reading, previous, at: now) { row in
      try csv.add(row)
      outcomes.append(row, to: &lines.buffer)
      try lines.flushIfLarge()
      try page.add(row)
    } gone: {
      try csv.addGone($0)
    }
    try page.finish(summary, totals) { sitting in
      try reading.limits(from: sitting.startInstant, bucketSeconds: sitting.bucketSeconds)
    }
    let file = try NewFile(Self.summary, of: report.folder)
    file.buffer = try summary.json()
    try report.publish(csv.files + [lines, page.file, file])
    return summary
  }

  /// The figures alone, for when the files cannot be written.
  package func summary(at now: Instant) throws -> Summary {
    let previous = try queue.previousBatch(of: batch.id)
    return try queue.readBatch(batch.id) { try summarize($0, previous, at: now, row: { _ in }, gone: { _ in }).0 }
  }

  private func summarize(
    _ reading: BatchReading, _ previous: Batch?, at now: Instant, row: (ReportRow) throws -> Void,
    gone: (ReportRow) throws -> Void
  ) throws -> (Summary, AttemptTotals) {
    var counts = RowCounts(since: batch.importedAt)
    try reading.forEachRow {
      counts.count($0)
      try row($0)
    }
    var goneCount = 0
    if let previous {
      try reading.forEachRowGone(from: previous.id) {
        goneCount += 1
        try gone($0)
      }
    }
    var totals = AttemptTotals()
    try reading.forEachAttempt(since: batch.importedAt) { totals.add($0) }
    var summary = Summary(batch, database: queue.path, at: now, counts, totals)
    summary.goneCount = goneCount
    summary.adoptedCount = try reading.adoptedCount()
    summary.forecastSeconds = try reading.forecast()?.seconds
    return (summary, totals)
  }
}
