// Adopting: a person has looked at what a conflict found and takes it over.

import Pacing
package import Provisioning

extension Queue {
  private static let adopted = BulkChange(of: .adopted, in: .failed)

  /// Makes a batch's conflicts of these names done, with what was found. Blocks while others write.
  ///
  /// - Returns: the names that were no conflict of the batch with something found.
  package func adopt(_ names: [String], in batch: BatchID) throws -> [String] {
    try writeExclusively { db in
      var unknown: [String] = []
      for name in names {
        // Rows in: one item for each account that has the name.
        let changedCount = try Self.adopted.run(
          where: """
            name = :name AND reason = 'conflict' AND remote_id IS NOT NULL
              AND id IN (SELECT item_id FROM batch_row WHERE batch_id = :batch)
            """, ItemFacts(batch: batch), [("name", name)], in: db)
        if changedCount == 0 { unknown.append(name) }
      }
      return unknown
    }
  }

  /// The names of a batch's conflicts, with the id of what was found.
  package func conflicts(of batch: BatchID) throws -> [(name: String, remoteID: String)] {
    try read { db in
      try db.all(
        """
        SELECT name, remote_id FROM batch_row JOIN item ON item.id = item_id
        WHERE batch_row.batch_id = ? AND state = 'failed' AND reason = 'conflict' AND remote_id IS NOT NULL
        ORDER BY batch_row.ordinal
        """, [batch.rawValue]
      ).map { (name: try $0.get(0), remoteID: try $0.get(1)) }
    }
  }
}
