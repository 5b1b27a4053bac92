// Importing: one roster becomes one batch, whole or not at all.

import GRDB
import Pacing
package import Provisioning

/// A batch that is about to be imported.
package struct NewBatch: Hashable, Sendable {
  /// The roster's real path, or what the person said.
  package var label: String
  /// The target's name.
  package var target: String
  /// Where its items are made.
  package var endpoint: String
  /// Scheme, host and port of the endpoint.
  package var origin: String
  /// The roster's headers.
  package var columns: [String]
  /// Equal for rosters that are equal row by row.
  package var digest: String
  /// Whether only a part of the roster's rows is in it, so that nothing is gone because it is not.
  package var isPartial: Bool

  /// Makes a description of a batch.
  package init(
    label: String, target: String, endpoint: String, origin: String, columns: [String], digest: String,
    isPartial: Bool = false
  ) {
    self.isPartial = isPartial
    self.label = label
    self.target = target
    self.endpoint = endpoint
    self.origin = origin
    self.columns = columns
    self.digest = digest
  }
}

/// One row of a roster on its way into the queue.
package struct NewRow: Hashable, Sendable {
  /// What the row asks for.
  package enum Content: Hashable, Sendable {
    /// An item: its account, its name, and its definition as canonical JSON.
    case item(account: String, name: String, definition: String)
    /// Nothing, because it was not accepted; why.
    case issue(String)
  }

  /// From 1, in the roster's order.
  package var ordinal: Int
  /// The line it starts on.
  package var line: Int
  /// One cell for each header.
  package var cells: [String]
  /// What it asks for.
  package var content: Content

  /// Makes a row.
  package init(ordinal: Int, line: Int, cells: [String], content: Content) {
    self.ordinal = ordinal
    self.line = line
    self.cells = cells
    self.content = content
  }
}

/// What came of an import.
package struct ImportResult: Hashable, Sendable {
  /// The batch: the new one, or the label's latest if the roster equals it.
  package var batch: BatchID
  /// Whether the batch is new.
  package var isNew: Bool
  /// What the import made of the rows.
  package var comparison: Comparison

  /// Makes a result.
  package init(batch: BatchID, isNew: Bool, comparison: Comparison) {
    self.batch = batch
    self.isNew = isNew
    self.comparison = comparison
  }
}

extension Queue {
  /// The label's latest batch at this target and endpoint if it has this digest: the same roster again.
  package func latestBatch(equalTo new: NewBatch) throws -> BatchID? {
    try read { db in try Self.latestBatch(equalTo: new, db) }
  }

  private static func latestBatch(equalTo new: NewBatch, _ db: Database) throws -> BatchID? {
    let latest = try Row.fetchOne(
      db, sql: "SELECT * FROM batch WHERE label = ? ORDER BY id DESC LIMIT 1", arguments: [new.label])
    guard let latest, latest["digest"] == new.digest, latest["endpoint"] == new.endpoint,
      latest["target"] == new.target,
      latest["is_partial"] == new.isPartial
    else { return nil }
    return BatchID(latest["id"])
  }

  /// Imports a roster in one transaction: all of it is there when this returns, or nothing of it. A roster that equals its
  /// label's latest batch is that batch, also when another process has imported it a moment ago.
  ///
  /// - Parameters:
  ///   - rows: calls its argument once for each row, in order; what it throws undoes the import.
  ///   - known: what the comparison with the queue has shown, for a roster that turns out to be there.
  ///   - confirm: asked before the commit with what the import is about to make; false undoes it.
  /// - Returns: the result; nil when `confirm` said no.
  package func importBatch(
    _ new: NewBatch, known: Comparison = Comparison(), rows: ((NewRow) throws -> Void) throws -> Void,
    confirm: (Comparison) throws -> Bool = { _ in true }
  ) throws -> ImportResult? {
    struct Declined: Error {}
    do {
      let result = try writeAlone { db in
        if let batch = try Self.latestBatch(equalTo: new, db) {
          return ImportResult(batch: batch, isNew: false, comparison: known)
        }
        var session = try ImportSession(new, at: time.now(), db)
        try rows { try session.add($0) }
        try session.finish()
        guard try confirm(session.comparison) else { throw Declined() }
        return ImportResult(batch: session.batch, isNew: true, comparison: session.comparison)
      }
      try checkpoint()
      return result
    } catch is Declined {
      return nil
    }
  }
}

/// An import under way, inside its transaction.
private struct ImportSession {
  let batch: BatchID
  private(set) var comparison = Comparison()
  private let new: NewBatch
  private let now: Int64
  private let db: Database
  private var accounts: [String: Int64] = [:]
  /// Accounts that were made by this import, so that none of their items can be there yet.
  private var newAccounts: Set<Int64> = []
  private let insertItem: Statement
  private let insertDefinition: Statement
  private let insertRow: Statement

  init(_ new: NewBatch, at now: Instant, _ db: Database) throws {
    self.new = new
    self.now = now.microseconds
    self.db = db
    insertItem = try db.makeStatement(
      sql: """
        INSERT INTO item (account_scope_id, name, batch_id, definition_id, state, due, row_count)
        VALUES (?, ?, ?, ?, 'ready', ?, 1)
        """)
    insertDefinition = try db.makeStatement(sql: "INSERT INTO definition (json) VALUES (?)")
    insertRow = try db.makeStatement(
      sql: """
        INSERT INTO batch_row (batch_id, ordinal, line, cells, definition_id, item_id, issue)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    try db.execute(
      sql: """
        INSERT INTO batch (label, target, endpoint, origin, columns, digest, is_partial, imported_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        new.label, new.target, new.endpoint, new.origin,
        JSONValue.array(new.columns.map(JSONValue.string)).canonicalText,
        new.digest, new.isPartial, self.now,
      ])
    batch = BatchID(db.lastInsertedRowID)
  }

  mutating func add(_ row: NewRow) throws {
    switch row.content {
    case .issue(let issue):
      comparison.invalidCount += 1
      try insert(row, item: nil, definition: nil, issue: issue)
    case .item(let account, let name, let definition):
      let (item, definitionID) = try place(name, definition, in: try scope(of: account))
      try insert(row, item: item, definition: definitionID, issue: nil)
    }
  }

  /// Makes the item, or finds it and gives it the row's definition as far as its state lets it.
  private mutating func place(_ name: String, _ definition: String, in scope: Int64) throws -> (Int64, Int64) {
    let found = newAccounts.contains(scope) ? nil : try ExistingItem(name, in: scope, db)
    guard let existing = found else {
      comparison.newCount += 1
      let definitionID = try insert(definition)
      try insertItem.execute(arguments: [scope, name, batch.rawValue, definitionID, now])
      return (db.lastInsertedRowID, definitionID)
    }
    try db.cachedStatement(sql: "UPDATE item SET row_count = row_count + 1 WHERE id = ?")
      .execute(arguments: [existing.id])
    let isChanged = existing.json != definition
    comparison.count(existing, isChanged: isChanged)
    let definitionID = isChanged ? try insert(definition) : existing.definition
    try update(existing, with: definitionID, isChanged: isChanged)
    return (existing.id, definitionID)
  }

  private func update(_ existing: ExistingItem, with definition: Int64, isChanged: Bool) throws {
    switch existing.state {
    case .ready:
      try db.cachedStatement(sql: "UPDATE item SET batch_id = ?, definition_id = ? WHERE id = ?")
        .execute(arguments: [batch.rawValue, definition, existing.id])
    case .failed:
      try db.cachedStatement(sql: "UPDATE item SET definition_id = ?, next_definition_id = NULL WHERE id = ?")
        .execute(arguments: [definition, existing.id])
    case .leased, .inDoubt:
      try db.cachedStatement(sql: "UPDATE item SET next_definition_id = ? WHERE id = ?")
        .execute(arguments: [isChanged ? definition : nil, existing.id])
    case .cancelled:
      try db.cachedStatement(sql: "UPDATE item SET \(Queue.requeueSet), definition_id = ? WHERE id = ?")
        .execute(arguments: [batch.rawValue, now, definition, existing.id])
    case .done: break
    }
  }

  private mutating func scope(of account: String) throws -> Int64 {
    if let known = accounts[account] { return known }
    let known = try AccountRow.id(target: new.target, origin: new.origin, account: account, db)
    let scope = try known ?? AccountRow.makeID(target: new.target, origin: new.origin, account: account, db)
    if known == nil { newAccounts.insert(scope) }
    accounts[account] = scope
    return scope
  }

  private func insert(_ definition: String) throws -> Int64 {
    try insertDefinition.execute(arguments: [definition])
    return db.lastInsertedRowID
  }

  private func insert(_ row: NewRow, item: Int64?, definition: Int64?, issue: String?) throws {
    let cells = JSONValue.canonicalText(of: row.cells)
    try insertRow.execute(arguments: [batch.rawValue, row.ordinal, row.line, cells, definition, item, issue])
  }

  /// Cancels what left the roster before it was sent, and writes the tally, once.
  mutating func finish() throws {
    try db.execute(
      sql: """
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
      arguments: [
        "now": now, "label": new.label, "endpoint": new.endpoint, "before": batch.rawValue, "batch": batch.rawValue,
        "partial": new.isPartial,
      ])
    comparison.goneUnsentCount = db.changesCount
    let states = ItemState.allCases.map(\.rawValue)
    try db.execute(
      sql: """
        INSERT INTO tally (batch_id, \(states.joined(separator: ", ")), invalid)
        SELECT ?, \(states.map { "count(*) FILTER (WHERE state = '\($0)')" }.joined(separator: ", ")),
          count(*) FILTER (WHERE issue IS NOT NULL)
        FROM batch_row LEFT JOIN item ON item.id = item_id WHERE batch_row.batch_id = ?
        """, arguments: [batch.rawValue, batch.rawValue])
  }
}
