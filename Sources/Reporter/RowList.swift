// The rows of a batch that somebody asks for, from one state of the queue, one at a time.

import CSV
package import DurableQueue
import Pacing
package import Provisioning
import Words

/// What a row can be asked for as; the raw value is what the files write, where they have such a state.
package enum RowState: String, CaseIterable, Sendable {
  case done, failed, invalid
  case inDoubt = "in_doubt"
  case leased, ready, cancelled
  /// Done, and made otherwise than the row asks for.
  case changed
  /// Of the roster before: this one has no such row.
  case gone

  /// As people say it.
  package var displayName: String { StateWords.byState[rawValue] ?? rawValue }
}

/// A row of a list.
package struct ListedRow {
  fileprivate let row: OutcomeRow
  /// The cells of its record: the roster's own, then what became of it.
  package let record: [String]

  /// The line that it starts on.
  package var line: Int { row.line }
  /// Its item's name; the first cell that says something where it has none.
  package var name: String { row.item?.name ?? row.cells.first { !$0.isEmpty } ?? "" }
  /// Its state as people say it.
  package var stateName: String {
    row.differences.isEmpty ? row.item?.state.displayName ?? StateWords.invalid : RowState.changed.displayName
  }
  /// The service's id.
  package var id: String { row.item?.remoteID ?? "" }
  /// Why it is as it is; empty where there is nothing to say.
  package var why: String {
    if !row.differences.isEmpty { return row.differences.map(\.text).joined(separator: "; ") }
    guard let item = row.item else { return row.issue ?? "" }
    return item.reason == nil ? "" : RowWords.why(nil, (item.state, item.reason, item.message))
  }
}

/// Rows of a batch, chosen by what became of them and by their cells.
package struct RowList {
  /// What is asked for; nothing set takes every row.
  package struct Choice {
    /// Rows of one of these states.
    package var states: Set<RowState> = []
    /// Rows with one of these reasons, as the files write them.
    package var reasons: Set<String> = []
    /// Whether a record is wanted.
    package var isWanted: ([String]) -> Bool = { _ in true }

    /// Takes every row.
    package init() {}
  }

  /// The headers of a record.
  package let columns: [String]
  private let batch: Batch
  private let queue: Queue
  private let schema: Schema?
  /// The roster before, whose rows are listed; nil: the batch's own.
  private let previous: Batch?
  private let isOfGone: Bool
  private let queueID: String
  private let firstSteps: FirstStepsColumn

  /// Makes a list of a batch's rows.
  ///
  /// - Parameters:
  ///   - gone: whether those are listed that the roster before has and this one has not, in place of its own.
  ///   - schema: what a definition's fields are called.
  package init(of batch: Batch, gone: Bool, in queue: Queue, schema: Schema?) throws {
    (self.batch, self.queue, self.schema, isOfGone) = (batch, queue, schema, gone)
    previous = gone ? try queue.previousBatch(of: batch.id) : nil
    queueID = try queue.identity()
    firstSteps = FirstStepsColumn(of: batch)
    columns =
      gone
      ? (previous ?? batch).columns + OutcomeFiles.rowColumns + OutcomeFiles.goneColumns
      : batch.columns + firstSteps.headers + OutcomeFiles.columns
  }

  /// Hands over what reads the chosen rows, as often as it is called all from one state of the queue; memory is flat.
  package func read(_ choice: Choice, _ body: (_ pass: ((ListedRow) throws -> Void) throws -> Void) throws -> Void)
    throws
  {
    try queue.readBatch(batch.id) { reading in
      try body { take in
        try forEach(reading) { row in
          let outcome = OutcomeRow(row, schema)
          guard Self.isChosen(outcome, choice, gone: isOfGone) else { return }
          let listed = ListedRow(row: outcome, record: record(outcome))
          if choice.isWanted(listed.record) { try take(listed) }
        }
      }
    }
  }

  private func forEach(_ reading: BatchReading, _ body: (ReportRow) throws -> Void) throws {
    guard isOfGone else { return try reading.forEachRow(body) }
    if let previous { try reading.forEachRowGone(from: previous.id, body) }
  }

  private static func isChosen(_ row: OutcomeRow, _ choice: Choice, gone: Bool) -> Bool {
    let state = row.item?.state.rawValue ?? RowState.invalid.rawValue
    let hasState =
      gone || choice.states.isEmpty || choice.states.contains { $0.rawValue == state }
      || choice.states.contains(.changed) && !row.differences.isEmpty
    let reason = row.item.map { $0.reason?.rawValue } ?? RowState.invalid.rawValue
    return hasState && (choice.reasons.isEmpty || reason.map(choice.reasons.contains) ?? false)
  }

  private func record(_ row: OutcomeRow) -> [String] {
    let outcome = CSVFiles.outcomeCells(row)
    if isOfGone { return row.cells + outcome + [batch.importedAt.rfc3339(), "\(row.line)"] }
    return row.cells + firstSteps.cells(of: row) + outcome + [queueID, "\(batch.id.rawValue)", "\(row.line)"]
  }
}

/// Writes listed rows as JSON, as `outcomes.jsonl` has them.
package struct ListedRowJSON {
  private var lines: OutcomeLines

  /// Makes one for a list.
  package init(of list: RowList) { lines = OutcomeLines(columns: list.rosterColumns) }

  /// Appends a row's object and a newline.
  package mutating func append(_ row: ListedRow, to bytes: inout [UInt8]) { lines.append(row.row, to: &bytes) }
}

extension RowList {
  fileprivate var rosterColumns: [String] { (previous ?? batch).columns }

  /// Appends a record of a file that a person may open in a spreadsheet.
  package static func append(_ record: [String], to bytes: inout [UInt8]) {
    RecordWriter.appendEscaped(record, to: &bytes)
  }

  /// What tells a spreadsheet that what follows is UTF-8.
  package static let byteOrderMark = RecordWriter.byteOrderMark
}
