// The rows of accounts that no earlier import has met: nothing can be there yet, so they go in many at a time.

import Provisioning

/// Inserts new items, the batch rows that point at them, and new definitions.
final class BulkInserts {
  /// A new item and its row.
  struct Row {
    let place: SpooledRow.Place
    let item: Int64
    let scope: Int64
    let name: Range<Int>
    let definition: Int64
  }

  /// A new definition.
  struct Definition {
    let id: Int64
    let base: Int64
    let patch: (range: Range<Int>, text: Range<Int>)?
  }

  /// How many rows a statement inserts; more make it no faster.
  private static let groupSize = 20
  private static let items = """
    INSERT INTO item (id, account_scope_id, name, batch_id, definition_id, row_count, \(Transition.imported.inserted(at: "").columns)) VALUES
    """
  private static let rows = """
    INSERT INTO batch_row (batch_id, ordinal, line, cells, definition_id, item_id) VALUES
    """
  private static let definitions = """
    INSERT INTO definition (id, base_id, patch_start, patch_end, patch) VALUES
    """

  private struct Statements {
    let items: any BulkInsert
    let rows: any BulkInsert
    let definitions: any BulkInsert

    init(batch: BatchID, at now: Int64, count: Int, _ db: any Transaction) throws {
      items = try db.bulkInsert(
        BulkInserts.items,
        row: "(?, ?, ?, \(batch.rawValue), ?, 1, \(Transition.imported.inserted(at: "\(now)").values))", count: count)
      rows = try db.bulkInsert(BulkInserts.rows, row: "(\(batch.rawValue), ?, ?, ?, ?, ?)", count: count)
      definitions = try db.bulkInsert(BulkInserts.definitions, row: "(?, ?, ?, ?, ?)", count: count)
    }
  }

  private let group: Statements
  private let single: Statements

  /// Prepares the statements.
  init(batch: BatchID, at now: Int64, _ db: any Transaction) throws {
    group = try Statements(batch: batch, at: now, count: Self.groupSize, db)
    single = try Statements(batch: batch, at: now, count: 1, db)
  }

  /// Rows in: new items with their batch rows, and definitions that the queue has not. Free of races because nobody else
  /// writes.
  func insert(_ rows: [Row], _ definitions: [Definition], of piece: SpooledPiece) throws {
    try piece.bytes.withUnsafeBufferPointer { bytes in
      try inGroups(rows) { try insert($0, bytes, with: $1) }
      try inGroups(definitions) { try insert($0, bytes, with: $1) }
    }
  }

  private func inGroups<Element>(
    _ elements: [Element], _ body: (ArraySlice<Element>, Statements) throws -> Void
  ) throws {
    var rest = elements[...]
    while !rest.isEmpty {
      let isGroup = rest.count >= Self.groupSize
      let these = rest.prefix(isGroup ? Self.groupSize : 1)
      try body(these, isGroup ? group : single)
      rest = rest.dropFirst(these.count)
    }
  }

  private func insert(
    _ rows: ArraySlice<Row>, _ bytes: UnsafeBufferPointer<UInt8>, with statements: Statements
  ) throws {
    for row in rows {
      statements.items.bind(row.item)
      statements.items.bind(row.scope)
      statements.items.bind(bytes, row.name)
      statements.items.bind(row.definition)
      statements.rows.bind(Int64(row.place.ordinal))
      statements.rows.bind(Int64(row.place.line))
      statements.rows.bind(bytes, row.place.cells)
      statements.rows.bind(row.definition)
      statements.rows.bind(row.item)
    }
    try statements.items.run()
    try statements.rows.run()
  }

  private func insert(
    _ definitions: ArraySlice<Definition>, _ bytes: UnsafeBufferPointer<UInt8>, with statements: Statements
  ) throws {
    for new in definitions {
      statements.definitions.bind(new.id)
      statements.definitions.bind(new.base)
      statements.definitions.bind(new.patch.map { Int64($0.range.lowerBound) })
      statements.definitions.bind(new.patch.map { Int64($0.range.upperBound) })
      if let patch = new.patch {
        statements.definitions.bind(bytes, patch.text)
      } else {
        statements.definitions.bind(nil)
      }
    }
    try statements.definitions.run()
  }
}
