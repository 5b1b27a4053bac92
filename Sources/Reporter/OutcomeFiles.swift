// The outcome files of a batch: three rosters with what became of each row, one line of JSON a row, and a summary. All
// are made from the queue in one pass over one state of it, so they agree and are complete at any moment.

import CSV
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

  /// Writes all files, replacing those of an earlier run of the batch.
  ///
  /// - Throws: `ReportError` or `QueueError`; files that were there stay as they were then.
  @discardableResult
  package func write(at now: Instant) throws -> Summary {
    try prepareFolder()
    let csv = try CSVFiles(columns: batch.columns + Self.columns, in: folder)
    let lines = try ReportFile("outcomes.jsonl", in: folder)
    var counts = RowCounts()
    try queue.forEachRow(of: batch.id) { row in
      counts.count(row)
      try csv.add(row)
      lines.buffer += OutcomeLine.json(row, columns: batch.columns)
      try lines.flushIfLarge()
    }
    counts.goneCount = try writeGone()
    let summary = Summary(batch, database: queue.path, at: now, counts)
    let file = try ReportFile("summary.json", in: folder)
    file.buffer = try summary.json()
    try csv.finish()
    try lines.finish()
    try file.finish()
    return summary
  }

  /// - Returns: how many rows are gone.
  private func writeGone() throws -> Int {
    let previous = try queue.previousBatch(of: batch.id)
    let file = try ReportFile(Self.gone, in: folder)
    let encoder = RecordEncoder()
    encoder.begin((previous ?? batch).columns + Self.columns, to: &file.buffer)
    var count = 0
    if let previous {
      try queue.forEachRow(of: previous.id, without: batch.id) { row in
        count += 1
        encoder.append(row.cells + CSVFiles.outcomeCells(row), to: &file.buffer)
        try file.flushIfLarge()
      }
    }
    try file.finish()
    return count
  }
}

/// The three CSV files under way.
private struct CSVFiles {
  private let succeeded: ReportFile
  private let failed: ReportFile
  private let unprocessed: ReportFile
  private let encoder = RecordEncoder()

  init(columns: [String], in folder: String) throws(ReportError) {
    succeeded = try ReportFile(OutcomeFiles.succeeded, in: folder)
    failed = try ReportFile(OutcomeFiles.failed, in: folder)
    unprocessed = try ReportFile(OutcomeFiles.unprocessed, in: folder)
    encoder.begin(columns, to: &succeeded.buffer)
    encoder.begin(columns, to: &failed.buffer)
    encoder.begin(columns, to: &unprocessed.buffer)
  }

  func add(_ row: ReportRow) throws(ReportError) {
    let record = row.cells + Self.outcomeCells(row)
    switch row.item?.state {
    case .done: try Self.append(record, to: succeeded, encoder)
    case .failed, nil: try Self.append(record, to: failed, encoder)
    case .ready, .leased, .inDoubt, .cancelled: try Self.append(record, to: unprocessed, encoder)
    }
  }

  private static func append(
    _ record: [String], to file: ReportFile, _ encoder: RecordEncoder
  ) throws(ReportError) {
    encoder.append(record, to: &file.buffer)
    try file.flushIfLarge()
  }

  static func outcomeCells(_ row: ReportRow) -> [String] {
    guard let item = row.item else {
      return ["invalid", "", "", "", "invalid", row.issue ?? "", "0", "", String(row.line)]
    }
    return [
      item.state.rawValue, item.account, item.name, item.remoteID ?? "", item.reason?.rawValue ?? "",
      item.message ?? item.reason?.forPeople ?? "", String(item.attemptCount), item.finishedAt?.rfc3339() ?? "",
      String(row.line),
    ]
  }

  func finish() throws(ReportError) {
    try succeeded.finish()
    try failed.finish()
    try unprocessed.finish()
  }
}

/// A CSV encoder as the reports need it: a byte order mark first, so that spreadsheets read Korean as UTF-8.
private struct RecordEncoder {
  func begin(_ columns: [String], to buffer: inout [UInt8]) {
    buffer += RecordWriter.byteOrderMark
    append(columns, to: &buffer)
  }

  func append(_ record: [String], to buffer: inout [UInt8]) { RecordWriter.append(record, to: &buffer) }
}

/// A row as one line of JSON.
enum OutcomeLine {
  /// The line with its newline: the roster's cells by header, and what became of the row.
  static func json(_ row: ReportRow, columns: [String]) -> [UInt8] {
    var members: [String: JSONValue] = ["line": .integer(Int64(row.line)), "row": .integer(Int64(row.ordinal))]
    members["roster"] = .object(
      Dictionary(zip(columns, row.cells.map(JSONValue.string))) { first, _ in first })
    if let item = row.item {
      members["state"] = .string(item.state.rawValue)
      members["account"] = .string(item.account)
      members["name"] = .string(item.name)
      members["attempts"] = .integer(Int64(item.attemptCount))
      members["id"] = item.remoteID.map(JSONValue.string)
      members["reason"] = (item.reason?.rawValue).map(JSONValue.string)
      members["message"] = item.message.map(JSONValue.string)
      members["finishedAt"] = (item.finishedAt?.rfc3339()).map(JSONValue.string)
    } else {
      members["state"] = .string("invalid")
      members["message"] = .string(row.issue ?? "")
    }
    return Array(JSONValue.object(members).canonicalText.utf8) + [UInt8(ascii: "\n")]
  }
}
