// Forgetting: old batches are erased with the names of the people in them.

package import Provisioning

extension Queue {
  /// Erases a batch: its rows, and the items that no other batch names, with their attempts, definitions and accounts. What
  /// they made stays at the service.
  ///
  /// Of items that other batches name too, what only this batch has said goes: the definition that they were made with gives
  /// way to the newest one that is left, and what the service said meanwhile is erased. The file itself may hold traces of
  /// all of it until `scrub`. Blocks while others write.
  ///
  /// - Returns: what was erased; nil when the batch has unfinished items, so that nothing was.
  package func forget(_ batch: BatchID) throws -> Forgotten? {
    try writeExclusively { db -> Forgotten? in
      guard try Self.tally(of: batch, db).unfinishedCount == 0 else { return nil }
      let forgetting = Forgetting(batch: batch.rawValue, db: db)
      try forgetting.eraseMessagesOfScopes()
      try db.run("DELETE FROM tally WHERE batch_id = ?", [batch.rawValue])
      try forgetting.eraseMessagesOfItems()
      let itemCount = try forgetting.eraseItems()
      let replacedCount = try forgetting.replaceDefinitions()
      try DefinitionCleaning.eraseUnused(db)
      try forgetting.eraseAccounts()
      return Forgotten(itemCount: itemCount, replacedCount: replacedCount)
    }
  }
}

/// The erasing of a batch, inside its transaction.
private struct Forgetting {
  let batch: Int64
  let db: any Transaction

  @discardableResult
  private func execute(_ sql: String) throws -> Int { try db.run(sql, ["batch": batch]) }

  /// What the service has said to this batch's runs may name its people; of what belongs to no run nobody can tell.
  private let isOurs = "(SELECT coalesce(batch_id, :batch) FROM owner WHERE owner.id = owner_id) = :batch"

  func eraseMessagesOfScopes() throws {
    let isItsOrigin = "base_url = (SELECT base_url FROM batch WHERE id = :batch)"
    try execute(
      """
      UPDATE key_wait SET message = NULL
      WHERE message IS NOT NULL AND key_scope_id IN (SELECT id FROM key_scope WHERE \(isItsOrigin))
      """)
    try execute("UPDATE key_scope SET wait_message = NULL WHERE wait_message IS NOT NULL AND \(isItsOrigin)")
    try execute(
      """
      UPDATE account_scope SET hold_message = NULL WHERE hold_message IS NOT NULL AND \(isItsOrigin)
        AND coalesce((SELECT coalesce(batch_id, :batch) FROM owner WHERE owner.id = hold_owner_id), :batch) = :batch
      """)
    try execute("UPDATE listing SET message = NULL WHERE message IS NOT NULL AND \(isOurs)")
  }

  func eraseMessagesOfItems() throws {
    let isItsItem = "(SELECT item_id FROM batch_row WHERE batch_id = :batch AND item_id IS NOT NULL)"
    try execute("UPDATE attempt SET message = NULL WHERE message IS NOT NULL AND item_id IN \(isItsItem) AND \(isOurs)")
    try execute(
      """
      UPDATE item SET message = NULL WHERE message IS NOT NULL AND id IN \(isItsItem) AND NOT EXISTS (
        SELECT 1 FROM attempt JOIN owner ON owner.id = owner_id WHERE item_id = item.id
          AND attempt.ordinal = item.ordinal AND coalesce(owner.batch_id, :batch) <> :batch)
      """)
  }

  /// - Returns: how many items there were.
  func eraseItems() throws -> Int {
    try execute("DELETE FROM batch_row WHERE batch_id = :batch")
    try execute(
      """
      UPDATE item SET batch_id = (SELECT max(batch_row.batch_id) FROM batch_row WHERE item_id = item.id)
      WHERE batch_id = :batch AND row_count > 0
      """)
    let gone = "(SELECT id FROM item WHERE batch_id = :batch AND row_count = 0)"
    try execute("DELETE FROM attempt WHERE item_id IN \(gone)")
    try execute("UPDATE batch_row SET named_item_id = NULL WHERE named_item_id IN \(gone)")
    let count = try execute("DELETE FROM item WHERE batch_id = :batch AND row_count = 0")
    try execute("DELETE FROM run WHERE batch_id = :batch")
    try eraseCourse()
    try execute("DELETE FROM batch WHERE id = :batch")
    return count
  }

  /// A course that has no other batch goes, with what is known of its runs.
  private func eraseCourse() throws {
    let course = """
      (SELECT label FROM batch WHERE id = :batch) AND base_url = (SELECT base_url FROM batch WHERE id = :batch)
        AND NOT EXISTS (SELECT 1 FROM batch own JOIN batch other ON other.label = own.label
          AND other.base_url = own.base_url AND other.id <> own.id WHERE own.id = :batch)
      """
    try execute("DELETE FROM course WHERE label = \(course)")
    try execute("DELETE FROM run WHERE label = \(course)")
  }

  /// Definitions that no row asks for any more give way to those that the newest row of their item asks for.
  ///
  /// - Returns: of how many items that were made.
  func replaceDefinitions() throws -> Int {
    let isAskedFor = "IN (SELECT definition_id FROM batch_row WHERE definition_id IS NOT NULL)"
    let newest = """
      SELECT definition_id FROM batch_row WHERE item_id = item.id AND definition_id IS NOT NULL
      ORDER BY batch_id DESC, ordinal LIMIT 1
      """
    let replacedCount =
      try db.value("SELECT count(*) FROM item WHERE state = 'done' AND definition_id NOT \(isAskedFor)", as: Int.self)
      ?? 0
    // What it was made with is not known any more: nobody has seen it so.
    try execute(
      """
      UPDATE item SET definition_id = coalesce((\(newest)), definition_id), seen_at = NULL
      WHERE finished_at IS NOT NULL AND definition_id NOT \(isAskedFor)
      """)
    try execute(
      """
      UPDATE item SET next_definition_id = NULL
      WHERE finished_at IS NOT NULL AND next_definition_id IS NOT NULL AND next_definition_id NOT \(isAskedFor)
      """)
    try execute(
      """
      UPDATE attempt SET definition_id = (SELECT definition_id FROM item WHERE item.id = item_id)
      WHERE definition_id NOT \(isAskedFor)
        AND item_id IN (SELECT id FROM item WHERE finished_at IS NOT NULL)
      """)
    return replacedCount
  }

  /// An account is a cell too; one that no item is left of goes, with the lists of it.
  func eraseAccounts() throws {
    let gone = "(SELECT id FROM account_scope WHERE id NOT IN (SELECT account_scope_id FROM item))"
    try execute("DELETE FROM listing WHERE account_scope_id IN \(gone)")
    try execute("DELETE FROM account_scope WHERE id IN \(gone)")
  }
}

/// Erasing definitions that nobody names any more. A base is made of a person's definition: what of it no other has must
/// not stay for their sake.
private enum DefinitionCleaning {
  private static let isUsed = """
    id IN (SELECT definition_id FROM item UNION SELECT next_definition_id FROM item WHERE next_definition_id IS NOT NULL
      UNION SELECT definition_id FROM attempt
      UNION SELECT definition_id FROM batch_row WHERE definition_id IS NOT NULL)
    """

  /// Erases what is unused, and of the bases what all that are left have replaced.
  static func eraseUnused(_ db: any Transaction) throws {
    try db.run("DELETE FROM definition WHERE NOT \(isUsed)")
    try db.run("DELETE FROM definition_base WHERE id NOT IN (SELECT base_id FROM definition)")
    let replaced = try db.all(
      """
      SELECT base_id, max(patch_start), min(patch_end) FROM definition
      GROUP BY base_id HAVING count(*) = count(patch) AND max(patch_start) < min(patch_end)
      """)
    for row in replaced { try erase(try row.get(1)..<row.get(2), of: try row.get(0), db) }
  }

  /// Takes a part of a base out that all its definitions replace.
  private static func erase(_ range: Range<Int>, of base: Int64, _ db: any Transaction) throws {
    let row = try db.one("SELECT text, name_at FROM definition_base WHERE id = ?", [base])
    guard let row, case var text = Array((try row.get(0) as String).utf8), range.upperBound <= text.count else {
      throw DamagedValue(what: "definition")
    }
    let nameAt = try row.get(1) as Int?
    text.removeSubrange(range)
    try db.run(
      "UPDATE definition_base SET text = ?, name_at = ? WHERE id = ?",
      [
        String(decoding: text, as: UTF8.self),
        nameAt.map { $0 >= range.upperBound ? $0 - range.count : $0 }, base,
      ])
    try db.run("UPDATE definition SET patch_end = patch_end - ? WHERE base_id = ?", [range.count, base])
  }
}
