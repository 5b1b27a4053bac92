// A sheet of a workbook as a table: read once, and copied into a file of our own, in which its records can be read again
// from any place.

import CSV
import Files
import Foundation
import Provisioning
import Spreadsheet

/// A sheet that was copied: CSV with a line for each row of the sheet, in which a first cell tells what is peculiar about
/// the others.
struct SheetTable: Sendable {
  /// The sheet's name.
  let name: String
  /// The copy.
  let spool: Spool
  private let facts: SheetFacts
  /// The names of other sheets with something in them; none, where a person has chosen the sheet.
  private let others: [String]

  /// The most bytes of a copy.
  private static let largestCopy = 2 << 30
  private static let flushSize = 1 << 16
  /// The archive's first part, or the end of an empty one.
  private static let signatures: [[UInt8]] = [[0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06]]

  /// Copies the sheet that is asked for; nil, if a file is no archive.
  ///
  /// - Parameter head: the file's first bytes.
  /// - Throws: `RosterError`.
  init?(_ file: RosterFile, _ head: Data, shownAs: String, _ options: RosterOptions) throws {
    guard Self.signatures.contains(where: head.starts) else {
      if try file.isEncryptedWorkbook(head) { throw RosterError(.workbook(.encrypted), file: shownAs) }
      if let sheet = options.sheet { throw RosterError(.noSheet(among: nil), file: shownAs, detail: sheet) }
      return nil
    }
    do {
      let book = try Workbook(descriptor: file.descriptor)
      guard options.format == nil || options.format == .csv else {
        throw RosterError(.workbookAsJSON, file: shownAs)
      }
      guard let sheet = book.sheet(named: options.sheet) else {
        let names = book.sheets.map(\.name)
        throw RosterError(.noSheet(among: names), file: shownAs, detail: options.sheet ?? "")
      }
      let others = options.sheet == nil ? book.others(than: sheet).map(\.name) : []
      spool = try Spool()
      facts = try Self.copy(sheet, of: book, into: spool)
      guard facts.rowCount > 0 else {
        throw RosterError(.emptySheet(others: others), file: shownAs, detail: sheet.name)
      }
      (name, self.others) = (sheet.name, others)
    } catch let error as SpreadsheetError {
      throw RosterError(.workbook(error), file: shownAs)
    } catch let error as FileError {
      throw RosterError(copying: shownAs, error)
    }
  }

  private static func copy(_ sheet: Workbook.Sheet, of book: Workbook, into spool: Spool) throws -> SheetFacts {
    var (bytes, size, lastRow) = ([UInt8](), 0, 0)
    let facts = try book.read(sheet) { row in
      // A blank line counts as a row, and is none.
      bytes.append(contentsOf: repeatElement(.newline, count: row.number - lastRow - 1))
      lastRow = row.number
      let notes = row.cells.enumerated().compactMap { column, cell in cell.note.map { "\($0.rawValue)\(column)" } }
      RecordWriter.append([notes.joined(separator: " ")] + row.cells.map(\.text), to: &bytes)
      guard bytes.count >= flushSize else { return }
      size += bytes.count
      guard size <= largestCopy else {
        throw SpreadsheetError.tooLarge("the sheet has more than \(largestCopy) bytes of text")
      }
      try spool.append(bytes)
      bytes.removeAll(keepingCapacity: true)
    }
    try spool.append(bytes)
    return facts
  }

  /// A row of the sheet, from a record of the copy: with as many cells as the widest has, and the sheet's own number.
  func row(_ record: Record) -> Record {
    var fields = Array(record.fields.dropFirst())
    if fields.count < facts.width { fields += repeatElement("", count: facts.width - fields.count) }
    var row = Record(fields, number: record.number, line: record.number, offset: record.offset)
    row.remarks = record.fields.first ?? ""
    return row
  }

  /// What there is to say of the sheet as a whole.
  func warnings(_ columns: Columns) -> [RowIssue] {
    var warnings: [RowIssue] = []
    func warn(_ rule: String, line: Int, _ finding: RowIssue.Finding) {
      let place = IssuePlace(file: columns.file, line: line, recordNumber: line, sheet: name)
      warnings.append(place.issue(rule, isWarning: true, finding))
    }
    if !others.isEmpty { warn("other-sheets", line: 1, .otherSheets(others, read: name)) }
    for column in facts.hiddenColumns where columns.kept.contains(column) {
      warnings.append(
        columns.headerPlace(of: column).issue(
          "hidden-column", isWarning: true, .hiddenColumn(columns.headers[column])))
    }
    if let first = facts.firstHiddenRow {
      let rows = facts.hiddenRowCount == 1 ? "this row is" : "this row and \(facts.hiddenRowCount - 1) more are"
      warn(
        "hidden-rows", line: first, .phrase("\(rows) hidden in the sheet, perhaps by a filter, and read all the same"))
    }
    for merged in facts.merged where merged.firstRow > columns.record.number {
      warn(
        "merged-cells", line: merged.firstRow,
        .phrase("the cells \(merged.range) are merged over several rows: only the first of these rows has their value"))
    }
    return warnings
  }
}

// MARK: - What is peculiar about cells

extension Record {
  /// What is peculiar about cells of a sheet, by their column.
  var cellNotes: [Int: SheetCell.Note] {
    guard !remarks.isEmpty else { return [:] }
    let notes = remarks.split(separator: " ").compactMap { remark -> (Int, SheetCell.Note)? in
      guard let note = SheetCell.Note(rawValue: String(remark.prefix(1))), let column = Int(remark.dropFirst()) else {
        return nil
      }
      return (column, note)
    }
    return Dictionary(notes) { first, _ in first }
  }
}

extension SheetCell.Note {
  /// Whether the cell has not got the value that it is to have.
  var isUnread: Bool { self == .isError || self == .hasNoValue }
}

extension RowCheck {
  /// Says what is peculiar about a row's cells: where they are sent as issues, elsewhere as warnings; what only looks
  /// otherwise in the sheet matters in names.
  mutating func noteRemarks(_ record: Record, _ columns: Columns) {
    for (column, note) in record.cellNotes.sorted(by: { $0.key < $1.key })
    where column < columns.ownCount && !columns.dropped.indexes.contains(column) {
      let isInName = column == columns.nameColumn || columns.nameSources.contains(column)
      guard note.isUnread || isInName else { continue }
      let isWarning = !note.isUnread || !columns.isSent(column)
      let text = record.fields[column]
      let issue = columns.place(of: column, in: record).issue(
        note.rule, value: text.isEmpty ? nil : text, isWarning: isWarning, kind: note.rule, note.phrase(text.shown))
      if isWarning { warnings.append(issue) } else { issues.append(issue) }
    }
  }
}

extension SheetCell.Note {
  fileprivate var rule: String {
    switch self {
    case .shownOtherwise: "shown-otherwise"
    case .tooManyDigits: "digits"
    case .hasNoValue: "formula-value"
    case .isError: "formula-error"
    }
  }

  fileprivate func phrase(_ text: String) -> String {
    switch self {
    case .shownOtherwise:
      "'\(text)' is the value, which the sheet shows in another way: enter as text what the name is to be made of"
    case .tooManyDigits:
      "'\(text)' has more digits than a spreadsheet keeps of a number, 15: the last ones may be lost; format the column as "
        + "text, and enter its numbers again"
    case .hasNoValue:
      "the program that wrote the workbook has not computed this formula: open it in a spreadsheet, save it, and use that"
    case .isError: "'\(text)' is what a formula gives that has failed: mend it, or enter the value"
    }
  }
}

extension String {
  /// The sheet's name as it stands before a cell: `Sheet1!`, `'1. class'!`.
  var asSheetPrefix: String {
    let isPlain =
      unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isAlphabetic || (0x30...0x39).contains($0.value) }
      && unicodeScalars.first?.properties.isAlphabetic == true && CellName(self) == nil
    return (isPlain ? self : "'\(shown.replacing("'", with: "''"))'") + "!"
  }
}
