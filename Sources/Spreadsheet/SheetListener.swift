// The cells of a sheet as they come.

import Foundation

/// Reads a sheet's rows.
final class SheetListener: XMLListener {
  private(set) var facts = SheetFacts()
  private let strings: StringTable
  private let formats: [NumberFormat]
  private let numbers: NumberText
  private let body: (SheetRow) throws -> Void

  private var isInData = false
  /// The row that is being read; nil between rows.
  private var row: SheetRow?
  private var lastNumber = 0
  private var rowSize = 0
  private var isRowHidden = false
  private var hiddenColumns: Set<Int> = []
  private var usedHidden: Set<Int> = []
  /// The cell that is being read.
  private var cell: OpenCell?
  /// The column of the last cell of the row.
  private var column = -1

  /// A cell whose end has not come.
  private struct OpenCell {
    var type: String
    var format: NumberFormat
    var value = ""
    var inline = RichText()
    var isValue = false
    var hasFormula = false
  }

  init(
    strings: StringTable, formats: [NumberFormat], numbers: NumberText, _ body: @escaping (SheetRow) throws -> Void
  ) {
    (self.strings, self.formats, self.numbers, self.body) = (strings, formats, numbers, body)
  }

  // MARK: - Elements

  func start(_ name: String, _ attributes: [String: String]) throws {
    switch name {
    case "sheetData": isInData = true
    case "col": noteColumns(attributes)
    case "mergeCell": noteMerged(attributes["ref"] ?? "")
    case "row" where isInData: try startRow(attributes)
    case "c" where row != nil: try startCell(attributes)
    case "v": cell?.isValue = true
    case "f": cell?.hasFormula = true
    case "t", "rPh": cell?.inline.start(name)
    default: break
    }
  }

  func text(_ text: String) throws {
    guard cell?.isValue == true else {
      try cell?.inline.append(text)
      return
    }
    // In place: a copy for every piece of a long text would take its square.
    cell?.value += text
    guard cell?.value.utf8.count ?? 0 <= RichText.longest else {
      throw SpreadsheetError.tooLarge("the text of \(place) is longer than \(RichText.longest) bytes")
    }
  }

  func end(_ name: String) throws {
    switch name {
    case "v": cell?.isValue = false
    case "t", "rPh": cell?.inline.end(name)
    case "c": try endCell()
    case "row": try endRow()
    case "sheetData":
      isInData = false
      facts.hiddenColumns = usedHidden.sorted()
    default: break
    }
  }

  /// The cell as people call it.
  private var place: String { "\(CellName.letters(max(0, column)))\(lastNumber)" }

  // MARK: - Rows

  private func startRow(_ attributes: [String: String]) throws {
    let number = attributes["r"].map { Int($0) } ?? lastNumber + 1
    guard row == nil, let number, number > lastNumber, number <= CellName.lastRow else {
      throw SpreadsheetError.damaged(
        "the row \((attributes["r"] ?? "").shortened) behind row \(lastNumber) is out of order or none")
    }
    row = SheetRow(number: number, cells: [])
    (lastNumber, rowSize, column) = (number, 0, -1)
    isRowHidden = attributes["hidden"].map(isTrue) ?? false
  }

  private func endRow() throws {
    guard let row else { return }
    self.row = nil
    guard !row.cells.isEmpty else { return }
    if isRowHidden {
      facts.hiddenRowCount += 1
      facts.firstHiddenRow = facts.firstHiddenRow ?? row.number
    }
    facts.width = max(facts.width, row.cells.count)
    facts.rowCount += 1
    try body(row)
  }

  // MARK: - Cells

  private func startCell(_ attributes: [String: String]) throws {
    let named = attributes["r"]
    let name = named.map { CellName($0) } ?? CellName(column: column + 1, row: lastNumber)
    guard cell == nil, let name, name.row == lastNumber, name.column > column else {
      throw SpreadsheetError.damaged("the cell \((named ?? "").shortened) of row \(lastNumber) is out of order or none")
    }
    column = name.column
    guard column < SheetRow.mostCells else {
      throw SpreadsheetError.tooLarge(
        "\(place) is behind \(CellName.letters(SheetRow.mostCells - 1)), the last column that is read")
    }
    let style = attributes["s"].flatMap { Int($0) } ?? 0
    cell = OpenCell(
      type: attributes["t"] ?? "n", format: formats.indices.contains(style) ? formats[style] : .general)
  }

  private func endCell() throws {
    guard var open = cell else { return }
    cell = nil
    let read = try content(&open)
    guard !read.text.isEmpty || read.note != nil else { return }
    rowSize += read.text.utf8.count
    guard rowSize <= SheetRow.largest else {
      throw SpreadsheetError.tooLarge("row \(lastNumber) is longer than \(SheetRow.largest) bytes")
    }
    let missing = column - (row?.cells.count ?? 0)
    row?.cells += repeatElement(SheetCell(), count: missing)
    row?.cells.append(read)
    if hiddenColumns.contains(column) { usedHidden.insert(column) }
  }

  private func content(_ cell: inout OpenCell) throws -> SheetCell {
    switch cell.type {
    case "s":
      if cell.value.isEmpty { return SheetCell() }
      guard let number = Int(cell.value), let text = try strings.text(number) else {
        throw SpreadsheetError.damaged("\(place) names a text that is not there")
      }
      return SheetCell(text: text)
    case "inlineStr": return SheetCell(text: cell.inline.take())
    case "b": return SheetCell(text: cell.value.isEmpty ? "" : isTrue(cell.value) ? "TRUE" : "FALSE")
    case "e": return SheetCell(text: cell.value, note: .isError)
    case "d": return SheetCell(text: NumberText.isoDate(cell.value, cell.format))
    case "n":
      if cell.value.isEmpty { return SheetCell(note: cell.hasFormula ? .hasNoValue : nil) }
      guard let read = numbers.cell(cell.value.trimmingCharacters(in: .whitespacesAndNewlines), cell.format) else {
        throw SpreadsheetError.damaged("\(place) is to be a number and is none")
      }
      return read
    // The text that a formula gave.
    default: return SheetCell(text: cell.value.withoutEscapes)
    }
  }

  // MARK: - What else there is to say

  private func noteColumns(_ attributes: [String: String]) {
    guard attributes["hidden"].map(isTrue) ?? false, let first = attributes["min"].flatMap({ Int($0) }),
      let last = attributes["max"].flatMap({ Int($0) }), first >= 1, last >= first, first <= SheetRow.mostCells
    else { return }
    hiddenColumns.formUnion((first - 1)..<min(last, SheetRow.mostCells))
  }

  /// Notes cells that are merged over several rows: only the first has a value.
  private func noteMerged(_ range: String) {
    let ends = range.split(separator: ":").compactMap { CellName(String($0)) }
    guard ends.count == 2, ends[0].row < ends[1].row else { return }
    if facts.merged.count < SheetFacts.mostMerged {
      facts.merged.append(SheetFacts.Merged(range: range, firstRow: ends[0].row))
    }
  }
}

/// Finds out whether a sheet has anything in it.
final class EmptinessListener: XMLListener {
  private(set) var isEmpty = true
  private var isInCell = false
  private var cellCount = 0
  /// One with more cells than that has something, or nobody waits to be told.
  static let mostCells = 100_000

  func start(_ name: String, _ attributes: [String: String]) throws {
    guard name == "c" else { return }
    isInCell = true
    cellCount += 1
    guard cellCount > Self.mostCells else { return }
    isEmpty = false
    throw HeardEnough()
  }

  func end(_ name: String) { if name == "c" { isInCell = false } }

  func text(_ text: String) throws {
    guard isInCell, text.contains(where: { !$0.isWhitespace }) else { return }
    isEmpty = false
    throw HeardEnough()
  }
}

/// The place of a cell, such as `AB12`.
package struct CellName: Hashable, Sendable {
  /// From 0.
  package let column: Int
  /// From 1.
  package let row: Int

  /// A sheet ends at XFD1048576.
  static let lastRow = 1_048_576
  static let columnCount = 16_384

  /// A place by its numbers.
  init(column: Int, row: Int) { (self.column, self.row) = (column, row) }

  /// Reads a place; nil, if it is none of a sheet.
  package init?(_ text: String) {
    let letters = text.utf8.prefix { (0x41...0x5A).contains($0) }
    let digits = text.utf8.dropFirst(letters.count)
    guard (1...3).contains(letters.count), (1...7).contains(digits.count), digits.first != 0x30,
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    column = letters.reduce(0) { $0 * 26 + Int($1) - 0x40 } - 1
    row = digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    guard column < Self.columnCount, row <= Self.lastRow else { return nil }
  }

  /// A column, from 0, as a spreadsheet calls it: A … Z, AA …
  package static func letters(_ column: Int) -> String {
    var (rest, letters) = (column + 1, "")
    while rest > 0 {
      letters = String(UnicodeScalar(UInt8(0x41 + (rest - 1) % 26))) + letters
      rest = (rest - 1) / 26
    }
    return letters
  }
}

extension String {
  /// What stands in a file, for a message.
  fileprivate var shortened: String { String(prefix(40)) }
}
