// One reading of a roster: the header, then row after row.

import CSV
import Provisioning

/// The state of one reading.
struct RosterPass {
  private let displayName: String
  private let names: FieldNames
  private let options: RosterOptions
  private let template: Template?
  private let json: JSONRoster?
  private let firstHeaderLine: Int
  private let rowWidth: Int?
  private var filter = RowFilter()
  private var counting = CountingNames()
  private var shortNumbers = ShortNumbers()
  private var columns: Columns?
  private var duplicates: Duplicates
  private var memo = CellMemo(columnCount: 0)
  private var definitions = DefinitionWriter()
  /// Whether the roster is a report of ours.
  private var isReport = false
  private var digest = RosterDigest()
  private var summary = RosterSummary()
  /// Columns without a header in which a value was found, and the issue that says so.
  private var unnamed: [Int: RowIssue] = [:]
  /// The last line on which a record started.
  private var lastLine = 0
  /// What stands above a header that was found below the first line.
  private var above: String?
  /// Issues that were found and not handed over yet.
  private var fresh: [RowIssue] = []
  /// What follows a line that may be no header, until there is enough of it to say so.
  private var following: [Record]?
  /// The sentence about an issue.
  private let wording: (RowIssue) -> String
  /// A column that would make names; asked for when one is needed, and once.
  private let findNameColumn: () -> String?
  private var betterNameColumn: String??
  /// Whether there is no use in reading on.
  private(set) var isOver = false

  /// To be raised when the same cells become another definition or are judged otherwise than before: then a roster that
  /// was imported is looked at again.
  private static let digestVersion = 2
  /// How many records are looked at for the header.
  private static let followingCount = 20

  init(
    _ source: RosterSource, displayName: String, schema: Schema, options: RosterOptions, template: Template?,
    hashBits: Int, wording: @escaping (RowIssue) -> String, nameColumn: @escaping () -> String?
  ) {
    (self.wording, findNameColumn) = (wording, nameColumn)
    self.displayName = displayName
    self.options = options
    self.template = template
    json = source.json
    (firstHeaderLine, rowWidth) = (source.firstHeaderLine, source.rowWidth)
    names = FieldNames(schema)
    duplicates = Duplicates(source, shownAs: displayName, hashBits: hashBits)
    summary.format = source.format
    for wrong in source.json?.wholeIssues ?? [] {
      let place = IssuePlace(
        file: displayName, line: wrong.line ?? 1, recordNumber: 0, header: wrong.field, hasCell: false)
      add(whole: place.issue(wrong.rule, wrong.message))
    }
  }

  /// Takes the next record: the header, a row, or an empty row, which is passed over.
  mutating func take(_ record: Record, _ body: (NewRow) throws -> Void) throws {
    guard !isOver, json != nil || !record.fields.allSatisfy(\.isBlank) else { return }
    lastLine = record.line
    guard columns != nil else {
      if record.line >= firstHeaderLine { return try takeHeader(record) }
      if options.headerLine == nil { above = above ?? record.fields.first { !$0.isBlank } }
      return
    }
    guard following == nil else {
      following?.append(record)
      return following?.count == Self.followingCount ? try advise(body) : ()
    }
    try takeRow(record, body)
  }

  /// Now that it is known what follows the header, says what is wrong with it, or goes on with the rows.
  private mutating func advise(_ body: (NewRow) throws -> Void) throws {
    guard let columns, let records = following else { return }
    following = nil
    isOver = columns.advise(records)
    try addHeaderIssues(columns)
    guard !isOver else { return }
    for record in records { try takeRow(record, body) }
  }

  private mutating func takeRow(_ record: Record, _ body: (NewRow) throws -> Void) throws {
    guard let columns else { return }
    let (row, warnings) = isReport ? (record.withoutEscapes, []) : columns.repaired(record)
    if try takeRow(row, columns, body) { warnings.forEach { add($0) } }
  }

  /// Takes a row, unless it is left out; says whether it was taken.
  private mutating func takeRow(
    _ record: Record, _ columns: Columns, _ body: (NewRow) throws -> Void
  ) throws -> Bool {
    guard filter.isRow(record) else { return false }
    counting.note(record, columns)
    guard filter.isWanted(record) else { return false }
    if let limit = options.limit, summary.rowCount >= limit { return false }
    summary.rowCount += 1
    // A copy of a record is dear when there are a million.
    if columns.plan.isEmpty {
      try add(record, record, columns, body)
    } else {
      shortNumbers.note(record, columns)
      try add(record, columns.extended(record), columns, body)
    }
    return true
  }

  /// - Parameter extended: the row with what the template makes of it.
  private mutating func add(
    _ record: Record, _ extended: Record, _ columns: Columns, _ body: (NewRow) throws -> Void
  ) throws {
    let content = try content(of: extended, columns)
    let keepsAll = columns.kept.count == record.fields.count && columns.kept.count == columns.ownCount
    let hidesAll = columns.hidesAll(record.fields, hasProblems: !record.problems.isEmpty)
    let cells =
      keepsAll
      ? record.fields : columns.kept.map { $0 < record.fields.count && !hidesAll ? record.fields[$0] : "" }
    digest.add(cells)
    // What a row has beyond its header counts too, and what the template makes of it.
    digest.add(record.fields.dropFirst(columns.ownCount))
    if !columns.plan.isEmpty { digest.add(extended.fields) }
    // The same cells may be wrong in the file and right when its quotes are mended.
    if case .item = content {
      summary.acceptedCount += 1
      digest.add(1)
    } else {
      digest.add(0)
    }
    try body(NewRow(ordinal: summary.rowCount, line: record.line, cells: cells, content: content))
  }

  /// Notes an error that ended the reading: what comes after it is not known, so leaving rows out does not mend it.
  mutating func note(_ error: CSVError, _ body: (NewRow) throws -> Void) throws {
    try advise(body)
    guard !isOver else { return }
    let column = error.fieldNumber - 1
    let header = columns.flatMap { column < $0.headers.count ? $0.headers[column] : nil }
    add(whole: RowIssue(error, file: displayName, header: header))
  }

  /// What the reading showed; throws `RosterError` when there was nothing to read.
  mutating func finish(_ body: (NewRow) throws -> Void) throws -> RosterSummary {
    try advise(body)
    if summary.rowCount == 0, summary.issueCount == 0 { throw nothing }
    if let columns {
      if !options.allowsRowNumbers, let issue = counting.issue(columns) { add(whole: issue) }
      // A count of the rows has short numbers of its own.
      if !options.allowsShortNumbers, !counting.isFound {
        for issue in shortNumbers.issues(columns) { add(whole: issue) }
      }
    }
    summary.digest = digest.finish()
    return summary
  }

  /// The columns that only travel along; nil before the header.
  var carriedCells: [(header: String, index: Int)]? { columns?.carriedCells }

  /// The issues since the last call, for who wants all of them.
  mutating func takeIssues() -> [RowIssue] {
    if fresh.isEmpty { return [] }
    defer { fresh.removeAll(keepingCapacity: true) }
    return fresh
  }

  private var nothing: RosterError {
    if columns == nil, let line = options.headerLine, lastLine > 0 {
      return RosterError(.headerBehindEnd(line: line, last: lastLine), file: displayName)
    }
    if filter.leavesAllOut { return RosterError(.allExcepted, file: displayName) }
    if let why = filter.whyNothingIsChosen(of: displayName) {
      return RosterError(.nothingChosen, file: displayName, detail: why)
    }
    return RosterError(columns == nil ? .empty : .noRows, file: displayName)
  }

  private mutating func takeHeader(_ record: Record) throws {
    isReport = json == nil && record.isReportHeader
    let record = isReport ? record.withoutEscapes : record
    let columns = Columns(
      header: record, file: displayName, names: names, template: template, carried: options.carried,
      dropped: options.dropped, json: json, mayLackBytes: summary.format.encoding != .utf8, rowWidth: rowWidth)
    self.columns = columns
    memo = CellMemo(columnCount: columns.headers.count)
    filter = RowFilter(options, headers: columns.headers.prefix(columns.ownCount))
    summary.columns = columns.kept.map { columns.headers[$0] }
    summary.carried = columns.carriedCells.map(\.header)
    (summary.sent, summary.staying) = (columns.sentHeaders, columns.stayingHeaders)
    summary.dropped = columns.dropped.indexes.sorted().map { columns.headers[$0] }
    digest.add(Self.digestVersion)
    digest.add(summary.columns)
    // What the cells mean is not in them.
    digest.add(columns.fieldColumns.flatMap { [columns.headers[$0], columns.path(of: $0)] })
    if columns.needsAdvice { following = [] } else { try addHeaderIssues(columns) }
  }

  private mutating func addHeaderIssues(_ columns: Columns) throws {
    if !isOver, let error = columns.dropError(isReport: isReport) { throw error }
    // A line that is no header has no columns to choose by either.
    for column in isOver ? [] : filter.unknown {
      add(
        whole: columns.headerPlace(of: nil).issue(
          "filter", value: column,
          "there is no column '\(column.shown)' to choose rows by; the roster has \(columns.shownHeaders)"))
    }
    columns.issues.forEach { add(whole: $0) }
    // The line that tells Excel the separator is no title.
    if let above, !above.lowercased().hasPrefix("sep=") {
      add(
        columns.headerPlace(of: nil).issue(
          "header-line", value: above, isWarning: true,
          "this line is taken as the header; what stands above it is left out: '\(above.shown)'"))
    }
    for column in columns.kept where !columns.carried.contains(columns.headers[column]) {
      if let warning = columns.secretWarning(column) { add(warning) }
    }
  }

  private mutating func add(_ issue: RowIssue) {
    summary.add(issue)
    fresh.append(issue)
  }

  private mutating func add(whole issue: RowIssue) {
    summary.add(whole: issue)
    fresh.append(issue)
  }
}

// MARK: - Rows

extension RosterPass {
  private mutating func content(
    of record: Record, _ columns: Columns
  ) throws -> NewRow.Content {
    var row = RowCheck(record, columns, &memo) {
      let known = betterNameColumn ?? findNameColumn()
      betterNameColumn = known
      return known
    }
    if let wrong = json?.issues[record.number] {
      var place = columns.place(of: nil, in: record)
      place.line = wrong.line ?? place.line
      place.header = wrong.field
      row.issues = [place.issue(wrong.rule, wrong.message)]
    }
    let first = try row.key.flatMap { key in
      try duplicates.note(key, of: record) { RowCheck.key(of: columns.extended(columns.repaired($0).record), columns) }
    }
    if let key = row.key, let line = first {
      row.issues.append(
        columns.place(of: columns.nameColumn, in: record).issue(
          "duplicate", value: key.name,
          "'\(key.name.shown)' stands on line \(line) already, for the same account: give each row a name of its own"))
    }
    for issue in row.issues { add(issue) }
    for issue in row.warnings { add(issue) }
    // Said once for the column, whatever the number of its cells.
    for column in row.unnamed {
      let issue = unnamed[column] ?? columns.unnamedIssue(column, record)
      if unnamed.updateValue(issue, forKey: column) == nil { add(issue) }
      row.issues.append(issue)
    }
    if !row.issues.isEmpty { summary.issueRowCount += 1 }
    guard columns.rejecting.isEmpty, row.issues.isEmpty, let key = row.key, let nameColumn = columns.nameColumn else {
      let text = (columns.rejecting + row.issues).map(wording).joined(separator: "; ")
      return .issue(text, account: row.key?.account, name: row.key?.name)
    }
    let definition = definitions.definition(
      of: memo, columns.shape, columns.fieldColumns, nameColumn: nameColumn, name: key.name)
    return .item(account: key.account, name: key.name, definition: definition)
  }
}

// MARK: - Reports as rosters

extension Record {
  /// Whether this is the header of a report of ours.
  fileprivate var isReportHeader: Bool { fields.contains { $0.hasPrefix("rollcall_") } }

  /// The record without the apostrophes that the report put before what a spreadsheet would have run as a formula.
  fileprivate var withoutEscapes: Record {
    fields.contains { $0.utf8.first == UInt8(ascii: "'") } ? with(fields: fields.map(EscapedCell.original)) : self
  }
}
