// Whether a line that is taken as the header has the shape of the rows below it, or is it once more.

import CSV
import Provisioning

/// The pattern of digits, letters and signs in a cell.
enum CellShape {
  /// A cell that shows that a line is a row and no header: it is written as those below it are, and no other cell of the line
  /// is the name of something. Nil where the line may be a header.
  static func rowLikeCell(_ header: [String], rows: [[String]]) -> String? {
    var found: String?
    for (column, cell) in header.enumerated() {
      let below = rows.compactMap { column < $0.count && !$0[column].isBlank ? $0[column].trimmed : nil }
      guard !below.isEmpty else { continue }
      let cell = cell.asHeader
      if cell.contains("@") {
        if isMost(below, { $0.contains("@") }), !cell.contains(" ") { found = found ?? cell }
      } else if isMost(below, { isNumbered($0) || $0.contains("@") }), !isNumbered(cell) {
        // A word above numbers is what they are called.
        return nil
      } else if isNumbered(cell) {
        let shape = shape(of: cell)
        if isMost(below, { Self.shape(of: $0) == shape }) { found = found ?? cell }
      }
    }
    return found
  }

  private static func isMost(_ cells: [String], _ meets: (String) -> Bool) -> Bool {
    cells.count(where: meets) * 10 >= cells.count * 8
  }

  /// Whether it has so many digits that it counts somebody: a year, or the number of a week, may head a column.
  private static func isNumbered(_ cell: String) -> Bool {
    cell.utf8.count { (0x30...0x39).contains($0) } >= 5 && !cell.utf8.contains { "-./: ".utf8.contains($0) }
  }

  private static func shape(of cell: String) -> String {
    String(cell.map { $0.isNumber ? "9" : $0.isUppercase ? "A" : $0.isLetter ? "a" : $0 })
  }
}

extension Record {
  /// How many cells have something in them.
  var filledCount: Int { fields.count { !$0.isBlank } }
}

extension Columns {
  /// That a row is the header once more, as pages and joined files have it; nil for others.
  func headerAgain(_ row: Record) -> RowIssue? {
    guard facts.form.hasCells, row.fields.count >= ownCount, ownCount > 0,
      let column = headers.indices.prefix(ownCount).first(where: {
        !headers[$0].isEmpty && !dropped.indexes.contains($0)
      }),
      // A million rows are told to be none by a byte: before the cell may stand a mark, and behind it a blank.
      let last = row.fields[column].utf8.last, last == UInt8(ascii: " ") || last == record.fields[column].utf8.last,
      row.fields[column].asHeader == headers[column],
      (0..<ownCount).allSatisfy({ row.fields[$0].asHeader == headers[$0] })
    else { return nil }
    return place(of: column, in: row).issue(
      "header-again", value: headers[column], .headerAgain(header: headers[column]))
  }

  /// What shows that the line which is taken as the header is none, or is not written as a table is.
  var headerShapeIssues: [RowIssue] {
    guard facts.form.hasCells else { return [] }
    if let cell = facts.rowLikeCell {
      return [headerPlace(of: nil).issue("header-row", value: cell, .rowAsHeader(cell, line: record.line))]
    }
    let filled = record.fields.map(\.trimmed).filter { !$0.isEmpty }
    let isQuoted = filled.allSatisfy { $0.count > 2 && $0.hasPrefix("'") && $0.hasSuffix("'") }
    guard !filled.isEmpty, isQuoted else { return [] }
    return [
      headerPlace(of: nil).issue(
        "header-quotes", value: filled[0],
        "the headers are in single quotes (\(filled[0].shown)), which belong to the text: export it again with the double "
          + "quote (\") as the text delimiter")
    ]
  }
}
