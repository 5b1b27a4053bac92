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
      let now = db.now
      // Rows in: the batch's items by `batch_row`'s key; ready ones, and those that a list may make ready. No other's
      // lease is touched, and nothing of a batch that another process works on: two runs would take the items that both
      // rosters name from each other for ever. Who is gone was reclaimed before.
      try db.run(
        """
        UPDATE item SET batch_id = ?1 WHERE state IN ('ready', 'in_doubt') AND batch_id <> ?1
          AND id IN (SELECT item_id FROM batch_row WHERE batch_id = ?1)
          AND batch_id NOT IN (SELECT batch_id FROM owner WHERE ended_at IS NULL AND batch_id IS NOT NULL)
        """, [batch.rawValue])
      return try lookFirst(batch, requeue, at: now, db) + makeReady(batch, requeue, at: now.wall, db)
    }
  }

  /// Rows in: the batch's failed items of which something was found. What is there is not made again: the service's list
  /// is asked first.
  private func lookFirst(_ batch: BatchID, _ requeue: Requeue, at now: Moment, _ db: any Transaction) throws -> Int {
    return try db.run(
      """
      UPDATE item SET state = 'in_doubt', batch_id = ?, doubt_at = ?, doubt_boot = ?, doubt_up = ?, finished_at = NULL,
        version = version + 1, used_count = 0, adopted = 0
      WHERE state IN ('failed', 'cancelled') AND remote_id IS NOT NULL AND \(Self.isRequeued)
      """,
      [
        batch.rawValue, now.wall.microseconds, now.sinceBoot.boot, now.sinceBoot.elapsed.microseconds,
        requeue.isAnyFailure, requeue.reasonList, batch.rawValue,
      ])
  }

  /// Rows in: the batch's other items that are over.
  private func makeReady(_ batch: BatchID, _ requeue: Requeue, at now: Instant, _ db: any Transaction) throws -> Int {
    return try db.run(
      """
      UPDATE item SET \(Self.requeueSet) WHERE state IN ('failed', 'cancelled') AND remote_id IS NULL
        AND \(Self.isRequeued)
      """,
      [
        batch.rawValue, now.microseconds, requeue.isAnyFailure, requeue.reasonList, batch.rawValue,
      ])
  }

  /// Takes whether any failure is tried again, the reasons, and the batch.
  private static let isRequeued = """
    CASE WHEN state = 'cancelled' OR reason = 'conflict' THEN 0 ELSE ? END + (instr(?, ',' || reason || ',') > 0)
      AND id IN (SELECT item_id FROM batch_row WHERE batch_id = ?)
    """

  /// What requeuing sets; takes the batch and the time.
  static let requeueSet = """
    state = 'ready', batch_id = ?, due = ?, version = version + 1, used_count = 0, reason = NULL, message = NULL,
      finished_at = NULL, definition_id = coalesce(next_definition_id, definition_id),
      next_definition_id = NULL
    """
}
