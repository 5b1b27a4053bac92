// One reading of a roster: the header, then row after row.

import CSV
import Provisioning

/// The state of one reading.
struct RosterPass {
  private let displayName: String
  private let names: FieldNames
  private var columns: Columns?
  private var duplicates: Duplicates
  private var digest = RosterDigest()
  private var summary = RosterSummary()
  /// Columns without a header in which a value was found, and the issue that says so.
  private var unnamed: [Int: RowIssue] = [:]
  /// Whether there is no use in reading on.
  private(set) var isOver = false

  init(path: String, displayName: String, schema: Schema, hashBits: Int) {
    self.displayName = displayName
    names = FieldNames(schema)
    duplicates = Duplicates(path: path, shownAs: displayName, hashBits: hashBits)
  }

  /// Takes the next record: the header, a row, or an empty row, which is passed over.
  mutating func take(_ record: Record, _ body: (RosterRow) throws -> Void) throws {
    guard !isOver, !record.fields.allSatisfy(\.isBlank) else { return }
    guard let columns else { return try takeHeader(record) }
    summary.rowCount += 1
    let content = try content(of: record, columns)
    let cells = columns.kept.map { $0 < record.fields.count ? record.fields[$0] : "" }
    digest.add(cells)
    digest.add(Array(record.fields.dropFirst(columns.headers.count)))
    if case .accepted(_, _, let definition) = content {
      summary.acceptedCount += 1
      digest.add([definition])
    } else {
      digest.add([])
    }
    try body(RosterRow(ordinal: summary.rowCount, line: record.line, cells: cells, content: content))
  }

  /// Notes an error that ended the reading.
  mutating func note(_ error: CSVError) {
    let column = error.fieldNumber - 1
    let header = columns.flatMap { column < $0.headers.count ? $0.headers[column] : nil }
    summary.add(RowIssue(error, file: displayName, header: header))
  }

  /// What the reading showed.
  ///
  /// - Throws: `RosterError`, when there was nothing to read.
  mutating func finish() throws -> RosterSummary {
    if summary.rowCount == 0, summary.issueCount == 0 {
      throw RosterError(columns == nil ? .empty : .noRows, file: displayName)
    }
    summary.digest = digest.finish()
    return summary
  }

  private mutating func takeHeader(_ record: Record) throws {
    let columns = Columns(header: record, file: displayName, names: names)
    if columns.headers.count == 1, let header = columns.headers.first {
      for (separator, name) in [(";", "semicolons"), ("\t", "tabs")] where header.contains(separator) {
        throw RosterError(.format, file: displayName, detail: "a table with \(name) between its cells")
      }
    }
    self.columns = columns
    isOver = !columns.namesAnyField
    columns.issues.forEach { summary.add($0) }
    summary.columns = columns.kept.map { columns.headers[$0] }
    digest.add(summary.columns)
  }
}

// MARK: - Rows

extension RosterPass {
  private mutating func content(of record: Record, _ columns: Columns) throws -> RosterRow.Content {
    var row = RowCheck(record, columns)
    if let key = row.key, let line = try duplicates.note(key, of: record, keyOf: { RowCheck.key(of: $0, columns) }) {
      row.issues.append(
        columns.place(of: columns.nameColumn, in: record).issue(
          "duplicate", value: key.name,
          "'\(key.name.shown)' stands on line \(line) already, for the same account: give each row a name of its own"))
    }
    for issue in row.issues + row.warnings { summary.add(issue) }
    // Said once for the column, whatever the number of its cells.
    for column in row.unnamed {
      let issue = unnamed[column] ?? columns.unnamedIssue(column, record)
      if unnamed.updateValue(issue, forKey: column) == nil { summary.add(issue) }
      row.issues.append(issue)
    }
    let issues = columns.issues + row.issues
    guard issues.isEmpty, let key = row.key else { return .rejected(issues) }
    return .accepted(
      account: key.account, name: key.name, definition: columns.shape.definition(of: row.values).canonicalText)
  }
}

extension Columns {
  fileprivate func unnamedIssue(_ column: Int, _ record: Record) -> RowIssue {
    place(of: column, in: record).issue(
      "header-empty", value: record.fields[column],
      "there is a value here and no header above it: give column \(IssuePlace.letters(column)) a header, or empty it")
  }
}

extension RowIssue {
  /// What the CSV reader found.
  init(_ error: CSVError, file: String, header: String?) {
    let rule =
      switch error.code {
      case .unclosedQuote: "unclosed-quote"
      case .textAfterQuote, .bareQuote: "quotes"
      case .invalidUTF8: "utf-8"
      case .fieldTooLong: "cell-length"
      case .tooManyFields: "column-count"
      }
    let place = IssuePlace(
      file: file, line: error.position.line, recordNumber: error.recordNumber, columnIndex: error.fieldNumber - 1,
      header: header)
    self = place.issue(rule, error.message)
  }
}
