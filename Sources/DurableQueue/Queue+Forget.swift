// Forgetting: old batches are erased with the names of the people in them.

import GRDB
package import Provisioning

extension Queue {
  /// Erases a batch: its rows, and the items that no other batch names, with their attempts and definitions. What they
  /// made stays at the service.
  ///
  /// - Returns: how many items were erased; nil when the batch has unfinished items, so that nothing was.
  package func forget(_ batch: BatchID) throws -> Int? {
    // What is erased is overwritten, not only let go of.
    try onWriter { db in try db.execute(sql: "PRAGMA secure_delete = ON") }
    let count = try writeAlone { db -> Int? in
      guard try Self.tally(of: batch, db).unfinishedCount == 0 else { return nil }
      let id = batch.rawValue
      try db.execute(sql: "DELETE FROM batch_row WHERE batch_id = ?", arguments: [id])
      try db.execute(
        sql: """
          UPDATE item SET batch_id = (SELECT max(batch_row.batch_id) FROM batch_row WHERE item_id = item.id)
          WHERE batch_id = ? AND row_count > 0
          """, arguments: [id])
      try db.execute(
        sql: "DELETE FROM attempt WHERE item_id IN (SELECT id FROM item WHERE batch_id = ? AND row_count = 0)",
        arguments: [id])
      try db.execute(
        sql: """
          UPDATE batch_row SET named_item_id = NULL WHERE named_item_id IN (
            SELECT id FROM item WHERE batch_id = ? AND row_count = 0)
          """, arguments: [id])
      try db.execute(sql: "DELETE FROM item WHERE batch_id = ? AND row_count = 0", arguments: [id])
      let count = db.changesCount
      try db.execute(
        sql: """
          DELETE FROM definition WHERE id NOT IN (
            SELECT definition_id FROM item UNION SELECT next_definition_id FROM item WHERE next_definition_id IS NOT NULL
            UNION SELECT definition_id FROM attempt
            UNION SELECT definition_id FROM batch_row WHERE definition_id IS NOT NULL)
            AND id NOT IN (SELECT base_id FROM definition WHERE base_id IS NOT NULL)
          """)
      try db.execute(sql: "DELETE FROM tally WHERE batch_id = ?", arguments: [id])
      try db.execute(sql: "DELETE FROM batch WHERE id = ?", arguments: [id])
      return count
    }
    // The log holds the old pages until it is emptied.
    if count != nil { try checkpoint() }
    return count
  }
}
