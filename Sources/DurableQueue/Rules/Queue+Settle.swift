// Settling: an outcome and the item's next state in one transaction, compared by version before anything is written.

import Pacing
import Provisioning

extension Queue {
  /// Writes an answer to its attempt and moves the item on, if it still is as the claim left it.
  package func settle(_ answer: Answer) async throws -> Settlement {
    try await write { db in try self.settle(answer, db) }
  }

  func settle(_ answer: Answer, _ db: any Transaction) throws -> Settlement {
    let now = db.now
    let settlement = try settle(answer, at: now, db)
    if let scope = answer.teaches { try ScopeRow.learnFromAnswer(scope, at: now.wall, db) }
    if let wait = answer.wait { try ScopeRow(wait.scope, db).wait(wait, at: now, db) }
    return settlement
  }

  func settle(_ answer: Answer, at now: Moment, _ db: any Transaction) throws -> Settlement {
    let item = try ItemRow(answer.lease.item, db)
    let event = ItemEvent.answered(answer.outcome.kind, earlierUnanswered: item.unanswered)
    let isOvertaken = item.version != answer.lease.version
    var transition = isOvertaken ? nil : item.state.after(event)
    if transition?.state == .ready, let reason = answer.reason { transition?.reason = reason }
    try Self.write(answer, isUsed: transition?.usesAttempt ?? (answer.outcome.kind == .made), at: now, db)
    if answer.outcome.kind.holdsAccount, let reason = Reason(answer.outcome.kind) {
      try Self.hold(item.account, reason, answer.outcome.message, by: item.owner, now.wall, db)
    }
    guard let transition else { return .overtaken(try settleLate(answer, item, at: now, db)) }
    return .settled(try item.move(transition, answer.outcome, due: answer.due, at: now, db))
  }

  /// A late answer that says success settles the item, unless it is leased: then that lease's own answer will.
  private func settleLate(_ answer: Answer, _ item: ItemRow, at now: Moment, _ db: any Transaction) throws -> ItemState
  {
    guard answer.outcome.kind == .made, item.state != .leased, let late = item.state.after(.lateSuccess) else {
      return item.state
    }
    return try item.move(late, answer.outcome, due: nil, at: now, db)
  }

  /// Rows in: one attempt, by primary key. An owner that was taken for gone may still answer; its answer counts, and an
  /// attempt that was used stays used.
  private static func write(_ answer: Answer, isUsed: Bool, at now: Moment, _ db: any Transaction) throws {
    let outcome = answer.outcome
    try db.run(
      """
      UPDATE OR ROLLBACK attempt SET ended_at = ?,
        ended_up = CASE WHEN (SELECT boot FROM owner WHERE owner.id = owner_id) = ? THEN ? END,
        outcome = ?, is_used = max(is_used, ?), status = ?, message = ?, request_id = ?, latency = ?
      WHERE item_id = ? AND ordinal = ?
      """,
      [
        now.wall.microseconds, now.sinceBoot.boot, now.sinceBoot.elapsed.microseconds, outcome.kind.rawValue, isUsed,
        outcome.status, outcome.message, outcome.requestID,
        answer.latency?.microseconds, answer.lease.item.rawValue, answer.lease.ordinal,
      ])
  }
}

/// An item's row as a transaction read it; moving it on compares the version that was read.
struct ItemRow {
  let id: ItemID
  let account: Int64
  let owner: Int64?
  let state: ItemState
  let version: Int
  let unanswered: Bool
  let usedCount: Int
  let cancelRequested: Bool

  init(_ id: ItemID, _ db: any Transaction) throws {
    let row = try db.one(
      """
      SELECT account_scope_id, state, version, unanswered, used_count, cancel_requested, owner_id
      FROM item WHERE id = ?
      """, [id.rawValue])
    guard let row else { throw BrokenRows("an item is missing") }
    self.id = id
    state = try row.get(1)
    account = try row.get(0)
    version = try row.get(2)
    unanswered = try row.get(3)
    usedCount = try row.get(4)
    cancelRequested = try row.get(5)
    owner = try row.get(6)
  }

  /// Moves the item as the table says, in one UPDATE that changes exactly one row.
  ///
  /// An item whose cancelling was asked for while it was leased or in doubt becomes cancelled instead of ready or
  /// failed. An item that becomes ready takes the definition that a newer roster has for it.
  ///
  /// - Returns: the state it went to.
  func move(
    _ transition: Transition, _ outcome: Outcome?, due: Instant?, at moment: Moment, _ db: any Transaction
  ) throws -> ItemState {
    let now = moment.wall.microseconds
    var state = transition.state
    var reason = transition.reason
    if cancelRequested, state == .ready || state == .failed { (state, reason) = (.cancelled, .cancelled) }
    let isFinished = !state.isUnfinished
    let changedCount = try db.run(
      Self.moveSQL,
      [
        state.rawValue, state == .ready ? max(now, due?.microseconds ?? now) : nil, reason?.rawValue,
        reason == nil ? nil : outcome?.message, state == .done || reason == .conflict ? outcome?.remoteID : nil,
        state == .inDoubt ? now : nil, state == .inDoubt ? moment.sinceBoot.boot : nil,
        state == .inDoubt ? moment.sinceBoot.elapsed.microseconds : nil, isFinished ? now : nil,
        transition.usesAttempt ? 1 : 0,
        outcome.map { $0.kind.isDefinite ? 0 : 1 } ?? 0, state == .ready, state == .ready, isFinished,
        id.rawValue, version,
      ])
    guard changedCount == 1 else { throw BrokenRows("an item changed inside a transaction") }
    return state
  }

  /// Rows in: one item, by id and version.
  private static let moveSQL = """
    UPDATE OR ROLLBACK item SET state = ?, due = ?, reason = ?, message = ?, remote_id = ?, doubt_at = ?, doubt_boot = ?,
      doubt_up = ?, finished_at = ?,
      used_count = used_count + ?, unanswered = max(unanswered, ?), owner_id = NULL, version = version + 1,
      definition_id = CASE WHEN ? THEN coalesce(next_definition_id, definition_id) ELSE definition_id END,
      next_definition_id = CASE WHEN ? THEN NULL ELSE next_definition_id END,
      cancel_requested = CASE WHEN ? THEN 0 ELSE cancel_requested END
    WHERE id = ? AND version = ?
    """
}
