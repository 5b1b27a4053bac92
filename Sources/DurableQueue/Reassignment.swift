// Reassignment: a roster that was sorted anew, or renumbered, gives a known name to another person. That is never just a
// change.

import GRDB
import Pacing
import Provisioning

/// A name that would be another person's.
package struct Reassignment: Hashable, Sendable {
  /// The line of the row.
  package let line: Int
  /// The item's name.
  package let name: String
  /// The column that tells.
  package let column: String
  /// Whose it was, and whose it would be.
  package let before: String
  package let now: String
}

/// Compares whom a row's name belongs to with whom it belonged to in the label's previous roster.
///
/// Told by the columns that only travel along and tell people apart: whose values are nearly all different in the previous
/// roster. A name is reassigned when all of them differ; where there is only one, when its value was another row's before,
/// because a person may also have been written wrong or married.
struct PersonCheck {
  private struct Column {
    let header: String
    /// Where it is in the new roster's cells and in the previous one's.
    let now: Int
    let before: Int
    /// Hashes of the previous roster's values.
    var values: Set<Int> = []
  }

  private let previous: Int64
  private let text: CellText
  private var columns: [Column]

  /// Reads the previous roster once.
  ///
  /// - Parameter carried: the headers of the new roster that are no fields, with their places in a row's cells.
  init?(previous: Int64, carried: [(header: String, index: Int)], _ db: Database) throws {
    self.previous = previous
    text = try Queue.cellText(of: previous, db)
    guard
      let batch = try Row.fetchOne(db, sql: "SELECT columns FROM batch WHERE id = ?", arguments: [previous])
    else { return nil }
    let before = try Queue.strings(batch.get(0))
    columns = carried.compactMap { header, index in
      before.firstIndex(of: header).map { Column(header: header, now: index, before: $0) }
    }
    guard !columns.isEmpty else { return nil }
    var rowCount = 0
    let rows = try Row.fetchCursor(
      db, sql: "SELECT cells FROM batch_row WHERE batch_id = ? AND item_id IS NOT NULL", arguments: [previous])
    while let row = try rows.next() {
      let cells = try text.cells(of: row.get(0))
      rowCount += 1
      for index in columns.indices where columns[index].before < cells.count {
        let cell = cells[columns[index].before]
        if !cell.isEmpty { columns[index].values.insert(cell.hashValue) }
      }
    }
    columns.removeAll { $0.values.count * 10 < rowCount * 9 }
    if columns.isEmpty { return nil }
  }

  /// Row out: the previous roster's row of an item, by the item's index.
  func reassignment(of item: Int64, name: String, line: Int, cells: [String], _ db: Database) throws -> Reassignment? {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT cells FROM batch_row WHERE item_id = ? AND batch_id = ?"),
      arguments: [item, previous])
    guard let row else { return nil }
    let before = try text.cells(of: row.get(0))
    var told: Reassignment?
    var differing = 0
    for column in columns {
      guard column.before < before.count, column.now < cells.count else { continue }
      let (old, new) = (before[column.before], cells[column.now])
      if old.isEmpty || new.isEmpty { continue }
      if old == new { return nil }
      differing += 1
      let wasAnother = column.values.contains(new.hashValue)
      if told == nil || wasAnother {
        told = Reassignment(line: line, name: name, column: column.header, before: old, now: new)
      }
      if differing == 1, columns.count == 1, !wasAnother { return nil }
    }
    return told
  }
}
