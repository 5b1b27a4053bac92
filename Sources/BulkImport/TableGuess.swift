// How a table's text makes rows: what stands between its cells, and which line is its header, decided by what each
// separator makes of the first rows.

import CSV
import Foundation

/// How a table is read.
struct TableGuess {
  let separator: UInt8
  /// The line of the header, from 1.
  let headerLine: Int
  /// How many cells most rows have, where at least two have so many.
  let rowWidth: Int?
  /// The cell of the header that looks like those below it; nil where the header looks like one.
  let rowLikeCell: String?

  /// How many records are looked at.
  private static let recordCount = 40
  private static let separators: [UInt8] = [.comma, .semicolon, .tab]

  /// Finds out from a table's beginning.
  ///
  /// - Parameters:
  ///   - start: the text, without a byte order mark.
  ///   - names: the fields that a header may name.
  ///   - wanted: the columns that a template reads; empty without a template.
  ///   - headerLine: the line that a person says is the header.
  ///   - sheet: the sheet of which it is the copy; nil for other tables.
  init(_ start: Data, names: FieldNames, wanted: Set<String>, headerLine: Int?, sheet: SheetTable? = nil) {
    let note = SeparatorNote(start)
    let separators = sheet == nil ? Self.separators : [.comma]
    let looks = separators.map { Look($0, start, names, wanted, from: headerLine ?? note.nextLine, sheet) }
    // The first of equals wins: what the file itself names, then a comma.
    let ordered = looks.sorted { ($0.separator == note.separator ? 0 : 1) < ($1.separator == note.separator ? 0 : 1) }
    let best = ordered.dropFirst().reduce(ordered[0]) { $1.isBetter(than: $0) ? $1 : $0 }
    separator = best.separator
    self.headerLine = headerLine ?? best.headerLine ?? note.nextLine
    rowWidth = best.rowWidth
    // A line that a person names, or that names fields, is taken at their word.
    rowLikeCell = headerLine == nil ? best.rowLikeCell : nil
  }

  /// What a separator makes of a table.
  private struct Look {
    let separator: UInt8
    /// The line of the record that is the header; nil where there is none.
    private(set) var headerLine: Int?
    /// How many of the header's cells are known.
    private var knownCount = 0
    private var cellCount = 0
    /// Whether quotes stand where they mean nothing.
    private var hasStrayQuotes = false
    private(set) var rowLikeCell: String?
    private(set) var rowWidth: Int?
    /// How many of the rows have as many cells as the header.
    private var share = 0.0

    init(
      _ separator: UInt8, _ start: Data, _ names: FieldNames, _ wanted: Set<String>, from line: Int,
      _ sheet: SheetTable?
    ) {
      self.separator = separator
      let records = Self.records(start, separator, sheet).filter { $0.line >= line }
      let cells = records.map(Self.cells)
      func known(_ cells: Set<String>) -> Int {
        wanted.isEmpty ? cells.count { names.isField($0) } : cells.count { wanted.contains($0) }
      }
      // All that a template reads, or two fields, are no chance; where there is neither, lines with few cells above many
      // with several are titles.
      let least = wanted.isEmpty ? 2 : wanted.count
      let index =
        cells.firstIndex { known($0) >= least }
        ?? (cells.first.map { known($0) == 0 } == true ? Self.titleCount(records.map { $0.filledCount }) : 0)
      guard records.indices.contains(index) else { return }
      headerLine = records[index].line
      knownCount = known(cells[index])
      cellCount = records[index].fields.count
      let rows = records[(index + 1)...]
      hasStrayQuotes = records.contains { !$0.problems.isEmpty }
      let widths = Dictionary(grouping: rows) { $0.fields.count }.filter {
        $0.value.count > 1 && $0.value.count * 2 > rows.count
      }
      rowWidth = widths.first?.key
      share = Double(rows.count { $0.fields.count == cellCount }) / Double(max(1, rows.count))
      guard !cells[index].contains(where: names.isField) else { return }
      rowLikeCell = CellShape.rowLikeCell(records[index].fields, rows: rows.map(\.fields))
    }

    /// How many lines at the beginning have so few cells that they are above the table.
    private static func titleCount(_ counts: [Int]) -> Int {
      guard let first = counts.first else { return 0 }
      let usual = Dictionary(grouping: counts) { $0 }.filter { $0.value.count > 2 }.keys.max() ?? 0
      guard first == 1 || first * 2 <= usual else { return 0 }
      return counts.firstIndex { $0 > 1 && $0 * 2 > usual } ?? 0
    }

    func isBetter(than other: Look) -> Bool {
      if knownCount != other.knownCount { return knownCount > other.knownCount }
      guard cellCount > 1, other.cellCount > 1 else { return cellCount > 1 }
      if hasStrayQuotes != other.hasStrayQuotes { return !hasStrayQuotes }
      return (share, cellCount) > (other.share, other.cellCount)
    }

    private static func cells(_ record: Record) -> Set<String> {
      Set(record.fields.map { $0.asHeader }.filter { !$0.isEmpty })
    }

    /// The first records with a cell, as far as they can be read.
    private static func records(_ start: Data, _ separator: UInt8, _ sheet: SheetTable?) -> [Record] {
      var reader = RecordReader(separator: separator)
      var records: [Record] = []
      func take(_ record: Record) throws {
        let record = sheet?.row(record) ?? record
        if !record.fields.allSatisfy(\.isBlank) { records.append(record) }
        if records.count == recordCount { throw Enough() }
      }
      do {
        try start.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self), take) }
        try reader.finish(take)
      } catch {
        // What came before it will do; the reading itself says what is wrong.
      }
      return records
    }

    private struct Enough: Error {}
  }
}

/// A first line `sep=;`, which tells Excel the separator. Saved again it may read `sep=,,,,`, `SEP=;` or be in quotes.
private struct SeparatorNote {
  var separator: UInt8?
  /// The first line behind it.
  var nextLine = 1

  init(_ start: Data) {
    let line = start.prefix(4_096).prefix { $0 != .newline && $0 != .return }
    let text = line.filter { $0 != .quote && $0 != UInt8(ascii: " ") }
    let signs = text.dropFirst(4)
    guard String(decoding: text.prefix(4), as: UTF8.self).lowercased() == "sep=",
      let first = signs.first, signs.allSatisfy({ [.comma, .semicolon, .tab].contains($0) })
    else { return }
    separator = first
    nextLine = 2
  }
}
