// A look at a roster: its header and its first rows, as they are.

/// The header and the first rows of a roster.
package struct RosterPreview: Hashable, Sendable {
  /// The headers, trimmed; empty ones too.
  package internal(set) var headers: [String] = []
  /// The first rows, at most 200.
  package internal(set) var rows: [[String]] = []

  /// The first column whose cells make names that differ from row to row and is no count of the rows; nil when none does.
  package var bestNameColumn: String? { bestNameIndex.map { headers[$0] } }

  /// Whether a name made only of the best column could start with a digit.
  package var bestNameStartsWithDigit: Bool {
    guard let column = bestNameIndex else { return false }
    return cells(column).contains { $0.slug.first?.isNumber == true }
  }

  /// The first column, besides the best for names, that says something about the row rather than numbering it; nil when
  /// none does.
  package var bestDescriptionColumn: String? {
    headers.indices.first { column in
      let cells = cells(column).map(\.trimmed).filter { !$0.isEmpty }
      return isUsable(column) && column != bestNameIndex && cells.contains { Int($0) == nil }
    }.map { headers[$0] }
  }

  private var bestNameIndex: Int? {
    headers.indices.first { column in
      let cells = cells(column)
      let slugs = cells.map(\.slug).filter { !$0.isEmpty }
      // A total below the table, or a title, may have none.
      let isFull = slugs.count * 10 >= cells.count * 8 && !slugs.isEmpty
      return isUsable(column) && isFull && Set(slugs).count == slugs.count && !isCounting(cells)
    }
  }

  private func cells(_ column: Int) -> [String] { rows.filter { $0.count == headers.count }.map { $0[column] } }

  private func isCounting(_ cells: [String]) -> Bool {
    cells.enumerated().count { Int($0.element.trimmed) == $0.offset + 1 } * 10 >= cells.count * 8
  }

  /// Whether a placeholder can name a column.
  private func isUsable(_ column: Int) -> Bool {
    !headers[column].isEmpty && !headers[column].contains { "|}".contains($0) }
      && headers.firstIndex(of: headers[column]) == column
  }
}
