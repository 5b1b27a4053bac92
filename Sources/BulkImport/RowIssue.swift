// Why a row, or the whole roster, was not accepted: a value, not an error, for thirty bad rows are a normal result.

import CSV
import Provisioning
import Spreadsheet

/// One issue of a roster: where, which rule, what stands there, and what to do.
package struct RowIssue: Hashable, Sendable {
  /// The roster as the person named it.
  package let file: String
  /// The physical line, from 1; of a cell the line on which the cell starts.
  package let line: Int
  /// The column's header; nil when the issue is about no column, or about one without a header.
  package let column: String?
  /// The column, from 1; nil when there is none.
  package let columnNumber: Int?
  /// The cell as a spreadsheet calls it: `D14`; nil when there is none.
  package let cell: String?
  /// The byte of the line at which the cell starts, from 1; nil when there is no cell, or the roster is no table.
  package let byteColumn: Int?
  /// A short name of the rule that stays the same: `image-form`, `required`, `ragged`.
  package let rule: String
  /// What stands there, clipped and with invisible characters spelled out; nil when nothing does.
  package let value: String?
  /// Whether the row is accepted all the same.
  package let isWarning: Bool
  /// What is wrong.
  package let finding: Finding
  /// What issues have in common that are shown as one although each names its own value; nil: the finding.
  package let kind: String?
}

extension RowIssue {
  /// What is wrong with a roster, as facts; `Words` makes the message of it.
  package enum Finding: Hashable, Sendable {
    /// Something that a phrase says whole, with what to do in the roster or the template.
    case phrase(String)
    /// The header looks like a field's path and is none.
    case unknownHeader(String)
    /// The header is nearly that of a field.
    case nearHeader(String, field: String)
    /// The header is nearly that of a field that the template gives to every row alike.
    case nearDefault(String, field: String)
    /// The line is no header, for which the phrase says why; a later line looks like one.
    case headerElsewhere(why: String, line: Int)
    /// The header says that its cells are secrets, which would be stored.
    case secretHeader(String, isSent: Bool, isInTemplate: Bool)
    /// Names are made only from a column that counts the rows.
    case rowNumbers(String)
    /// A number has fewer digits than the others of its column, and so have more rows.
    case shortNumber(String, header: String, usualLength: Int, moreCount: Int, lastLine: Int)
    /// The row is a total below the table.
    case total(String, header: String)
    /// The text is what programs write for an empty cell.
    case standIn(String, header: String)
    /// Nothing of the text is left for a name, although other cells of its column make names.
    case nameless(String, header: String)
    /// The row is a total, and is left out.
    case leftOutTotal(String, header: String)
    /// The row is the header again.
    case headerAgain(header: String)
    /// The line that is taken as the header looks like a row, by a cell of it.
    case rowAsHeader(String, line: Int)
    /// The first row is an example.
    case exampleRow(String, header: String)
    /// A row has one cell, and the condition leaves such rows out.
    case loneCell(String, option: String)
    /// The last line of a roster has no line end, as the others have.
    case unfinished
    /// The row of a learning platform's test student.
    case testStudent(String, header: String)
    /// A column of the sheet is hidden, and read all the same.
    case hiddenColumn(String)
    /// Other sheets of the workbook have something in them and are not read.
    case otherSheets([String], read: String)
  }
}

/// A place in a roster that an issue can be about.
struct IssuePlace {
  var file: String
  var line: Int
  /// The row of a spreadsheet, from 1.
  var recordNumber: Int
  /// From 0; nil for the whole row.
  var columnIndex: Int?
  var header: String?
  /// Whether the roster is a table, whose cells a spreadsheet names.
  var hasCell = true
  /// The sheet of a workbook.
  var sheet: String?
  /// The byte of the line at which the cell starts, from 1.
  var byteColumn: Int?

  /// An issue here.
  func issue(
    _ rule: String, value: String? = nil, isWarning: Bool = false, kind: String? = nil, _ phrase: String
  ) -> RowIssue {
    issue(rule, value: value, isWarning: isWarning, kind: kind, .phrase(phrase))
  }

  /// An issue here.
  func issue(
    _ rule: String, value: String? = nil, isWarning: Bool = false, kind: String? = nil, _ finding: RowIssue.Finding
  ) -> RowIssue {
    RowIssue(
      file: file, line: line, column: header.flatMap { $0.isEmpty ? nil : $0.shown },
      columnNumber: columnIndex.map { $0 + 1 },
      cell: hasCell ? columnIndex.map { "\(sheet?.asSheetPrefix ?? "")\(CellName.letters($0))\(recordNumber)" } : nil,
      byteColumn: hasCell ? byteColumn : nil, rule: rule, value: value?.shown, isWarning: isWarning, finding: finding,
      kind: kind)
  }
}

extension RowIssue {
  /// The rule that a reader's error breaks.
  static func rule(of error: CSVError) -> String {
    switch error.code {
    case .unclosedQuote: "unclosed-quote"
    case .textAfterQuote, .bareQuote: "quotes"
    case .invalidUTF8: "utf-8"
    case .fieldTooLong: "cell-length"
    case .tooManyFields: "column-count"
    case .recordTooLong: "row-length"
    }
  }

  /// What the CSV reader found.
  init(_ error: CSVError, file: String, header: String?) {
    let place = IssuePlace(
      file: file, line: error.position.line, recordNumber: error.recordNumber, columnIndex: error.fieldNumber - 1,
      header: header, byteColumn: error.position.column)
    self = place.issue(Self.rule(of: error), error.message)
  }
}
