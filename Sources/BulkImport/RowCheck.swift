// One row against the schema: every rule of every cell, so that all issues come out at once.

import CSV
import Provisioning

/// What one row holds and what is wrong with it.
struct RowCheck {
  /// Whose and what it is; nil when the row is out of step with its header or lacks one of the two.
  private(set) var key: RowKey?
  /// In the order of the columns.
  var issues: [RowIssue] = []
  /// In the order of the columns.
  var warnings: [RowIssue] = []
  /// Columns without a header in which there is a value.
  private(set) var unnamed: [Int] = []

  /// Checks a row. The cells of a row that is out of step with its header are not looked at: they may stand under the
  /// wrong headers.
  init(_ record: Record, _ columns: Columns, _ memo: inout CellMemo, betterNameColumn: () -> String?) {
    guard record.hasEnd else {
      // Whatever else seems wrong comes of that. What it may name has not left the roster.
      key = Self.key(of: record, columns)
      let last = record.positions.count - 1
      let isShown = columns.facts.form.hasCells && columns.dropped.indexes.isEmpty && last < columns.ownCount
      issues = [
        columns.place(of: isShown ? last : nil, in: record).issue(
          "unfinished", value: isShown ? record.fields[last] : nil, .unfinished)
      ]
      return
    }
    for problem in record.problems {
      let column = problem.fieldNumber - 1
      let place = columns.place(of: column, in: record)
      issues.append(RowIssue(problem, file: place.file, header: place.header))
    }
    let isHidden = !columns.dropped.indexes.isEmpty && !record.problems.isEmpty
    guard record.fields.count == columns.headers.count, !record.isOutOfStep, !isHidden else {
      // Wrong quotes cut a row in the wrong places: one issue is enough.
      if issues.isEmpty { issues.append(totalIssue(record, columns) ?? Self.ragged(record, columns)) }
      return
    }
    if let issue = columns.oversizeIssue(record) {
      issues = [issue]
      return
    }
    key = Self.key(of: record, columns)
    for column in 0..<(record.hasNull ? columns.ownCount : 0)
    where record.fields[column].hasNull && !columns.dropped.indexes.contains(column) {
      issues.append(
        columns.place(of: column, in: record).issue(
          "null", value: record.fields[column], "there is a NUL character in this cell: enter it again"))
    }
    for column in columns.fieldColumns where !columns.isUnmade(column) {
      if column == columns.nameColumn, columns.isNameIncomplete(record) {
        issues += columns.nameIssues(record, better: betterNameColumn)
        continue
      }
      let text = record.fields[column]
      // What a value was made from may be wrong although the value is not.
      let isMade = columns.isMade(column)
      if !isMade, record.problems.isEmpty, record.remarks.isEmpty, memo.recall(text, in: column) { continue }
      let before = (issues.count, warnings.count)
      let value = isBroken(column, record) ? nil : check(column, record, columns)
      memo.note(
        value, of: text, in: column, isClean: before == (issues.count, warnings.count) && record.problems.isEmpty)
    }
    for issue in CellSigns.issues(record, columns) {
      if issue.isWarning { warnings.append(issue) } else { issues.append(issue) }
    }
    if !record.remarks.isEmpty { noteRemarks(record, columns) }
    if let total = totalIssue(record, columns) ?? columns.totalInName(record) { issues = [total] }
    let standIns = columns.standInIssues(record)
    issues.removeAll { issue in standIns.contains { $0.columnNumber == issue.columnNumber } }
    issues += standIns
    guard columns.template == nil else { return }
    for column in columns.unnamedColumns where !record.fields[column].isBlank && !isBroken(column, record) {
      unnamed.append(column)
    }
  }

  /// What a row is told that lacks something because it is a total; nil for others.
  private func totalIssue(_ record: Record, _ columns: Columns) -> RowIssue? {
    guard record.fields.count != columns.headers.count || issues.contains(where: { $0.rule == "required" }) else {
      return nil
    }
    let filled = record.fields.indices.filter { $0 < columns.ownCount && !record.fields[$0].isBlank }
    let column = filled.first { TotalWords.isTotal(record.fields[$0]) }
    if column == nil, filled.count == 1, record.remarks.isEmpty, columns.ownCount > 2, columns.facts.form.hasCells,
      columns.dropped.indexes.isEmpty
    {
      return loneCellIssue(filled[0], record, columns)
    }
    guard let column, !columns.headers[column].isEmpty else { return nil }
    let text = record.fields[column].trimmed
    return columns.place(of: column, in: record).issue(
      "total", value: text, .total(text, header: columns.headers[column]))
  }

  /// What a row is told that has one cell: the option that leaves it out, by its empty first cell where that is one.
  private func loneCellIssue(_ column: Int, _ record: Record, _ columns: Columns) -> RowIssue? {
    let text = record.fields[column].trimmed
    let isFirstEmpty = column > 0 && !columns.headers[0].isEmpty
    guard isFirstEmpty || !columns.headers[column].isEmpty else { return nil }
    return columns.place(of: column, in: record).issue(
      "one-cell", value: text,
      .loneCell(text, option: isFirstEmpty ? "\(columns.headers[0])=" : "\(columns.headers[column])=\(text)"))
  }

  /// Whether a cell's quotes are wrong, so that its text is a guess, or a formula has failed there.
  private func isBroken(_ column: Int, _ record: Record) -> Bool {
    record.problems.contains { $0.fieldNumber - 1 == column }
      || !record.remarks.isEmpty && record.cellNotes[column]?.isUnread == true
  }

  /// The account and the name of a row; nil when it has not both, is out of step with its header, or has wrong quotes,
  /// so that its cells are guesses.
  static func key(of record: Record, _ columns: Columns) -> RowKey? {
    guard record.problems.isEmpty, record.fields.count == columns.headers.count, !record.isOutOfStep,
      let account = columns.accountColumn, let name = columns.nameColumn
    else { return nil }
    guard !columns.isNameIncomplete(record), !columns.isUnmade(account), !columns.isUnmade(name) else { return nil }
    let key = RowKey(account: record.fields[account].trimmed, name: record.fields[name].trimmed)
    return key.account.isEmpty || key.name.isEmpty ? nil : key
  }

  /// - Returns: what the cell becomes; nil when it is empty or cannot be read.
  private mutating func check(_ column: Int, _ record: Record, _ columns: Columns) -> JSONValue? {
    guard let field = columns.meanings[column].field else { return nil }
    let text = record.fields[column].trimmed
    if let mangled = columns.mangledNumber(column, record) {
      issues.append(
        columns.place(of: column, in: record).issue(
          "mangled-number", value: mangled,
          "'\(mangled.shown)' is a long number that a spreadsheet has shortened: format the column as text, and enter "
            + "its numbers again"))
      return nil
    }
    if column == columns.nameColumn, let (written, number) = columns.rewrittenNumber(column, record) {
      issues.append(
        columns.place(of: column, in: record).issue(
          "rewritten-number", value: written, kind: "rewritten number",
          "'\(written.shown)' is the number \(number) written another way, which would name somebody else: format the "
            + "column as text in the spreadsheet, or export it as text (pandas: dtype=str)"))
      return nil
    }
    if field.kind == .string || field.kind == .stringMap, let unmeant = text.unmeant {
      warnings.append(
        columns.place(of: column, in: record).issue(
          "unseen", value: text, isWarning: true, kind: "unseen \(unmeant.scalar.value)",
          "'\(text.shown)' has the character \(unmeant.phrase), and is sent as it is: type the cell again if that is not meant"
        ))
    }
    guard !text.isEmpty else {
      guard field.isRequired else { return nil }
      let why = columns.whyEmpty(column, record) ?? "this cell must not be empty: \(field.help)"
      issues.append(columns.place(of: column, in: record).issue("required", why))
      return nil
    }
    let value = CellValue(text, of: field)
    for broken in value.broken {
      let hint = columns.nameHint(column, record, broken).map { ": \($0)" } ?? ""
      let alike = LookAlike(in: broken.value).map { "; it has \($0.phrase)" } ?? ""
      let message =
        "'\(broken.value.shown)' must \(broken.must)" + alike + (broken.isWarning ? "; it is sent as it is" : hint)
      let issue = columns.place(of: column, in: record).issue(
        broken.rule, value: broken.value, isWarning: broken.isWarning, message)
      if broken.isWarning { warnings.append(issue) } else { issues.append(issue) }
    }
    return value.json
  }

  private static func ragged(_ record: Record, _ columns: Columns) -> RowIssue {
    let (count, expected) = (record.fields.count, columns.ownCount)
    let cells = count == 1 ? "1 cell" : "\(count) cells"
    let separator = [UInt8(ascii: ";"): "semicolon", UInt8(ascii: "\t"): "tab"][columns.facts.separator] ?? "comma"
    let why =
      count < expected
      ? "add the missing \(separator)s"
      : count == expected + 1 && columns.facts.rowWidth == count
        ? "most rows have \(count), so the header lacks a column: add its name (R writes the first without one; "
          + "row.names = FALSE leaves it out)"
        : "put a cell that holds a \(separator) in quotes, or remove what is too much"
    let place = columns.place(ofOwn: min(count, expected), in: record)
    return place.issue(
      "ragged", value: count > expected && columns.dropped.indexes.isEmpty ? record.fields[expected] : nil,
      "this row has \(cells) and the header has \(expected): \(why)")
  }
}

// MARK: - Size

extension Columns {
  /// The most bytes of text that a definition is made of.
  static let largestDefinition = 1 << 20

  /// How much a row's own cells are and which column has most of it, where that is too much for a definition.
  func oversize(_ fields: [String]) -> (size: Int, column: Int)? {
    var total = 0
    for column in fieldColumns where column < ownCount && column < fields.count { total += fields[column].utf8.count }
    // Most rows are told to be small at once.
    let isPlain = plan.added.isEmpty
    guard !isPlain || total > Self.largestDefinition else { return nil }
    var (made, byColumn) = plan.sizes(of: fields)
    made += total
    guard made > Self.largestDefinition else { return nil }
    for column in fieldColumns where column < ownCount && column < fields.count {
      byColumn[column, default: 0] += fields[column].utf8.count
    }
    let largest = byColumn.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return (made, largest?.key ?? 0)
  }

  /// What a row is told whose definition would be too large; nil for others.
  func oversizeIssue(_ record: Record) -> RowIssue? {
    guard let (size, column) = oversize(record.fields) else { return nil }
    return place(of: column, in: record).issue(
      "definition-size",
      "this row would make a definition of \(size) bytes, most of it from this cell of \(record.fields[column].utf8.count) "
        + "bytes; \(Self.largestDefinition) is the most: shorten it\(template != nil ? ", or use it less often in the template" : "")"
    )
  }
}
