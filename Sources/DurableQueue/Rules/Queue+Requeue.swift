// What a person asks for: what is over is tried again, and what was not sent is dropped.

import Pacing
package import Provisioning

extension Queue {
  /// Makes a batch's unfinished items its own, for a run under way, so that it claims them.
  package func assign(to batch: BatchID) async throws { _ = try await write { db in try self.assign(batch, db) } }

  /// The same before a run, and items that are over are tried again if asked. Blocks while others write.
  ///
  /// - Returns: how many items are tried again.
  @discardableResult
  func assign(_ batch: BatchID, _ requeue: Requeue = Requeue()) throws -> Int {
    try writeExclusively { db in
      _ = try assign(batch, db)
      return try tryAgain(batch, requeue, db)
    }
  }

  /// Rows in: the batch's items by `batch_row`'s key; ready ones, and those that a list may make ready. No other's lease is
  /// touched, and nothing of a batch that another process works on: two runs would take the items that both rosters name
  /// from each other for ever. Who is gone was reclaimed before.
  func assign(_ batch: BatchID, _ db: any Transaction) throws -> Int {
    guard try Self.hasUnfinishedItems(ofOthersThan: batch, db) else { return 0 }
    return try Self.assigned.run(
      where: """
        batch_id <> :batch AND id IN (SELECT item_id FROM batch_row WHERE batch_id = :batch)
          AND batch_id NOT IN (SELECT batch_id FROM owner WHERE ended_at IS NULL AND batch_id IS NOT NULL)
        """, ItemFacts(batch: batch), in: db)
  }

  /// Whether any batch but this one has an item that is ready or in doubt, so that this one's rows need to be read at all.
  /// Indexes: `item_claimable`, which has a batch's items together, and `item_in_doubt`, which has few.
  private static func hasUnfinishedItems(ofOthersThan batch: BatchID, _ db: any Transaction) throws -> Bool {
    try db.value(
      """
      SELECT EXISTS (SELECT 1 FROM item INDEXED BY item_claimable WHERE due IS NOT NULL AND batch_id < ?1)
        OR EXISTS (SELECT 1 FROM item INDEXED BY item_claimable WHERE due IS NOT NULL AND batch_id > ?1)
        OR EXISTS (SELECT 1 FROM item INDEXED BY item_in_doubt WHERE doubt_at IS NOT NULL AND batch_id <> ?1)
      """, [batch.rawValue], as: Bool.self) == true
  }

  /// - Returns: how many items are tried again.
  func tryAgain(_ batch: BatchID, _ requeue: Requeue, _ db: any Transaction) throws -> Int {
    let tally = try Self.tally(of: batch, db)
    guard tally[.failed] + tally[.cancelled] > 0 else { return 0 }
    return try tryAgain(batch, requeue, hasID: true, db) + tryAgain(batch, requeue, hasID: false, db)
  }

  private static let assigned = BulkChange(of: .assigned, in: .ready, .inDoubt)
  private static let lookedAtFirst = BulkChange(of: .requeued(hasID: true), in: .failed, .cancelled)
  private static let requeued = BulkChange(of: .requeued(hasID: false), in: .failed, .cancelled)

  /// Which of the items that are over are tried again.
  private static let isTriedAgain = """
    (state = 'failed' AND reason <> 'conflict' AND :any = 1 OR :reasons LIKE '%,' || reason || ',%')
      AND id IN (SELECT item_id FROM batch_row WHERE batch_id = :batch)
    """

  /// Whether any item is tried again.
  func isTriedAgain(_ batch: BatchID, _ requeue: Requeue, _ db: any Transaction) throws -> Bool {
    try db.value(
      "SELECT EXISTS (SELECT 1 FROM item WHERE \(Self.requeued.condition) AND \(Self.isTriedAgain))",
      ["batch": batch.rawValue, "any": requeue.isAnyFailure, "reasons": requeue.reasonList], as: Bool.self) == true
  }

  /// Rows in: the batch's items that are over. Where something was found, it is not made again: the service's list is
  /// asked first.
  private func tryAgain(
    _ batch: BatchID, _ requeue: Requeue, hasID: Bool, _ db: any Transaction
  ) throws -> Int {
    try (hasID ? Self.lookedAtFirst : Self.requeued).run(
      where: "remote_id IS \(hasID ? "NOT " : "")NULL AND \(Self.isTriedAgain)", ItemFacts(batch: batch),
      [("any", requeue.isAnyFailure), ("reasons", requeue.reasonList)], in: db)
  }

  /// Cancels what a batch has not sent. An item that was assigned to a later batch belongs to that batch and stays. Blocks
  /// while others write.
  package func cancel(_ batch: BatchID) throws -> Cancellation {
    // Rows in: the batch's own items, by `batch_row`'s key.
    let own = "batch_id = :batch AND id IN (SELECT item_id FROM batch_row WHERE batch_id = :batch)"
    return try writeExclusively { db in
      Cancellation(
        cancelledCount: try Self.dropped.run(where: own, ItemFacts(batch: batch), in: db),
        flaggedCount: try Self.flagged.run(where: own, ItemFacts(batch: batch), in: db))
    }
  }

  private static let dropped = BulkChange(of: .withdrawn(.cancelled), in: .ready)
  private static let flagged = BulkChange(of: .withdrawn(.cancelled), in: .leased, .inDoubt)
}
