// When a pause is a person's business: the same cause has ended run after run, and nothing was made meanwhile. Told from
// how the runs of a key have ended.

import Pacing
package import Provisioning

extension RunEnd {
  /// What kept the run from going on, as the queue stores it; nil for an end that is no standstill.
  package var standstillCause: String? {
    switch self {
    case .paused(let wait, _): wait?.reason.rawValue ?? "own_limit"
    case .undecided: "undecided"
    case .othersHold: "others_hold"
    case .deadline: "deadline"
    case .held: "held"
    // What is in doubt has a rule of its own.
    case .finished, .halted, .settling, .tooManyFailed, .duplicates, .drained, .failed: nil
    }
  }
}

extension Queue {
  static func noteEnd(
    _ end: RunEnd, of owner: OwnerID, with scope: KeyScopeID, madeCount: Int, _ db: any Transaction
  ) throws -> Standstill? {
    try db.run(
      "UPDATE owner SET run_scope_id = ?, made_count = ?, end_cause = ? WHERE id = ?",
      [scope.rawValue, madeCount, end.standstillCause, owner.rawValue])
    return try end.standstillCause.flatMap { try standstill(of: scope, $0, at: db.now.wall, db) }
  }

  /// Rows in: the key's latest runs, the last one first, as far as they have ended alike.
  private static func standstill(
    of scope: KeyScopeID, _ cause: String, at now: Instant, _ db: any Transaction
  ) throws -> Standstill? {
    var since: Instant?
    var count = 0
    try db.read(
      """
      SELECT end_cause, made_count, coalesce(ended_at, ?) FROM owner WHERE run_scope_id = ? ORDER BY id DESC
      """, [now.microseconds, scope.rawValue]
    ) { run in
      guard try run.get(0) as String? == cause, try run.get(1) as Int? == 0 else { return false }
      since = min(since ?? .init(microseconds: .max), try run.get(2))
      count += 1
      return true
    }
    guard let since else { return nil }
    let standstill = Standstill(since: since, runCount: count)
    // All items are looked through, which is worth it only before a person is called.
    guard standstill.needsPerson(at: now) else { return standstill }
    // A run beside it may be making things, and has not ended.
    let isMaking = try db.value(
      """
      SELECT EXISTS (SELECT 1 FROM item JOIN account_scope ON account_scope.id = account_scope_id
        WHERE state = 'done' AND adopted = 0 AND finished_at > ?
          AND base_url = (SELECT base_url FROM key_scope WHERE id = ?))
      """, [since.microseconds, scope.rawValue], as: Bool.self)
    return isMaking == true ? nil : standstill
  }

  /// Since when the oldest of a batch's items is in doubt that three runs which began late enough, or a day, have not
  /// settled; nil when there is none. Rows in: what is in doubt, and the owners. Index: `item_in_doubt`.
  package func longestDoubt(of batch: BatchID) throws -> Standstill? {
    try read { db in
      let now = db.now.wall
      let row = try db.one(
        """
        SELECT doubt_at, run_count FROM (
          SELECT doubt_at, (SELECT count(*) FROM owner
            WHERE owner.batch_id = :batch AND run_scope_id IS NOT NULL
              AND started_at > doubt_at + \(Self.delaySQL)) AS run_count
          FROM item INDEXED BY item_in_doubt WHERE doubt_at IS NOT NULL
            AND EXISTS (SELECT 1 FROM batch_row WHERE item_id = item.id AND batch_row.batch_id = :batch)) AS doubt
        WHERE run_count >= :runs OR doubt_at < :before ORDER BY doubt_at LIMIT 1
        """,
        [
          "batch": batch.rawValue, "delay": 0, "runs": Standstill.mostRuns,
          "before": (now - Standstill.longest).microseconds,
        ])
      return try row.map { Standstill(.doubt, since: try $0.get(0), runCount: try $0.get(1)) }
    }
  }
}
