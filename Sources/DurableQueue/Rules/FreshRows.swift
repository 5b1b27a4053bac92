// The rows of accounts that no earlier import has met: nothing can be there yet, so they go in many at a time.

import Provisioning

/// Inserts new items and the batch rows that point at them.
final class FreshRows {
  /// A new item and its row.
  struct Row {
    let ordinal: Int
    let line: Int
    let cells: Range<Int>
    let item: Int64
    let scope: Int64
    let name: Range<Int>
    let definition: Int64
  }

  /// A new definition.
  struct Definition {
    let id: Int64
    let base: Int64?
    let definition: KeptDefinition
  }

  /// How many rows a statement inserts; more make it no faster.
  private static let groupSize = 20
  private static let items = """
    INSERT INTO item (id, account_scope_id, name, batch_id, definition_id, state, due, row_count) VALUES
    """
  private static let rows = """
    INSERT INTO batch_row (batch_id, ordinal, line, cells, definition_id, item_id) VALUES
    """

  private static let definitions = """
    INSERT INTO definition (id, json, name_at, base_id, base_start, base_end) VALUES
    """

  private struct Statements {
    let items: any BulkInsert
    let rows: any BulkInsert
    let definitions: any BulkInsert

    init(batch: BatchID, at now: Int64, count: Int, _ db: any Transaction) throws {
      items = try db.bulkInsert(
        FreshRows.items, row: "(?, ?, ?, \(batch.rawValue), ?, 'ready', \(now), 1)", count: count)
      rows = try db.bulkInsert(FreshRows.rows, row: "(\(batch.rawValue), ?, ?, ?, ?, ?)", count: count)
      definitions = try db.bulkInsert(FreshRows.definitions, row: "(?, ?, ?, ?, ?, ?)", count: count)
    }
  }

  private let group: Statements
  private let single: Statements

  /// Prepares the statements.
  init(batch: BatchID, at now: Int64, _ db: any Transaction) throws {
    group = try Statements(batch: batch, at: now, count: Self.groupSize, db)
    single = try Statements(batch: batch, at: now, count: 1, db)
  }

  /// Rows in: new items and their batch rows. Free of races because the transaction is immediate.
  func insert(_ rows: [Row], of piece: ImportPiece) throws {
    try piece.bytes.withUnsafeBufferPointer { bytes in
      try inGroups(rows) { try insert($0, bytes, with: $1) }
    }
  }

  /// Rows in: definitions that the queue has not.
  func insert(_ definitions: [Definition]) throws {
    try inGroups(definitions) { group, statements in
      for new in group {
        statements.definitions.bind(new.id)
        statements.definitions.bind(new.definition.text)
        statements.definitions.bind(new.definition.nameAt.map(Int64.init))
        statements.definitions.bind(new.base)
        statements.definitions.bind(new.base == nil ? nil : Int64(new.definition.baseStart))
        statements.definitions.bind(new.base == nil ? nil : Int64(new.definition.baseEnd))
      }
      try statements.definitions.run()
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
      statements.rows.bind(Int64(row.ordinal))
      statements.rows.bind(Int64(row.line))
      statements.rows.bind(bytes, row.cells)
      statements.rows.bind(row.definition)
      statements.rows.bind(row.item)
    }
    try statements.items.run()
    try statements.rows.run()
  }
}
