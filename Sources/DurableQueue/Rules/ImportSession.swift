// An import under way: every row becomes a batch row and an item, or finds the item that is there.

import Pacing
import Provisioning

/// An import under way, inside its transaction.
struct ImportSession {
  let batch: BatchID
  private(set) var comparison = Comparison()
  private let new: NewBatch
  private let now: Int64
  private let moment: Moment
  private let db: any Transaction
  /// A new account was made by this import, so that none of its items can be there yet.
  private typealias Scope = (id: Int64, isNew: Bool)
  private var accounts: [String: Scope] = [:]
  /// The account of the row before, which is mostly that of the next one.
  private var latestAccount: (name: String, scope: Scope)?
  private var bases = LatestBases<WrittenBase>()
  private var written = WrittenDefinitions()
  private var lastDefinition: Int64
  private var lastItem: Int64
  private var items: BulkRows
  private var rows: BulkRows
  private var definitions: BulkRows
  /// Rows that were not accepted: what they name may come with the same piece.
  private var rejected: [NewRow] = []

  /// A base, and what of it is in the queue.
  private struct WrittenBase {
    let base: Definition.Base
    /// Once a definition uses it.
    var id: Int64?
    /// The definition that has all of it, once there is one.
    var definition: Int64?
  }

  init(_ new: NewBatch, at now: Instant, _ db: any Transaction) throws {
    self.new = new
    self.now = now.microseconds
    moment = Moment(wall: now, sinceBoot: db.now.sinceBoot)
    self.db = db
    try Queue.makeCourse(new.course, settings: new.settings, folder: new.folder, db)
    lastItem = try db.one("SELECT max(id) FROM item")?.get(0) ?? 0
    lastDefinition = try db.one("SELECT max(id) FROM definition")?.get(0) ?? 0
    let id = try db.insert(
      """
      INSERT INTO batch (label, service, base_url, columns, digest, is_partial, imported_at, first_steps)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        new.label, new.target, new.baseURL,
        Self.text(of: new.columns), new.digest, new.isPartial, self.now, new.firstSteps,
      ])
    batch = BatchID(id)
    let state = Transition.imported.inserted(at: "\(self.now)")
    func bulk(into table: String, row: String) throws -> BulkRows {
      BulkRows(try db.bulkInsert("INSERT INTO \(table) VALUES", row: row))
    }
    items = try bulk(
      into: "item (id, account_scope_id, name, definition_id, batch_id, row_count, \(state.columns))",
      row: "(?, ?, ?, ?, \(id), 1, \(state.values))")
    rows = try bulk(
      into: "batch_row (batch_id, ordinal, line, cells, definition_id, item_id, issue, named_item_id)",
      row: "(\(id), ?, ?, ?, ?, ?, ?, ?)")
    definitions = try bulk(into: "definition (id, base_id, patch_start, patch_end, patch)", row: "(?, ?, ?, ?, ?)")
  }

  /// Columns as the batch has them.
  static func text(of columns: [String]) -> String { JSONValue.array(columns.map(JSONValue.string)).canonicalText }

  /// Takes the next row.
  mutating func take(_ row: NewRow) throws {
    switch row.content {
    case .item(let account, let name, let definition): try add(row, account, name, definition)
    case .issue: rejected.append(row)
    }
  }

  /// Writes what was taken since the last call.
  mutating func writePiece() throws {
    try items.flush()
    try definitions.flush()
    for row in rejected {
      guard case .issue(let text, let account, let name) = row.content else { continue }
      comparison.invalidCount += 1
      var named: Int64?
      if let account, let name { named = try item(of: account, name) }
      try insert(row, issue: text, naming: named)
    }
    rejected.removeAll(keepingCapacity: true)
    try rows.flush()
  }

  /// Makes the item, or finds it and gives it the row's definition as far as its state lets it. No two rows name one item.
  private mutating func add(_ row: NewRow, _ account: String, _ name: String, _ definition: Definition) throws {
    let (scope, isNew) = try scope(of: account)
    if !isNew, let existing = try ExistingItem(name, in: scope, db) {
      return try add(row, name, definition, to: existing)
    }
    comparison.newCount += 1
    let definition = try id(of: definition)
    lastItem += 1
    items.add(lastItem)
    items.add(scope)
    items.add(name.utf8)
    items.add(definition)
    try items.endRow()
    try insert(row, item: lastItem, definition: definition)
  }

  private mutating func add(
    _ row: NewRow, _ name: String, _ definition: Definition, to existing: ExistingItem
  ) throws {
    try db.run("UPDATE item SET row_count = row_count + 1 WHERE id = ?", [existing.id])
    let isChanged = comparison.count(existing, row, name: name, definition)
    let definitionID = isChanged ? try id(of: definition) : existing.definitionID
    try update(existing, with: definitionID, isChanged: isChanged)
    try insert(row, item: existing.id, definition: definitionID)
  }

  private func update(_ existing: ExistingItem, with definition: Int64, isChanged: Bool) throws {
    // What was sent keeps its definition; a newer one that is the same is none.
    let isOnItsWay = existing.state == .leased || existing.state == .inDoubt
    let facts = ItemFacts(batch: batch, definition: isOnItsWay && !isChanged ? nil : definition)
    try existing.place.apply(.newerDefinition, facts, at: moment, db)
  }

  private func key(of account: String) -> ItemKey.Account {
    ItemKey.Account(service: new.target, baseURL: new.baseURL, name: account)
  }

  private mutating func scope(of account: String) throws -> Scope {
    if let latestAccount, latestAccount.name.hasSameBytes(as: account) { return latestAccount.scope }
    let found = try accounts[account] == nil ? AccountRow.id(of: key(of: account), db) : nil
    let scope = try accounts[account] ?? (found ?? AccountRow.makeID(of: key(of: account), db), found == nil)
    accounts[account] = scope
    latestAccount = (account, scope)
    return scope
  }

  /// The id of a row's definition, which is written when it is new.
  private mutating func id(of definition: Definition) throws -> Int64 {
    let place =
      bases.place(where: { $0.base === definition.base }) ?? bases.add(WrittenBase(base: definition.base))
    let base = try id(ofBase: place)
    let patch = definition.patch
    let known = if let patch { written.id(of: patch, on: base) } else { bases[place].definition }
    if let known { return known }
    lastDefinition += 1
    definitions.add(lastDefinition)
    definitions.add(base)
    definitions.add(patch.map { Int64($0.range.lowerBound) })
    definitions.add(patch.map { Int64($0.range.upperBound) })
    if let patch {
      definitions.add(patch.text)
      written.note(lastDefinition, patch, on: base)
    } else {
      definitions.add(nil)
      bases[place].definition = lastDefinition
    }
    try definitions.endRow()
    return lastDefinition
  }

  private mutating func id(ofBase place: Int) throws -> Int64 {
    if let id = bases[place].id { return id }
    let base = bases[place].base
    let id = try db.insert(
      "INSERT INTO definition_base (text, name_at) VALUES (?, ?)",
      [String(decoding: base.text, as: UTF8.self), base.nameAt])
    bases[place].id = id
    return id
  }

  private mutating func insert(
    _ row: NewRow, item: Int64? = nil, definition: Int64? = nil, issue: String? = nil, naming named: Int64? = nil
  ) throws {
    guard case .packed(let cells) = row.cells else { throw BrokenRows(what: "cells that are not packed") }
    rows.add(Int64(row.ordinal))
    rows.add(Int64(row.line))
    rows.add(cells)
    rows.add(definition)
    rows.add(item)
    if let issue { rows.add(issue.utf8) } else { rows.add(nil) }
    rows.add(named)
    try rows.endRow()
  }

  /// The item that is there for a row with an issue; nil when there is none.
  private func item(of account: String, _ name: String) throws -> Int64? {
    try AccountRow.id(of: key(of: account), db).flatMap { try ExistingItem(name, in: $0, db)?.id }
  }

  private static let gone = BulkChange(of: .withdrawn(.gone), in: .ready)
  private static let goneOnItsWay = BulkChange(of: .withdrawn(.gone), in: .leased, .inDoubt)

  /// Cancels what left the roster before it was sent, flags what may be on its way, and writes the tally, once.
  ///
  /// - Parameter knownCells: what a reader of the rows' cells must know.
  mutating func finish(knownCells: String?) throws {
    try db.run("UPDATE batch SET known_cells = ? WHERE id = ?", [knownCells, batch.rawValue])
    let isGone = """
      id IN (\(Comparison.goneSQL)) AND batch_id IN (SELECT id FROM batch WHERE label = :label)
        AND NOT EXISTS (
          SELECT 1 FROM batch_row JOIN batch other ON other.id = batch_row.batch_id
          WHERE batch_row.item_id = item.id AND other.label <> :label AND other.id = (
            SELECT max(latest.id) FROM batch latest
            WHERE latest.label = other.label AND latest.base_url = other.base_url))
      """
    let arguments: [(String, (any Bindable)?)] = [
      ("label", new.label), ("base", new.baseURL), ("before", batch.rawValue), ("partial", new.isPartial),
    ]
    comparison.goneUnsentCount = try Self.gone.run(where: isGone, ItemFacts(batch: batch), arguments, in: db)
    _ = try Self.goneOnItsWay.run(where: isGone, ItemFacts(batch: batch), arguments, in: db)
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
