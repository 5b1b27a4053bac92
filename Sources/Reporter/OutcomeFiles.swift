// The outcome files of a batch: three rosters with what became of each row, one line of JSON a row, a summary, and a
// page for people. All are made from the queue in one pass over one state of it, so they agree and are complete at any
// moment.

package import DurableQueue
import Foundation
package import Pacing
import Provisioning

/// Writes the outcome files of a batch.
package struct OutcomeFiles {
  /// The columns that follow the roster's own.
  package static let columns = [
    "rollcall_state", "rollcall_account", "rollcall_name", "rollcall_id", "rollcall_reason", "rollcall_message",
    "rollcall_attempts", "rollcall_finished_at", "rollcall_line",
  ]
  /// The rows whose item exists.
  package static let succeeded = "succeeded.csv"
  /// The rows that failed, invalid ones too.
  package static let failed = "failed.csv"
  /// The rows that are not finished, and cancelled ones.
  package static let unprocessed = "unprocessed.csv"
  /// The page for people.
  package static let page = "report.html"
  /// The rows of the label's previous batch that this one does not have; what they made is still there.
  package static let gone = "gone.csv"

  private let queue: Queue
  private let batch: Batch
  private let folder: String

  /// Makes a writer of the batch's files in `folder`.
  package init(of batch: Batch, in queue: Queue, to folder: String) {
    self.batch = batch
    self.queue = queue
    self.folder = folder
  }

  /// Makes the folder (mode 0700) or checks that it is this batch's own.
  ///
  /// - Throws: `ReportError`, with `isFolderTaken` when the folder holds the report of another database or batch.
  package func prepareFolder() throws {
    if let summary = Summary.read(in: folder), summary.database != queue.path || summary.batch != batch.id.rawValue {
      throw ReportError(
        path: folder, detail: "it holds the report of batch \(summary.batch) of \(summary.database)",
        isFolderTaken: true)
    }
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ReportError(path: folder, detail: "the folder cannot be made")
    }
  }

  /// Writes all files from one state of the queue, replacing those of an earlier run of the batch; memory is flat.
  ///
  /// - Throws: `ReportError` or `QueueError`; files that were there stay as they were then.
  @discardableResult
  package func write(at now: Instant) throws -> Summary {
    try prepareFolder()
    let previous = try queue.previousBatch(of: batch.id)
    return try queue.readBatch(batch.id) { reading in
      let csv = try CSVFiles(columns: batch.columns, gone: (previous ?? batch).columns, in: folder)
      let lines = try ReportFile("outcomes.jsonl", in: folder)
      let page = try ReportPage(of: batch, in: folder)
      var counts = RowCounts(since: batch.importedAt)
      try reading.forEachRow { row in
        counts.count(row)
        try csv.add(row)
        lines.buffer += OutcomeLine.json(row, columns: batch.columns)
        try lines.flushIfLarge()
        try page.add(row)
      }
      if let previous { try reading.forEachRowGone(from: previous.id) { try csv.addGone($0) } }
      var totals = AttemptTotals()
      try reading.forEachAttempt(since: batch.importedAt) { totals.add($0) }
      var summary = Summary(batch, database: queue.path, at: now, counts, totals)
      summary.goneCount = csv.goneCount
      summary.adoptedCount = try reading.adoptedCount()
      summary.forecastSeconds = try reading.forecast()?.seconds
      try csv.finish()
      try lines.finish()
      try page.finish(summary, totals) { sitting in
        try reading.limits(from: sitting.startInstant, bucketSeconds: sitting.bucketSeconds)
      }
      // The last, so that who waits for it finds the others.
      let file = try ReportFile("summary.json", in: folder)
      file.buffer = try summary.json()
      try file.finish()
      return summary
    }
  }
}
