// One reading of a roster: the header, then row after row.

import CSV
import Provisioning

/// The state of one reading.
struct RosterPass {
  private let displayName: String
  private let options: RosterOptions
  private var header: HeaderReader
  /// The columns, from the first row on.
  private var columns: Columns?
  private var filter = RowFilter()
  /// Where the marks of a report are, while they count.
  private var marks: MarkColumns?
  private var numbers = NameNumbers()
  private var judge: RowJudge
  private var findings: RosterFindings
  /// Whether the header was met again, which one condition leaves out everywhere.
  private var hasHeaderAgain = false
  /// The last line on which a record started.
  private var lastLine = 0

  init(
    _ source: RosterSource, displayName: String, schema: Schema, options: RosterOptions, template: Template?,
    hashBits: Int, wording: @escaping (RowIssue) -> String, nameColumn: @escaping () -> String?
  ) {
    self.displayName = displayName
    self.options = options
    header = HeaderReader(
      source.facts, displayName: displayName, schema: schema, options: options, template: template)
    judge = RowJudge(
      source.facts.faults, Duplicates(source, shownAs: displayName, hashBits: hashBits), wording: wording,
      nameColumn: nameColumn)
    findings = RosterFindings(source.format)
    for fault in source.facts.wholeFaults {
      let place = IssuePlace(
        file: displayName, line: fault.line ?? 1, recordNumber: 0, header: fault.field, hasCell: false)
      findings.add(whole: place.issue(fault.rule, fault.message))
    }
  }

  /// Whether there is no use in reading on.
  var isOver: Bool { header.isGivenUp }

  /// The columns that only travel along; nil before the header.
  var carriedCells: [(header: String, index: Int)]? { header.columns?.carriedCells }

  /// Takes the next record: one of the first, or a row.
  mutating func take(_ record: Record, _ body: (NewRow) throws -> Void) throws {
    guard !isOver else { return }
    guard record.hasEnd || !options.allowsNoLineEnd else { return try take(record.withEnd, body) }
    lastLine = record.line
    if let columns {
      try takeRow(record, columns, body)
    } else if header.take(record) {
      try settleHeader(body)
    }
  }

  /// Notes an error that ended the reading: what comes after it is not known, so leaving rows out does not mend it.
  mutating func note(_ error: CSVError, _ body: (NewRow) throws -> Void) throws {
    try settleHeader(body)
    guard !isOver else { return }
    let column = error.fieldNumber - 1
    let name = columns.flatMap { column < $0.headers.count ? $0.headers[column] : nil }
    findings.add(whole: RowIssue(error, file: displayName, header: name))
  }

  /// What the reading showed; throws `RosterError` when there was nothing to read.
  mutating func finish(_ body: (NewRow) throws -> Void) throws -> RosterSummary {
    try settleHeader(body)
    if findings.summary.rowCount == 0, findings.summary.issueCount == 0 { throw nothing }
    if let columns { for issue in numbers.issues(columns, options) { findings.add(whole: issue) } }
    return findings.finish()
  }

  /// The issues since the last call, for who wants all of them.
  mutating func takeIssues() -> [RowIssue] { findings.takeFresh() }

  private var nothing: RosterError {
    if header.columns == nil, let line = options.headerLine, lastLine > 0 {
      return RosterError(.headerBehindEnd(line: line, last: lastLine), file: displayName)
    }
    if filter.leavesAllOut { return RosterError(.allExcepted, file: displayName) }
    if let why = filter.whyNothingIsChosen(of: displayName) {
      return RosterError(.nothingChosen, file: displayName, detail: why)
    }
    return RosterError(columns == nil ? .empty : .noRows, file: displayName)
  }

  /// Goes on with the rows once all is known of the header; does nothing before it, and nothing the second time.
  private mutating func settleHeader(_ body: (NewRow) throws -> Void) throws {
    guard columns == nil, let columns = header.columns else { return }
    self.columns = columns
    filter = RowFilter(options, headers: columns.headers.prefix(columns.ownCount))
    if options.mended != nil, header.isReport { marks = MarkColumns(columns.headers.prefix(columns.ownCount)) }
    judge.begin(columns)
    findings.note(columns)
    let rows = header.settle(columns)
    if let error = header.error(columns) { throw error }
    for issue in header.issues(columns, unknown: filter.unknown) { findings.add(whole: issue) }
    for warning in header.warnings(columns) { findings.add(warning) }
    for row in rows { try takeRow(row, columns, body) }
  }

  private mutating func takeRow(
    _ record: Record, _ columns: Columns, _ body: (NewRow) throws -> Void
  ) throws {
    let (row, warnings) = header.isReport ? (record.withoutEscapes, []) : columns.repaired(record)
    guard filter.isRow(row) else { return }
    if let again = columns.headerAgain(row) {
      if !hasHeaderAgain { findings.add(whole: again) }
      return hasHeaderAgain = true
    }
    if row.hasEnd, let total = columns.certainTotal(row) { return findings.add(total) }
    if row.hasEnd { numbers.note(row, columns) }
    guard filter.isWanted(row) else { return }
    if let limit = options.limit, findings.summary.rowCount >= limit { return }
    findings.countRow()
    if findings.summary.rowCount == 1, let warning = columns.exampleWarning(row) { findings.add(warning) }
    // A copy of a record is dear when there are a million.
    if columns.plan.isEmpty {
      try add(row, row, columns, body)
    } else {
      if row.hasEnd { numbers.note(wanted: row, columns) }
      try add(row, columns.extended(row), columns, body)
    }
    warnings.forEach { findings.add($0) }
  }

  /// - Parameter extended: the row with what the template makes of it.
  private mutating func add(
    _ record: Record, _ extended: Record, _ columns: Columns, _ body: (NewRow) throws -> Void
  ) throws {
    let content = try judge.content(of: extended, columns, &findings)
    let keepsAll = columns.kept.count == record.fields.count && columns.kept.count == columns.ownCount
    let hidesAll = columns.hidesAll(record.fields, hasProblems: !record.problems.isEmpty)
    let cells =
      keepsAll
      ? record.fields : columns.kept.map { $0 < record.fields.count && !hidesAll ? record.fields[$0] : "" }
    let isAccepted = if case .item = content { true } else { false }
    if isAccepted, let warning = columns.noteWarning(record) { findings.add(warning) }
    findings.note(record, extended: extended, cells: cells, isAccepted: isAccepted, columns)
    var row = NewRow(ordinal: findings.summary.rowCount, line: record.line, cells: cells, content: content)
    row.mendedLine = mendedLine(of: record, columns)
    try body(row)
  }

  /// The line of the row that a row takes the place of; says what is wrong with its marks.
  private mutating func mendedLine(of record: Record, _ columns: Columns) -> Int? {
    guard let marks, let mended = options.mended else { return nil }
    switch marks.line(in: record.fields, of: mended) {
    case .success(let line): return line
    case .failure(let damage):
      // A row that is left out stays as it was; which one that is, is not known.
      findings.add(
        whole: columns.place(of: damage.column, in: record).issue(
          "report-mark", value: record.fields[damage.column], damage.phrase))
      return MarkColumns.damagedLine
    }
  }
}
