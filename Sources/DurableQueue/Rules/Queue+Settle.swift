// Settling: an outcome and the item's next state in one transaction, compared by version before anything is written.

import Pacing
import Provisioning

extension Queue {
  /// Writes an answer to its attempt and moves the item on, if it still is as the claim left it.
  ///
  /// - Parameter isPatient: whether it can wait some milliseconds for others to share its commit.
  package func settle(_ answer: Answer, patiently isPatient: Bool = false) async throws -> Settlement {
    try await write(patiently: isPatient) { db in try self.settle(answer, db) }
  }

  func settle(_ answer: Answer, _ db: any Transaction) throws -> Settlement {
    let now = db.now
    if let scope = answer.teaches { try ScopeRow.learnFromAnswer(scope, at: now.wall, db) }
    if let wait = answer.wait { try ScopeRow(wait.scope, db).wait(wait, at: now, db) }
    return try settle(answer, at: now, db)
  }

  func settle(_ answer: Answer, at now: Moment, _ db: any Transaction) throws -> Settlement {
    let item = try ItemRow(answer.lease.item, db)
    let outcome = answer.outcome
    let isMade = outcome.kind == .made
    let isOvertaken = item.place.version != answer.lease.version
    let event = isOvertaken ? .lateSuccess : ItemEvent.answered(outcome.kind, hasEarlierUnknown: item.unanswered)
    let facts = ItemFacts(
      due: answer.due, reason: answer.reason, message: outcome.message, remoteID: outcome.remoteID)
    if outcome.kind.holdsAccount, let reason = Reason(outcome.kind) {
      try Self.hold(item.account, reason, outcome.message, by: item.owner, now.wall, db)
    }
    // Somebody else has decided about the item: only that it was made after all counts.
    let transition = isOvertaken && !isMade ? nil : try item.place.apply(event, facts, at: now, db)
    try Self.write(answer, isUsed: isOvertaken ? isMade : transition?.usesAttempt ?? isMade, at: now, db)
    let state = transition?.state ?? item.place.state
    return isOvertaken ? .overtaken(state) : .settled(state)
  }

  /// Rows in: one attempt, by primary key. An owner that was taken for gone may still answer; its answer counts, and an
  /// attempt that was used stays used.
  private static func write(_ answer: Answer, isUsed: Bool, at now: Moment, _ db: any Transaction) throws {
    let outcome = answer.outcome
    try db.run(
      """
      UPDATE OR ROLLBACK attempt SET ended_at = ?,
        ended_up = CASE WHEN (SELECT boot FROM owner WHERE owner.id = owner_id) = ? THEN CAST(? AS BIGINT) END,
        outcome = ?, is_used = CASE WHEN is_used = 1 THEN 1 ELSE ? END, status = ?, message = ?, request_id = ?, latency = ?
      WHERE item_id = ? AND ordinal = ?
      """,
      [
        now.wall.microseconds, now.sinceBoot.boot, now.sinceBoot.elapsed.microseconds, outcome.kind.rawValue, isUsed,
        outcome.status, outcome.message, outcome.requestID,
        answer.latency?.microseconds, answer.lease.item.rawValue, answer.lease.ordinal,
      ])
  }
}

/// An item's row as a transaction read it.
struct ItemRow {
  let place: ItemPlace
  let account: Int64
  let owner: Int64?
  let unanswered: Bool

  init(_ id: ItemID, _ db: any Transaction) throws {
    let row = try db.one(
      "SELECT account_scope_id, state, version, unanswered, cancel_requested, owner_id FROM item WHERE id = ?",
      [id.rawValue]
    ) { row in
      (
        account: try row.get(0) as Int64, owner: try row.get(5) as Int64?, unanswered: try row.get(3) as Bool,
        place: ItemPlace(
          id: id, state: try row.get(1), version: try row.get(2), isFlagged: try row.get(4))
      )
    }
    guard let row else { throw BrokenRows(what: "an item is missing") }
    (account, owner, unanswered, place) = (row.account, row.owner, row.unanswered, row.place)
  }
}
