// What becomes of a row: a definition, or the issues for which it is not accepted.

import CSV
import Provisioning

/// Judges rows one after the other.
struct RowJudge {
  private let faults: [Int: RecordFault]
  private var duplicates: Duplicates
  private var memo = CellMemo(columnCount: 0)
  private var definitions = DefinitionWriter()
  /// Columns without a header in which a value was found, and the issue that says so.
  private var unnamed: [Int: RowIssue] = [:]
  /// The sentence about an issue.
  private let wording: (RowIssue) -> String
  /// A column that would make names; asked for when one is needed, and once.
  private let findNameColumn: () -> String?
  private var betterNameColumn: String??

  init(
    _ faults: [Int: RecordFault], _ duplicates: Duplicates, wording: @escaping (RowIssue) -> String,
    nameColumn: @escaping () -> String?
  ) {
    (self.faults, self.duplicates, self.wording, findNameColumn) = (faults, duplicates, wording, nameColumn)
  }

  /// Begins with the rows below a header.
  mutating func begin(_ columns: Columns) { memo = CellMemo(columnCount: columns.headers.count) }

  /// What becomes of a row, with what the template makes of it; says what is wrong with it.
  mutating func content(
    of record: Record, _ columns: Columns, _ findings: inout RosterFindings
  ) throws -> NewRow.Content {
    var row = RowCheck(record, columns, &memo) {
      let known = betterNameColumn ?? findNameColumn()
      betterNameColumn = known
      return known
    }
    if record.hasEnd, let fault = faults[record.number] { row.issues = [Self.issue(fault, record, columns)] }
    if record.hasEnd, let issue = try duplicateIssue(row.key, record, columns) { row.issues.append(issue) }
    for issue in row.issues { findings.add(issue) }
    for issue in row.warnings { findings.add(issue) }
    // Said once for the column, whatever the number of its cells.
    for column in row.unnamed {
      let issue = unnamed[column] ?? columns.unnamedIssue(column, record)
      if unnamed.updateValue(issue, forKey: column) == nil { findings.add(issue) }
      row.issues.append(issue)
    }
    if !row.issues.isEmpty { findings.countIssueRow() }
    guard columns.rejecting.isEmpty, row.issues.isEmpty, let key = row.key, let nameColumn = columns.nameColumn else {
      let text = (columns.rejecting + row.issues).map(wording).joined(separator: "; ")
      return .issue(text, account: row.key?.account, name: row.key?.name)
    }
    let definition = definitions.definition(
      of: memo, columns.shape, columns.fieldColumns, nameColumn: nameColumn, name: key.name)
    return .item(account: key.account, name: key.name, definition: definition)
  }

  private static func issue(_ fault: RecordFault, _ record: Record, _ columns: Columns) -> RowIssue {
    var place = columns.place(of: nil, in: record)
    place.line = fault.line ?? place.line
    place.header = fault.field
    return place.issue(fault.rule, fault.message)
  }

  /// That an earlier row has the same account and name; nil where none has.
  private mutating func duplicateIssue(_ key: RowKey?, _ record: Record, _ columns: Columns) throws -> RowIssue? {
    guard let key else { return nil }
    let line = try duplicates.note(key, of: record) {
      RowCheck.key(of: columns.extended(columns.repaired($0).record), columns)
    }
    guard let line else { return nil }
    return columns.place(of: columns.nameColumn, in: record).issue(
      "duplicate", value: key.name,
      "'\(key.name.shown)' stands on line \(line) already, for the same account: give each row a name of its own")
  }
}
