// One import inside its transaction: what each row makes of the items that are there.

import Pacing
import Provisioning

/// An import under way, inside its transaction.
final class ImportSession {
  let batch: BatchID
  private(set) var comparison = Comparison()
  private let new: NewBatch
  private let now: Int64
  private let db: any Transaction
  private var accounts: [String: Int64] = [:]
  /// Accounts that were made by this import, so that none of their items can be there yet.
  private var newAccounts: Set<Int64> = []
  /// Definitions that have an id and are not written yet.
  private var newDefinitions: [FreshRows.Definition] = []
  private var lastDefinition: Int64
  private var lastItem: Int64
  private var bulk: FreshRows?
  private var packer = DefinitionPacker()

  init(_ new: NewBatch, at now: Instant, _ db: any Transaction) throws {
    self.new = new
    self.now = now.microseconds
    self.db = db
    lastItem = try db.one("SELECT max(id) FROM item")?.get(0) ?? 0
    lastDefinition = try db.one("SELECT max(id) FROM definition")?.get(0) ?? 0
    let id = try db.insert(
      """
      INSERT INTO batch (label, target, endpoint, origin, columns, digest, is_partial, imported_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        new.label, new.target, new.endpoint, new.origin,
        JSONValue.canonicalText(of: new.columns),
        new.digest, new.isPartial, self.now,
      ])
    batch = BatchID(id)
  }

  private static let insertItem = """
    INSERT INTO item (id, account_scope_id, name, batch_id, definition_id, state, due, row_count)
    VALUES (?, ?, ?, ?, ?, 'ready', ?, 1)
    """
  private static let insertRow = """
    INSERT INTO batch_row (batch_id, ordinal, line, cells, definition_id, item_id, issue, named_item_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    """

  /// Takes all rows that the reading side gives.
  func takeAll(from rows: @escaping @Sendable (RowSink) throws -> Void) throws {
    bulk = try FreshRows(batch: batch, at: now, db)
    defer { bulk = nil }
    let cellText = try ImportPipe.run(rows) { try add($0) }
    try db.run("UPDATE batch SET known_cells = ? WHERE id = ?", [cellText?.known, batch.rawValue])
  }

  /// Rows of accounts that this import was the first to meet go in together, others one by one.
  private func add(_ piece: ImportPiece) throws {
    var fresh: [FreshRows.Row] = []
    fresh.reserveCapacity(piece.rows.count)
    let scopes = try piece.accounts.map { try scope(of: $0) }
    for row in piece.rows {
      guard case .item(let item) = row.content else {
        try addAlone(row, of: piece)
        continue
      }
      let scope = scopes[item.account]
      guard newAccounts.contains(scope) else {
        try addAlone(row, of: piece)
        continue
      }
      lastItem += 1
      comparison.newCount += 1
      fresh.append(
        FreshRows.Row(
          ordinal: row.ordinal, line: row.line, cells: row.cells, item: lastItem, scope: scope,
          name: item.name, definition: try id(of: packer.keep(item, of: piece))))
    }
    try bulk?.insert(fresh, of: piece)
    try bulk?.insert(newDefinitions)
    newDefinitions.removeAll(keepingCapacity: true)
  }

  private func addAlone(_ row: ImportPiece.Packed, of piece: ImportPiece) throws {
    switch row.content {
    case .issue(let place):
      let issue = piece.issues[place]
      comparison.invalidCount += 1
      try insert(row, of: piece, issue: issue.text, naming: try item(of: issue.account, issue.name))
    case .item(let item):
      // From now on items that were there may be changed, under the checks of their table.
      let definition = packer.keep(item, of: piece)
      let (id, definitionID) = try place(
        piece.text(item.name), definition, in: try scope(of: piece.accounts[item.account]))
      try insert(row, of: piece, item: id, definition: definitionID)
    }
  }

  /// Makes the item, or finds it and gives it the row's definition as far as its state lets it.
  private func place(_ name: String, _ definition: KeptDefinition, in scope: Int64) throws -> (Int64, Int64) {
    let found = newAccounts.contains(scope) ? nil : try ExistingItem(name, in: scope, db)
    guard let existing = found else {
      comparison.newCount += 1
      let definitionID = try id(of: definition)
      lastItem += 1
      try db.run(Self.insertItem, [lastItem, scope, name, batch.rawValue, definitionID, now])
      return (lastItem, definitionID)
    }
    try db.run("UPDATE item SET row_count = row_count + 1 WHERE id = ?", [existing.id])
    let isChanged = existing.json != definition.definition(of: name)
    comparison.count(existing, isChanged: isChanged)
    let definitionID = isChanged ? try id(of: definition) : existing.definition
    try update(existing, with: definitionID, isChanged: isChanged)
    return (existing.id, definitionID)
  }

  private func update(_ existing: ExistingItem, with definition: Int64, isChanged: Bool) throws {
    switch existing.state {
    case .ready:
      try db.run(
        "UPDATE item SET batch_id = ?, definition_id = ? WHERE id = ?", [batch.rawValue, definition, existing.id])
    case .failed:
      try db.run(
        "UPDATE item SET definition_id = ?, next_definition_id = NULL WHERE id = ?", [definition, existing.id])
    case .leased, .inDoubt:
      try db.run(
        "UPDATE item SET next_definition_id = ?, cancel_requested = 0 WHERE id = ?",
        [isChanged ? definition : nil, existing.id])
    case .cancelled:
      try db.run(
        "UPDATE item SET \(Queue.requeueSet), definition_id = ? WHERE id = ?",
        [batch.rawValue, now, definition, existing.id])
    case .done: break
    }
  }

  private func scope(of account: String) throws -> Int64 {
    if let known = accounts[account] { return known }
    let known = try AccountRow.id(target: new.target, origin: new.origin, account: account, db)
    let scope = try known ?? AccountRow.makeID(target: new.target, origin: new.origin, account: account, db)
    if known == nil { newAccounts.insert(scope) }
    accounts[account] = scope
    return scope
  }

  /// The id of a definition, which is written with its piece when it is first met.
  private func id(of definition: KeptDefinition) throws -> Int64 {
    if definition.id > 0 { return definition.id }
    let base = try definition.base.map { try id(of: $0) }
    lastDefinition += 1
    definition.id = lastDefinition
    newDefinitions.append(FreshRows.Definition(id: lastDefinition, base: base, definition: definition))
    return lastDefinition
  }

  private func insert(
    _ row: ImportPiece.Packed, of piece: ImportPiece, item: Int64? = nil, definition: Int64? = nil,
    issue: String? = nil, naming named: Int64? = nil
  ) throws {
    try db.run(
      Self.insertRow,
      [batch.rawValue, row.ordinal, row.line, piece.text(row.cells), definition, item, issue, named])
  }

  /// The item that is there for a row with an issue; nil when there is none, or the row does not say.
  private func item(of account: String?, _ name: String?) throws -> Int64? {
    guard let account, let name,
      let scope = try AccountRow.id(target: new.target, origin: new.origin, account: account, db)
    else { return nil }
    return try ExistingItem(name, in: scope, db)?.id
  }

  /// Writes what is known only when all rows are read.
  func complete(_ content: (columns: [String], digest: String)) throws {
    try db.run(
      "UPDATE batch SET columns = ?, digest = ? WHERE id = ?",
      [JSONValue.canonicalText(of: content.columns), content.digest, batch.rawValue])
  }

  /// Cancels what left the roster before it was sent, and writes the tally, once.
  func finish() throws {
    comparison.goneUnsentCount = try db.run(
      """
      UPDATE item SET state = 'cancelled', due = NULL, version = version + 1, reason = 'gone', message = NULL,
        finished_at = :now
      WHERE state = 'ready' AND id IN (\(Comparison.goneSQL))
        AND batch_id IN (SELECT id FROM batch WHERE label = :label)
        AND NOT EXISTS (
          SELECT 1 FROM batch_row JOIN batch other ON other.id = batch_row.batch_id
          WHERE batch_row.item_id = item.id AND other.label <> :label AND other.id = (
            SELECT max(latest.id) FROM batch latest
            WHERE latest.label = other.label AND latest.endpoint = other.endpoint))
      """,
      [
        "now": now, "label": new.label, "endpoint": new.endpoint, "before": batch.rawValue, "batch": batch.rawValue,
        "partial": new.isPartial,
      ])
    try writeTally()
  }

  private func writeTally() throws {
    let states = ItemState.allCases.map(\.rawValue)
    if comparison.existing.isEmpty {
      // All its items are new: no need to look at each of them again.
      try db.run(
        """
        INSERT INTO tally (batch_id, \(states.joined(separator: ", ")), invalid)
        VALUES (?, \(states.map { $0 == ItemState.ready.rawValue ? "?2" : "0" }.joined(separator: ", ")), ?3)
        """, [batch.rawValue, comparison.newCount, comparison.invalidCount])
      return
    }
    try db.run(
      """
      INSERT INTO tally (batch_id, \(states.joined(separator: ", ")), invalid)
      SELECT ?, \(states.map { "count(*) FILTER (WHERE state = '\($0)')" }.joined(separator: ", ")),
        count(*) FILTER (WHERE issue IS NOT NULL)
      FROM batch_row LEFT JOIN item ON item.id = item_id WHERE batch_row.batch_id = ?
      """, [batch.rawValue, batch.rawValue])
  }
}
