// Reassignment: a roster that was sorted anew, or renumbered, gives a known name to another person. That is never just a
// change.

import Pacing
import Provisioning

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
    /// How many of them are the number of their row.
    var countingCount = 0
  }

  private let previous: Int64
  private let text: CellText
  private var columns: [Column]

  /// Reads the previous roster once.
  ///
  /// - Parameter carried: the headers of the new roster that are no fields, with their places in a row's cells.
  init?(previous: Int64, carried: [(header: String, index: Int)], _ db: any Transaction) throws {
    self.previous = previous
    let text = try Queue.cellText(of: previous, db)
    self.text = text
    guard let batch = try db.one("SELECT columns FROM batch WHERE id = ?", [previous]) else { return nil }
    let before = try Queue.strings(batch.get(0))
    let columns = carried.compactMap { header, index in
      before.firstIndex(of: header).map { Column(header: header, now: index, before: $0) }
    }
    guard !columns.isEmpty else { return nil }
    var rowCount = 0
    var found = columns
    try db.each("SELECT cells, ordinal FROM batch_row WHERE batch_id = ? AND item_id IS NOT NULL", [previous]) { row in
      let cells = try text.cells(of: row.get(0))
      let ordinal: Int = try row.get(1)
      rowCount += 1
      for index in found.indices where found[index].before < cells.count {
        let cell = cells[found[index].before]
        if !cell.isEmpty { found[index].values.insert(cell.hashValue) }
        if Int(cell) == ordinal { found[index].countingCount += 1 }
      }
    }
    // One that counts the rows says nothing about who stands in them.
    self.columns = found.filter { $0.values.count * 10 >= rowCount * 9 && $0.countingCount * 10 < rowCount * 9 }
    if self.columns.isEmpty { return nil }
  }

  /// Row out: the cells of the previous roster's row of an item, by the item's index.
  func cells(of item: Int64, _ db: any Transaction) throws -> [String]? {
    try db.one("SELECT cells FROM batch_row WHERE item_id = ? AND batch_id = ?", [item, previous]) { row in
      try text.cells(of: row.get(0))
    }
  }

  /// What a column without a value says of a person.
  static let noMark = 0
  var columnCount: Int { columns.count }

  /// Adds what each column says of a row's person: equal numbers for equal cells.
  func addMarks(now cells: [String], to marks: inout [Int]) { add(cells, \.now, &marks) }

  /// The same of a row of the previous roster.
  func addMarks(before cells: [String], to marks: inout [Int]) { add(cells, \.before, &marks) }

  private func add(_ cells: [String], _ place: (Column) -> Int, _ marks: inout [Int]) {
    for column in columns {
      let cell = place(column) < cells.count ? cells[place(column)] : ""
      marks.append(cell.isEmpty ? Self.noMark : cell.hashValue)
    }
  }

  /// The header of a column, and what stands there in a row of the previous roster.
  func cell(_ column: Int, before cells: [String]) -> (header: String, value: String)? {
    let place = columns[column].before
    return place < cells.count ? (columns[column].header, cells[place]) : nil
  }

  /// Whether a name that is known is another person's now.
  func reassignment(of item: Int64, name: String, _ row: NewRow, _ db: any Transaction) throws -> Reassignment? {
    guard case .read(let cells) = row.cells else { return nil }
    guard let before = try self.cells(of: item, db) else { return nil }
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
        told = Reassignment(line: row.line, name: name, column: column.header, before: old, now: new)
      }
      if differing == 1, columns.count == 1, !wasAnother { return nil }
    }
    return told
  }
}
