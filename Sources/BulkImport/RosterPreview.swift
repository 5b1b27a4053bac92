// A look at a roster: its header and its first rows, as they are.

import CSV

/// The header and the first rows of a roster.
package struct RosterPreview: Hashable, Sendable {
  /// The headers, trimmed; empty ones too.
  package internal(set) var headers: [String] = []
  /// The first rows, at most 200.
  package internal(set) var rows: [[String]] = []

  /// The lines on which they start.
  var lines: [Int] = []
  /// Conditions that leave out rows which are probably none: the test student of a learning platform, a form's example.
  package internal(set) var probablyNone: [RosterOptions.Condition] = []

  /// A column that would make the best names, but for a few rows that share one.
  package struct SpoiledColumn: Hashable, Sendable {
    /// Its header.
    package let header: String
    /// The first cell that stands twice.
    package let value: String
    /// The lines of the rows that have it.
    package let lines: [Int]
    /// How many more cells stand twice.
    package let moreCount: Int
  }

  /// The column before the best one for names that a few equal cells keep from being it; nil when there is none.
  package var spoiledNameColumn: SpoiledColumn? {
    spoiledNameIndex.flatMap(spoiled)
  }

  private var spoiledNameIndex: Int? {
    headers.indices.prefix(bestNameIndex ?? headers.count).first { spoiled($0) != nil }
  }

  /// The column that names are made of: the best one, or else one that few equal cells spoil; nil where there is neither.
  package var nameColumn: String? { nameIndex.map { headers[$0] } }

  private var nameIndex: Int? { bestNameIndex ?? spoiledNameIndex }

  private func spoiled(_ column: Int) -> SpoiledColumn? {
    guard makesNames(column), slugs(column).count > 2 else { return nil }
    let groups = Dictionary(grouping: wholeRows.filter { !$0.cells[column].slug.isEmpty }) { $0.cells[column].slug }
    let twice = groups.values.filter { $0.count > 1 }.sorted { $0[0].line < $1[0].line }
    // Where many are equal, the column tells nobody apart.
    guard let first = twice.first, twice.map({ $0.count - 1 }).reduce(0, +) <= max(1, slugs(column).count / 10) else {
      return nil
    }
    return SpoiledColumn(
      header: headers[column], value: first[0].cells[column].trimmed, lines: first.map(\.line),
      moreCount: twice.count - 1)
  }

  /// The first column whose cells make names that differ from row to row and is no count of the rows; nil when none does.
  package var bestNameColumn: String? { bestNameIndex.map { headers[$0] } }

  /// Whether a name made only of that column could start with a digit.
  package var nameStartsWithDigit: Bool {
    guard let column = nameIndex else { return false }
    return cells(column).contains { $0.slug.first?.isNumber == true }
  }

  /// The first column, besides that of the names, that says something about the row rather than numbering it; nil when
  /// none does.
  package var bestDescriptionColumn: String? {
    headers.indices.first { column in
      let cells = cells(column).map(\.trimmed).filter { !$0.isEmpty }
      return isUsable(column) && column != nameIndex && cells.contains { Int($0) == nil }
    }.map { headers[$0] }
  }

  private var bestNameIndex: Int? {
    headers.indices.first { column in
      let slugs = slugs(column)
      return makesNames(column) && Set(slugs).count == slugs.count
    }
  }

  /// Whether a column has cells that make names, whether or not they differ.
  private func makesNames(_ column: Int) -> Bool {
    let cells = cells(column)
    let slugs = slugs(column)
    // A total below the table, or a title, may have none.
    let isFull = slugs.count * 10 >= cells.count * 8 && !slugs.isEmpty
    return isUsable(column) && isFull && !isCounting(cells)
  }

  private func slugs(_ column: Int) -> [String] { cells(column).map(\.slug).filter { !$0.isEmpty } }

  private func cells(_ column: Int) -> [String] { wholeRows.map { $0.cells[column] } }

  /// The rows that are as long as the header.
  private var wholeRows: [(cells: [String], line: Int)] {
    zip(rows, lines).filter { $0.0.count == headers.count }.map { ($0, $1) }
  }

  private func isCounting(_ cells: [String]) -> Bool {
    cells.enumerated().count { Int($0.element.trimmed) == $0.offset + 1 } * 10 >= cells.count * 8
  }

  /// Whether a placeholder can name a column.
  private func isUsable(_ column: Int) -> Bool {
    !headers[column].isEmpty && !headers[column].contains { "|}".contains($0) }
      && headers.firstIndex(of: headers[column]) == column
  }
}

extension RosterPreview {
  /// Adds a row, or the condition that leaves it out where it is probably none.
  mutating func add(_ record: Record, _ headers: [String], _ dropped: DroppedColumns) {
    let found =
      Self.headerAgain(record, headers, dropped)
      ?? CellSigns.probablyNone(record, headers, dropped, isFirst: rows.isEmpty)
    guard let found else {
      rows.append(dropped.keeping(record.fields))
      return lines.append(record.line)
    }
    if !probablyNone.contains(found) { probablyNone.append(found) }
  }

  /// The condition that leaves out the header where it stands again.
  private static func headerAgain(
    _ record: Record, _ headers: [String], _ dropped: DroppedColumns
  ) -> RosterOptions.Condition? {
    guard let column = headers.indices.first(where: { !headers[$0].isEmpty && !dropped.indexes.contains($0) }),
      record.fields.map(\.asHeader) == headers
    else { return nil }
    return RosterOptions.Condition(headers[column], headers[column])
  }
}
