// How large a definition may be: a row that asks for more is told so before anything is made of it.

import CSV

extension Columns {
  /// The most bytes of text that a definition is made of.
  static let largestDefinition = 1 << 20

  /// Whether a row's cells are too much for a definition: how much they are, and which column has most of it.
  ///
  /// - Parameter fields: the row's own cells first; what follows is not looked at.
  func oversize(_ fields: [String]) -> (size: Int, column: Int)? {
    var total = 0
    for column in fieldColumns where column < ownCount && column < fields.count { total += fields[column].utf8.count }
    // Most rows are told to be small at once.
    let isPlain = plan.added.isEmpty
    guard !isPlain || total > Self.largestDefinition else { return nil }
    var (made, byColumn) = plan.sizes(of: fields)
    made += total
    guard made > Self.largestDefinition else { return nil }
    for column in fieldColumns where column < ownCount && column < fields.count {
      byColumn[column, default: 0] += fields[column].utf8.count
    }
    let largest = byColumn.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return (made, largest?.key ?? 0)
  }

  /// What a row is told whose definition would be too large; nil for others.
  func oversizeIssue(_ record: Record) -> RowIssue? {
    guard let (size, column) = oversize(record.fields) else { return nil }
    return place(of: column, in: record).issue(
      "definition-size",
      "this row would make a definition of \(size) bytes, most of it from this cell of \(record.fields[column].utf8.count) "
        + "bytes; \(Self.largestDefinition) is the most: shorten it\(hasTemplate ? ", or use it less often in the template" : "")"
    )
  }
}
