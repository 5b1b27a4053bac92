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
  private let firstHeaderLine: Int
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
  /// Issues that were found and not handed over yet.
  private var fresh: [RowIssue] = []
  /// What follows a line that may be no header, until there is enough of it to say so.
  private var following: [Record]?
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
    hashBits: Int, nameColumn: @escaping () -> String?
  ) {
    findNameColumn = nameColumn
    self.displayName = displayName
    self.options = options
    self.template = template
    elements = source.elements
    firstHeaderLine = source.firstHeaderLine
    names = FieldNames(schema)
    duplicates = Duplicates(
      path: source.path, shownAs: displayName, separator: source.separator, hashBits: hashBits)
    summary.format = source.format
    for wrong in source.elements?.roster ?? [] {
      let place = IssuePlace(
        file: displayName, line: wrong.line ?? 1, recordNumber: 0, header: wrong.field, hasCell: false)
      add(whole: place.issue("json", wrong.message))
    }
  }

  /// Takes the next record: the header, a row, or an empty row, which is passed over.
  mutating func take(_ record: Record, _ body: (RosterRow) throws -> Void) throws {
    guard !isOver, elements != nil || !record.fields.allSatisfy(\.isBlank) else { return }
    lastLine = record.line
    guard columns != nil else {
      if elements == nil, record.line < firstLine { return }
      return try takeHeader(record)
    }
    guard following == nil else {
      following?.append(record)
      return following?.count == Self.followingCount ? try advise(body) : ()
    }
    try takeRow(record, body)
  }

  /// Now that it is known what follows the header, says what is wrong with it, or goes on with the rows.
  private mutating func advise(_ body: (RosterRow) throws -> Void) throws {
    guard let columns, let records = following else { return }
    following = nil
    isOver = columns.advise(records)
    try addHeaderIssues(columns)
    guard !isOver else { return }
    for record in records { try takeRow(record, body) }
  }

  private mutating func takeRow(_ record: Record, _ body: (RosterRow) throws -> Void) throws {
    guard let columns else { return }
    if isReport { return try takeRow(record.withoutEscapes, columns, body) }
    try takeRow(record, columns, body)
  }

  private mutating func takeRow(_ record: Record, _ columns: Columns, _ body: (RosterRow) throws -> Void) throws {
    guard filter.isRow(record) else { return }
    counting.note(record, columns)
    guard filter.isWanted(record) else { return }
    if let limit = options.limit, summary.rowCount >= limit { return }
    summary.rowCount += 1
    // A copy of a record is dear when there are a million.
    if elements == nil, columns.plan.isEmpty { return try add(record, record, at: record, columns, body) }
    let inFile = inItsFile(record)
    shortNumbers.note(inFile, columns)
    try add(inFile, columns.extended(inFile), at: record, columns, body)
  }

  /// - Parameters:
  ///   - inFile: the row with its line in the roster.
  ///   - extended: the row with what the template makes of it.
  ///   - place: the row in the table that the roster was turned into.
  private mutating func add(
    _ inFile: Record, _ extended: Record, at place: Record, _ columns: Columns, _ body: (RosterRow) throws -> Void
  ) throws {
    let (content, rejectedKey) = try content(of: extended, at: place, columns)
    let keepsAll = columns.kept.count == inFile.fields.count && columns.kept.count == columns.ownCount
    let hidesAll = columns.hidesAll(inFile.fields, hasProblems: !inFile.problems.isEmpty)
    let cells =
      keepsAll
      ? inFile.fields : columns.kept.map { $0 < inFile.fields.count && !hidesAll ? inFile.fields[$0] : "" }
    digest.add(cells)
    // What a row has beyond its header counts too, and what the template makes of it.
    digest.add(inFile.fields.dropFirst(columns.ownCount))
    if !columns.plan.isEmpty { digest.add(extended.fields) }
    // The same cells may be wrong in the file and right when its quotes are mended.
    if case .accepted = content {
      summary.acceptedCount += 1
      digest.add(1)
    } else {
      digest.add(0)
    }
    try body(
      RosterRow(
        ordinal: summary.rowCount, line: inFile.line, cells: cells, content: content, rejectedKey: rejectedKey,
        carried: columns.carriedCells))
  }

  /// Notes an error that ended the reading: what comes after it is not known, so leaving rows out does not mend it.
  mutating func note(_ error: CSVError, _ body: (RosterRow) throws -> Void) throws {
    try advise(body)
    guard !isOver else { return }
    if let elements {
      // The record is one of the table that the roster was turned into.
      let index = error.recordNumber - Record.firstElementNumber
      let line = elements.lines.indices.contains(index) ? Int(elements.lines[index]) : 1
      let place = IssuePlace(file: displayName, line: line, recordNumber: 0, hasCell: false)
      add(whole: place.issue(RowIssue.rule(of: error), error.message))
      return
    }
    let column = error.fieldNumber - 1
    let header = columns.flatMap { column < $0.headers.count ? $0.headers[column] : nil }
    add(whole: RowIssue(error, file: displayName, header: header))
  }

  /// What the reading showed.
  ///
  /// - Throws: `RosterError`, when there was nothing to read.
  mutating func finish(_ body: (RosterRow) throws -> Void) throws -> RosterSummary {
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
    isReport = elements == nil && record.isReportHeader
    let record = isReport ? record.withoutEscapes : record
    let columns = Columns(
      header: record, file: displayName, names: names, template: template, carried: options.carried,
      dropped: options.dropped, elements: elements)
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
    for column in columns.kept where !options.carried.contains(columns.headers[column]) {
      if let warning = columns.secretWarning(column) { add(warning) }
    }
  }

  /// The first line that may be the header.
  private var firstLine: Int { options.headerLine ?? firstHeaderLine }

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
  /// A row of a roster that was turned into a table, with the line that it has in the roster.
  private func inItsFile(_ record: Record) -> Record {
    guard let elements, elements.lines.indices.contains(record.elementIndex) else { return record }
    return record.with(line: Int(elements.lines[record.elementIndex]), number: record.number)
  }

  private mutating func content(
    of record: Record, at place: Record, _ columns: Columns
  ) throws -> (RosterRow.Content, rejectedKey: RosterRow.Key?) {
    var row = RowCheck(record, columns, &memo) {
      let known = betterNameColumn ?? findNameColumn()
      betterNameColumn = known
      return known
    }
    if let wrong = elements?.issues[place.elementIndex] {
      var place = columns.place(of: nil, in: record)
      place.line = wrong.line ?? place.line
      place.header = wrong.field
      row.issues = [place.issue("json", wrong.message)]
    }
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
      let known = row.key.map { RosterRow.Key(account: $0.account, name: $0.name) }
      return (.rejected(columns.rejecting + row.issues), known)
    }
    let definition = definitions.definition(
      of: memo, columns.shape, columns.fieldColumns, nameColumn: nameColumn, name: key.name)
    return (.accepted(account: key.account, name: key.name, definition: definition), nil)
  }
}

extension Record {
  /// The number of the first element's record in the table that a JSON roster was turned into; the header is before it.
  fileprivate static let firstElementNumber = 2
  /// Which element it was made of, from 0.
  fileprivate var elementIndex: Int { number - Self.firstElementNumber }
}
