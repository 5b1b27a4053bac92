// Cancelling: what was not sent is dropped; what may have been sent is cancelled unless it proves done.

import Pacing
package import Provisioning

extension Queue {
  /// Cancels what a batch has not sent. An item that was assigned to a later batch belongs to that batch and stays. Blocks
  /// while others write.
  package func cancel(_ batch: BatchID) throws -> Cancellation {
    try writeExclusively { db in try cancel(batch, db) }
  }

  private static let dropped = BulkChange(of: .withdrawn(.cancelled), in: .ready)
  private static let flagged = BulkChange(of: .withdrawn(.cancelled), in: .leased, .inDoubt)

  func cancel(_ batch: BatchID, _ db: any Transaction) throws -> Cancellation {
    // Rows in: the batch's own items, by `batch_row`'s key.
    let own = "batch_id = :batch AND id IN (SELECT item_id FROM batch_row WHERE batch_id = :batch)"
    return Cancellation(
      cancelledCount: try Self.dropped.run(where: own, ItemFacts(batch: batch), in: db),
      flaggedCount: try Self.flagged.run(where: own, ItemFacts(batch: batch), in: db))
  }
}
