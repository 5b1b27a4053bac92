// Requeuing: what is over is tried again, and what another batch made ready becomes this one's.

import Pacing
package import Provisioning

extension Queue {
  /// Makes a batch's unfinished items its own, so that its run claims them: ready ones at once, those that are over if
  /// asked.
  ///
  /// - Returns: how many items were requeued.
  @discardableResult
  package func takeUp(_ batch: BatchID, _ requeue: Requeue = Requeue()) throws -> Int {
    try writeAlone { db in
      // Rows in: the batch's items by `batch_row`'s key; ready ones, and those that a list may make ready. No other's
      // lease is touched, and nothing of a batch that another process works on: two runs would take the items that both
      // rosters name from each other for ever. Who is gone was reclaimed before.
      _ = try Self.assigned.run(
        where: """
          batch_id <> :batch AND id IN (SELECT item_id FROM batch_row WHERE batch_id = :batch)
            AND batch_id NOT IN (SELECT batch_id FROM owner WHERE ended_at IS NULL AND batch_id IS NOT NULL)
          """, ItemFacts(batch: batch), in: db)
      return try tryAgain(batch, requeue, hasID: true, db) + tryAgain(batch, requeue, hasID: false, db)
    }
  }

  private static let assigned = BulkChange(of: .assigned, in: .ready, .inDoubt)
  private static let lookedAtFirst = BulkChange(of: .requeued(hasID: true), in: .failed, .cancelled)
  private static let requeued = BulkChange(of: .requeued(hasID: false), in: .failed, .cancelled)

  /// Rows in: the batch's items that are over. Where something was found, it is not made again: the service's list is
  /// asked first.
  private func tryAgain(
    _ batch: BatchID, _ requeue: Requeue, hasID: Bool, _ db: any Transaction
  ) throws -> Int {
    try (hasID ? Self.lookedAtFirst : Self.requeued).run(
      where: """
        remote_id IS \(hasID ? "NOT " : "")NULL
          AND CASE WHEN state = 'cancelled' OR reason = 'conflict' THEN 0 ELSE :any END
            + (instr(:reasons, ',' || reason || ',') > 0)
          AND id IN (SELECT item_id FROM batch_row WHERE batch_id = :batch)
        """, ItemFacts(batch: batch), [("any", requeue.isAnyFailure), ("reasons", requeue.reasonList)], in: db)
  }
}
