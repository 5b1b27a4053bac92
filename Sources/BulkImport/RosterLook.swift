// A look at a roster: its header and its first rows, as they are.

/// The header and the first rows of a roster.
package struct RosterLook: Hashable, Sendable {
  /// The headers, trimmed; empty ones too.
  package internal(set) var headers: [String] = []
  /// The first rows, at most 200.
  package internal(set) var rows: [[String]] = []

  /// The first column whose cells make names that differ from row to row and is no count of the rows; nil when none does.
  package var bestNameColumn: String? {
    headers.indices.first { column in
      let cells = rows.filter { $0.count == headers.count }.map { $0[column] }
      let slugs = cells.map(\.slug).filter { !$0.isEmpty }
      // A total below the table, or a title, may have none.
      let isFull = slugs.count * 10 >= cells.count * 8 && !slugs.isEmpty
      let isCounting = cells.enumerated().count { Int($0.element.trimmed) == $0.offset + 1 } * 10 >= cells.count * 8
      return !headers[column].isEmpty && isFull && Set(slugs).count == slugs.count && !isCounting
    }.map { headers[$0] }
  }
}
