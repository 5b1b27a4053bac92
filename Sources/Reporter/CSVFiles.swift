// Rosters with what became of each row: what succeeded, what failed, what is not finished, what is gone, and what was
// made otherwise than the roster asks for.

import CSV
import DurableQueue
import Files
import Pacing
import Provisioning
import Words

/// The CSV files of a report under way.
final class CSVFiles {
  private let succeeded: NewFile
  private let failed: NewFile
  private let unprocessed: NewFile
  private let gone: NewFile
  private let changed: NewFile
  /// What stands in each row: which batch of which queue it belongs to.
  private let origin: [String]
  /// When who is gone had left.
  private let goneAt: String
  private let firstSteps: FirstStepsColumn

  /// - Parameter gone: the headers of the roster before the batch's.
  init(of batch: Batch, queueID: String, gone goneColumns: [String], in folder: Folder) throws(FileError) {
    let columns = batch.columns
    origin = [queueID, "\(batch.id.rawValue)"]
    goneAt = batch.importedAt.rfc3339()
    firstSteps = FirstStepsColumn(of: batch)
    succeeded = try Self.file(
      OutcomeFiles.succeeded, columns + firstSteps.headers + OutcomeFiles.columns, in: folder)
    failed = try Self.file(OutcomeFiles.failed, columns + OutcomeFiles.columns, in: folder)
    unprocessed = try Self.file(OutcomeFiles.unprocessed, columns + OutcomeFiles.columns, in: folder)
    gone = try Self.file(
      OutcomeFiles.gone, goneColumns + OutcomeFiles.rowColumns + OutcomeFiles.goneColumns, in: folder)
    changed = try Self.file(OutcomeFiles.changed, columns + OutcomeFiles.changedColumns, in: folder)
  }

  /// A file with its header, and a byte order mark first, so that spreadsheets read Korean as UTF-8.
  private static func file(_ name: String, _ columns: [String], in folder: Folder) throws(FileError) -> NewFile {
    let file = try NewFile(name, of: folder)
    file.buffer += RecordWriter.byteOrderMark
    try append(columns, to: file)
    return file
  }

  func add(_ row: OutcomeRow) throws(FileError) {
    let outcome = Self.outcomeCells(row) + origin + ["\(row.line)"]
    let record = row.cells + outcome
    for difference in row.differences {
      try Self.append(
        row.cells + [row.item?.name ?? "", difference.field, difference.made, difference.wanted], to: changed)
    }
    switch row.item?.state {
    case .done: try Self.append(row.cells + firstSteps.cells(of: row) + outcome, to: succeeded)
    case .failed, nil: try Self.append(record, to: failed)
    case .ready, .leased, .inDoubt, .cancelled: try Self.append(record, to: unprocessed)
    }
  }

  func addGone(_ row: OutcomeRow) throws(FileError) {
    try Self.append(row.cells + Self.outcomeCells(row) + [goneAt, "\(row.line)"], to: gone)
  }

  private static func append(_ record: [String], to file: NewFile) throws(FileError) {
    RecordWriter.appendEscaped(record, to: &file.buffer)
    try file.flushIfLarge()
  }

  /// What became of a row. What a service said is written out where it would steer a terminal; the roster's own cells are
  /// data, which must come back as it was, and stay as they are.
  static func outcomeCells(_ row: OutcomeRow) -> [String] {
    guard let item = row.item else {
      return ["invalid", "", "", "", "invalid", row.issue ?? "", "0", "", "", ""]
    }
    return [
      item.state.rawValue, item.account, item.name, item.remoteID?.visibleLine ?? "",
      item.reason?.rawValue ?? "",
      item.message?.visibleLine ?? item.reason.map { Advice.why(item.state, $0) } ?? "",
      String(item.attemptCount),
      item.finishedAt?.rfc3339() ?? "", item.seenAt?.rfc3339() ?? "",
      row.differences.map(\.text).joined(separator: "; "),
    ]
  }

  /// The files, to be given their names.
  var files: [NewFile] { [succeeded, failed, unprocessed, gone, changed] }
}
