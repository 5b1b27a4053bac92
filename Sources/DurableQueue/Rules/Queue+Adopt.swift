// Taking over: what exists at the service becomes an item's own, as a look right before has shown it. What is stored is
// what is there, never what a roster asks for.

import Pacing
package import Provisioning

extension Queue {
  /// The rows of a batch whose item a conflict has found, in the roster's order.
  package func conflicts(of batch: BatchID) throws -> [LookTarget] {
    try lookTargets(of: batch, where: "state = 'failed' AND reason = 'conflict' AND remote_id IS NOT NULL")
  }

  /// The rows of a batch that are done and ask for something else than what was made, in the roster's order.
  package func changedRows(of batch: BatchID) throws -> [LookTarget] {
    try lookTargets(of: batch, where: Self.asksForOther)
      .filter { $0.made != $0.wanted }
  }

  /// Rows in: the batch's rows by `batch_row`'s key, then item, account and definitions by theirs.
  private func lookTargets(of batch: BatchID, where which: String) throws -> [LookTarget] {
    try read { db in
      var definitions = StoredDefinitions()
      return try db.all(
        """
        SELECT item.id, version, state, line, item.name, account_scope_id, account, remote_id,
          \(StoredDefinitions.columns(of: "made", base: "made_base")),
          \(StoredDefinitions.columns(of: "wanted", base: "wanted_base"))
        FROM batch_row JOIN item ON item.id = item_id JOIN account_scope ON account_scope.id = account_scope_id
          JOIN definition made ON made.id = item.definition_id JOIN definition_base made_base ON made_base.id = made.base_id
          JOIN definition wanted ON wanted.id = batch_row.definition_id
          JOIN definition_base wanted_base ON wanted_base.id = wanted.base_id
        WHERE batch_row.batch_id = ? AND \(which) ORDER BY batch_row.ordinal
        """, [batch.rawValue]
      ).map { row in
        let name = try row.get(4) as String
        return LookTarget(
          item: ItemID(try row.get(0)), version: try row.get(1), state: try row.get(2), line: try row.get(3),
          name: name,
          account: BatchAccount(scope: AccountScopeID(try row.get(5)), account: try row.get(6)),
          remoteID: try row.get(7), made: try definitions.definition(of: name, row, at: 8).text,
          wanted: try definitions.definition(of: name, row, at: 8 + StoredDefinitions.columnCount).text)
      }
    }
  }

  /// Takes over what a look has shown, or notes it for what is done. Blocks while others write.
  ///
  /// - Returns: the looks of items that have changed since they were chosen, so that nothing was done for them.
  package func store(_ looks: [Look]) throws -> [Look] {
    try writeExclusively { db in
      try looks.filter { look in
        let place = try ItemRow(look.target.item, db).place
        guard place.version == look.target.version, place.state == look.target.state else { return true }
        let facts = ItemFacts(
          remoteID: look.entry.id, createdAt: look.entry.createdAt, seenAt: look.askedAt,
          definition: try Self.id(ofDefinition: look.shown, of: look.target.item, db))
        let event: ItemEvent = place.state == .done ? .examined : .takenOver
        return try place.apply(event, facts, at: db.now, db) == nil
      }
    }
  }

  /// The definition that an entry with its detail is there with, stored; what the item was to be made with where the detail
  /// does not tell.
  static func definition(
    shownBy entry: RemoteItem, of item: ItemID, _ shown: (RemoteItem, _ definition: String) -> String?,
    _ db: any Transaction
  ) throws -> Int64 {
    let (id, own) = try ownDefinition(of: item, db)
    guard let text = shown(entry, own.text), !text.hasSameBytes(as: own.text) else { return id }
    return try insert(text, db)
  }

  /// The id of a definition of this text: the item's own, where that has it.
  private static func id(ofDefinition text: String, of item: ItemID, _ db: any Transaction) throws -> Int64 {
    let (id, own) = try ownDefinition(of: item, db)
    if own.text.hasSameBytes(as: text) { return id }
    let wanted = try db.all(
      """
      SELECT DISTINCT definition.id, name, \(StoredDefinitions.columns) FROM batch_row JOIN item ON item.id = item_id
        JOIN definition ON definition.id = batch_row.definition_id \(StoredDefinitions.join)
      WHERE item_id = ? ORDER BY definition.id DESC
      """, [item.rawValue])
    var definitions = StoredDefinitions()
    for row in wanted where try definitions.definition(of: row.get(1), row, at: 2).text.hasSameBytes(as: text) {
      return try row.get(0)
    }
    return try insert(text, db)
  }

  private static func ownDefinition(of item: ItemID, _ db: any Transaction) throws -> (id: Int64, Definition) {
    let row = try db.one(
      """
      SELECT definition_id, name, \(StoredDefinitions.columns)
      FROM item JOIN definition ON definition.id = definition_id \(StoredDefinitions.join) WHERE item.id = ?
      """, [item.rawValue])
    guard let row else { throw BrokenRows(what: "an item is missing") }
    var definitions = StoredDefinitions()
    return (try row.get(0), try definitions.definition(of: row.get(1), row, at: 2))
  }

  private static func insert(_ text: String, _ db: any Transaction) throws -> Int64 {
    let base = try db.insert("INSERT INTO definition_base (text, name_at) VALUES (?, ?)", [text, Int64?.none])
    return try db.insert("INSERT INTO definition (base_id) VALUES (?)", [base])
  }
}
