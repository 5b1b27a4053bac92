// One reading of a roster: the header, then row after row.

import CSV
import Provisioning

/// The state of one reading.
struct RosterPass {
  private let displayName: String
  private let names: FieldNames
  private let options: RosterOptions
  private let template: Template?
  private let elements: JSONTable.Elements?
  private var filter = RowFilter()
  private var counting = CountingNames()
  private var columns: Columns?
  private var duplicates: Duplicates
  private var memo = CellMemo(columnCount: 0)
  private var definitions = DefinitionWriter()
  private var digest = RosterDigest()
  private var summary = RosterSummary()
  /// Columns without a header in which a value was found, and the issue that says so.
  private var unnamed: [Int: RowIssue] = [:]
  /// Whether there is no use in reading on.
  private(set) var isOver = false

  init(
    _ source: RosterSource, displayName: String, schema: Schema, options: RosterOptions, template: Template?,
    hashBits: Int
  ) {
    self.displayName = displayName
    self.options = options
    self.template = template
    elements = source.elements
    names = FieldNames(schema)
    duplicates = Duplicates(
      path: source.path, shownAs: displayName, separator: source.separator, hashBits: hashBits)
    summary.format = source.format
    for wrong in source.elements?.roster ?? [] {
      let place = IssuePlace(file: displayName, line: wrong.line, recordNumber: 0, hasCell: false)
      summary.add(place.issue("json", wrong.message))
    }
  }

  /// Takes the next record: the header, a row, or an empty row, which is passed over.
  mutating func take(_ record: Record, _ body: (RosterRow) throws -> Void) throws {
    guard !isOver, elements != nil || !record.fields.allSatisfy(\.isBlank) else { return }
    guard let columns else {
      if let line = options.headerLine, record.line < line { return }
      return try takeHeader(record)
    }
    guard filter.takes(record) else { return }
    if let limit = options.limit, summary.rowCount >= limit { return }
    summary.rowCount += 1
    let place = record
    let record = inItsFile(record)
    let content = try content(of: columns.extended(record), at: place, columns)
    let cells = columns.kept.map { $0 < record.fields.count ? record.fields[$0] : "" }
    digest.add(cells)
    // What a row has beyond its header counts too.
    digest.add(record.fields.count > columns.ownCount ? Array(record.fields.dropFirst(columns.ownCount)) : [])
    if case .accepted(_, let name, let definition) = content.0 {
      summary.acceptedCount += 1
      // Of a definition that is the one above with another name, the name tells it all.
      digest.add(content.isShared ? [name] : [name, definition])
    } else {
      digest.add([])
    }
    try body(
      RosterRow(
        ordinal: summary.rowCount, line: record.line, cells: cells, content: content.0, carried: columns.carriedCells))
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
    if !options.allowsRowNumbers, let issue = counting.issue(summary, file: displayName, columns) { summary.add(issue) }
    summary.digest = digest.finish()
    return summary
  }

  private mutating func takeHeader(_ record: Record) throws {
    let columns = Columns(
      header: record, file: displayName, names: names, template: template, carried: options.carried,
      hasCells: elements == nil)
    self.columns = columns
    memo = CellMemo(columnCount: columns.headers.count)
    filter = RowFilter(options, headers: columns.headers)
    for column in filter.unknown {
      summary.add(
        columns.place(of: nil, in: record).issue(
          "filter", value: column, "there is no column '\(column.shown)' to choose rows by"))
    }
    isOver = !columns.namesAnyField
    columns.issues.forEach { summary.add($0) }
    summary.columns = columns.kept.map { columns.headers[$0] }
    digest.add(summary.columns)
  }
}

// MARK: - Rows

extension RosterPass {
  /// A row of a roster that was turned into a table, with the line that it has in the roster.
  private func inItsFile(_ record: Record) -> Record {
    guard let elements, elements.lines.indices.contains(record.elementIndex) else { return record }
    return record.with(line: Int(elements.lines[record.elementIndex]), number: record.number)
  }

  private mutating func content(
    of record: Record, at place: Record, _ columns: Columns
  ) throws -> (RosterRow.Content, isShared: Bool) {
    var row = RowCheck(record, columns, &memo)
    if let wrong = elements?.issues[place.elementIndex] {
      row.issues = [columns.place(of: nil, in: record).issue("json", wrong)]
    }
    counting.note(record, summary.rowCount, columns)
    let first = try row.key.flatMap { key in
      try duplicates.note(key, of: place) { RowCheck.key(of: columns.extended($0), columns) }
    }
    if let key = row.key, let first {
      let line = elements.map { Int($0.lines[first.number - Record.firstElementNumber]) } ?? first.line
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
    guard columns.issues.isEmpty, row.issues.isEmpty, let key = row.key, let nameColumn = columns.nameColumn else {
      return (.rejected(columns.issues + row.issues), false)
    }
    let (definition, isShared) = definitions.definition(
      of: memo, columns.shape, columns.fieldColumns, nameColumn: nameColumn)
    return (.accepted(account: key.account, name: key.name, definition: definition), isShared)
  }
}

extension Record {
  /// The number of the first element's record in the table that a JSON roster was turned into; the header is before it.
  fileprivate static let firstElementNumber = 2
  /// Which element it was made of, from 0.
  fileprivate var elementIndex: Int { number - Self.firstElementNumber }
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
      header: header, byteColumn: error.position.column)
    self = place.issue(rule, error.message)
  }
}
