// Cancelling: what was not sent is dropped; what may have been sent is cancelled unless it proves done.

import Pacing
package import Provisioning

extension Queue {
  /// Cancels what a batch has not sent. An item that a later batch has taken up belongs to that batch and stays.
  package func cancel(_ batch: BatchID) throws -> Cancellation {
    try writeAlone { db in try cancel(batch, db) }
  }

  func cancel(_ batch: BatchID, _ db: any Transaction) throws -> Cancellation {
    // Rows in: the batch's own items, by `batch_row`'s key.
    let cancelledCount = try db.run(
      """
      UPDATE item SET state = 'cancelled', due = NULL, version = version + 1, reason = 'cancelled', message = NULL,
        finished_at = ?
      WHERE state = 'ready' AND batch_id = ? AND id IN (SELECT item_id FROM batch_row WHERE batch_id = ?)
      """, [db.now.wall.microseconds, batch.rawValue, batch.rawValue])
    let flaggedCount = try db.run(
      """
      UPDATE item SET cancel_requested = 1
      WHERE state IN ('leased', 'in_doubt') AND batch_id = ? AND id IN (
        SELECT item_id FROM batch_row WHERE batch_id = ?)
      """, [batch.rawValue, batch.rawValue])
    return Cancellation(cancelledCount: cancelledCount, flaggedCount: flaggedCount)
  }
}
