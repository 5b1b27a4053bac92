// One row against the schema: every rule of every cell, so that all issues come out at once.

import CSV
import Provisioning

/// What one row holds and what is wrong with it.
struct RowCheck {
  /// Whose and what it is; nil when the row is out of step with its header or lacks one of the two.
  private(set) var key: RowKey?
  /// What the cells become in the definition, by column; nil for an empty cell, or one that cannot be read.
  private(set) var values: [JSONValue?] = []
  /// In the order of the columns.
  var issues: [RowIssue] = []
  /// In the order of the columns.
  private(set) var warnings: [RowIssue] = []
  /// Columns without a header in which there is a value.
  private(set) var unnamed: [Int] = []

  /// Checks a row. The cells of a row that is out of step with its header are not looked at: they may stand under the
  /// wrong headers.
  init(_ record: Record, _ columns: Columns) {
    for problem in record.problems {
      let column = problem.fieldNumber - 1
      let place = columns.place(of: column, in: record)
      issues.append(RowIssue(problem, file: place.file, header: place.header))
    }
    guard record.fields.count == columns.headers.count else {
      // Wrong quotes cut a row in the wrong places: one issue is enough.
      if issues.isEmpty { issues.append(Self.ragged(record, columns)) }
      return
    }
    key = Self.key(of: record, columns)
    values = Array(repeating: nil, count: record.fields.count)
    let broken = Set(record.problems.map { $0.fieldNumber - 1 })
    for column in columns.meanings.indices where !broken.contains(column) {
      switch columns.meanings[column] {
      case .field(let field, _): check(column, field, record, columns)
      case .unnamed: if !record.fields[column].isBlank, !columns.hasTemplate { unnamed.append(column) }
      case .carried, .dropped: break
      }
    }
  }

  /// The account and the name of a row; nil when it has not both, is out of step with its header, or has wrong quotes,
  /// so that its cells are guesses.
  static func key(of record: Record, _ columns: Columns) -> RowKey? {
    guard record.problems.isEmpty, record.fields.count == columns.headers.count,
      let account = columns.accountColumn, let name = columns.nameColumn
    else { return nil }
    let key = RowKey(account: record.fields[account].trimmed, name: record.fields[name].trimmed)
    return key.account.isEmpty || key.name.isEmpty ? nil : key
  }

  private mutating func check(_ column: Int, _ field: Field, _ record: Record, _ columns: Columns) {
    let text = record.fields[column].trimmed
    if let mangled = columns.mangledNumber(column, record) {
      issues.append(
        columns.place(of: column, in: record).issue(
          "mangled-number", value: mangled,
          "'\(mangled.shown)' is a long number that a spreadsheet has shortened: format the column as text, and enter "
            + "its numbers again"))
      return
    }
    guard !text.isEmpty else {
      guard field.isRequired else { return }
      let why = columns.whyEmpty(column, record) ?? "this cell must not be empty: \(field.help)"
      issues.append(columns.place(of: column, in: record).issue("required", why))
      return
    }
    let value = CellValue(text, of: field)
    for broken in value.broken {
      let message = "'\(broken.value.shown)' must \(broken.must)" + (broken.isWarning ? "; it is sent as it is" : "")
      let issue = columns.place(of: column, in: record).issue(
        broken.rule, value: broken.value, isWarning: broken.isWarning, message)
      if broken.isWarning { warnings.append(issue) } else { issues.append(issue) }
    }
    values[column] = value.json
  }

  private static func ragged(_ record: Record, _ columns: Columns) -> RowIssue {
    let (count, expected) = (record.fields.count, columns.ownCount)
    let cells = count == 1 ? "1 cell" : "\(count) cells"
    let why =
      count < expected
      ? "add the missing commas" : "put a cell that holds a comma in quotes, or remove what is too much"
    return columns.place(of: min(count, expected), in: record).issue(
      "ragged", value: count > expected ? record.fields[expected] : nil,
      "this row has \(cells) and the header has \(expected): \(why)")
  }
}
