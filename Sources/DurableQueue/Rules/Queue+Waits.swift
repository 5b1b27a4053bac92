// What a key waits for: told to people, put right when the clock was not, and lifted when a person says so.

package import Pacing
package import Provisioning

extension Queue {
  /// What a base URL's keys wait for now; of one key, if its fingerprint is given.
  package func waits(baseURL: BaseURL, fingerprint: String? = nil) throws -> [KeyWait] {
    try read { db in try keys(at: baseURL, fingerprint, db).compactMap { $0.wait(at: db.now.wall) } }
  }

  /// When a base URL's keys may send next by their own limits, for those that may not now; of one key, if its fingerprint is
  /// given.
  package func limitGates(baseURL: BaseURL, fingerprint: String? = nil) throws -> [(limit: Limit, next: Instant)] {
    try read { db in
      let now = db.now.wall
      return try keys(at: baseURL, fingerprint, db).compactMap { row in
        guard row.wait(at: now) == nil else { return nil }
        let next = row.limit.quota.grant(upTo: 0, from: row.state, at: now, within: .zero).next
        return next > now + .seconds(1) ? (limit: row.limit, next: next) : nil
      }
    }
  }

  private func keys(at baseURL: BaseURL, _ fingerprint: String?, _ db: any Transaction) throws -> [ScopeRow] {
    let scopes = try db.values(
      "SELECT id FROM key_scope WHERE base_url = ?1 AND (fingerprint = ?2 OR ?2 IS NULL) ORDER BY id",
      [baseURL, fingerprint], as: Int64.self)
    return try scopes.map { try ScopeRow(KeyScopeID($0), at: db.now, db) }
  }

  /// The last wait of a key, over or not; nil when it never waited.
  package func lastWait(baseURL: BaseURL, fingerprint: String) throws -> KeyWait? {
    try read { db in
      let row = try db.one(
        """
        SELECT until_at, reason, key_wait.message FROM key_wait JOIN key_scope ON key_scope.id = key_scope_id
        WHERE base_url = ? AND fingerprint = ? ORDER BY key_wait.id DESC LIMIT 1
        """, [baseURL, fingerprint])
      return try row.map { KeyWait(until: try $0.get(0), reason: try $0.get(1), message: try $0.get(2)) }
    }
  }

  /// Forgets what a key waits for, because a person wants to try now. What was taken of its limit stays taken.
  ///
  /// - Returns: no later than when its items are due.
  static func ignoreWait(of scope: KeyScopeID, _ db: any Transaction) throws -> Instant {
    let now = db.now.wall
    let row = try ScopeRow(scope, db)
    var state = row.state
    state.notBefore = min(state.notBefore, now)
    state.theoretical = min(state.theoretical, now + row.limit.quota.longestDebt)
    try row.store(state, db)
    try db.run(
      "UPDATE key_scope SET wait_reason = NULL, wait_message = NULL, wait_asked = NULL WHERE id = ?", [scope.rawValue])
    return now
  }

  /// Puts every instant that keeps a key or a batch from going on where it belongs by both clocks: a wait lasts as long as
  /// it was meant to, from when it began, and an item is due no later than its key may send. What was written while a
  /// clock was ahead would hold everything up until then.
  ///
  /// - Returns: what tells that this clock, or the one that wrote, was wrong; nil where nothing does.
  @discardableResult
  package func rightInstants(with scope: KeyScopeID, of batch: BatchID) async throws -> ClockFinding? {
    try await write { db in try self.rightInstants(with: scope, of: batch, db) }
  }

  func rightInstants(with scope: KeyScopeID, of batch: BatchID, _ db: any Transaction) throws -> ClockFinding? {
    let (finding, latestDue) = try Self.rightWait(of: scope, db)
    try Self.endDues(of: batch, after: latestDue, db)
    return finding
  }

  /// The same for the key alone.
  ///
  /// - Returns: the finding, and no later than when the key's items are due.
  static func rightWait(
    of scope: KeyScopeID, _ db: any Transaction
  ) throws -> (finding: ClockFinding?, latestDue: Instant) {
    let now = db.now
    let newest = try newestInstant(db)
    let latestDue = max(now.wall, try ScopeRow(scope, db).rightWait(at: now, db))
    let isWrong = newest > now.wall + clockTolerance
    return (isWrong ? ClockFinding(newest: newest, now: now.wall) : nil, latestDue)
  }

  /// Two machines' clocks are as near as this at least.
  private static let clockTolerance = Duration.seconds(5)

  /// Rows in: the batch's ready items. Index: `item_claimable`. What an item waits for is what its key waits for.
  static func endDues(of batch: BatchID, after latest: Instant, _ db: any Transaction) throws {
    try db.run(
      "UPDATE item INDEXED BY item_claimable SET due = ?1 WHERE batch_id = ?2 AND due IS NOT NULL AND due > ?1",
      [latest.microseconds, batch.rawValue])
  }

  /// The newest instant of something that has happened, as the latest run and the latest roster that no run has had tell
  /// it: what older ones have written was spoken of then.
  private static func newestInstant(_ db: any Transaction) throws -> Instant {
    let newest = try db.one(
      """
      SELECT coalesce(max(at), 0) FROM (
        SELECT started_at AS at FROM owner WHERE id = (SELECT max(id) FROM owner)
        UNION ALL SELECT ended_at FROM owner WHERE id = (SELECT max(id) FROM owner)
        UNION ALL SELECT imported_at FROM batch WHERE id = (SELECT max(id) FROM batch
          WHERE NOT EXISTS (SELECT 1 FROM owner WHERE owner.batch_id = batch.id))) AS happened
      """)
    return try newest?.get(0) ?? Instant(microseconds: 0)
  }
}

extension ScopeRow {
  /// Notes from when the wait is counted that ends at `not_before`.
  func countWait(from now: Moment, _ db: any Transaction) throws {
    try db.run(
      "UPDATE key_scope SET wait_at = ?, wait_boot = ?, wait_up = ? WHERE id = ?",
      [now.wall.microseconds, now.sinceBoot.boot, now.sinceBoot.elapsed.microseconds, id])
  }

  /// Puts the end of the wait where it belongs.
  ///
  /// - Returns: when the scope may send.
  func rightWait(at now: Moment, _ db: any Transaction) throws -> Instant {
    let row = try db.one("SELECT wait_at, wait_boot, wait_up FROM key_scope WHERE id = ?", [id])
    var end = state.notBefore
    if let row, let from = try row.get(0) as Instant? {
      let length = min(max(.zero, end - from), Self.longestWait)
      let begin = SinceBoot(boot: try row.get(1) ?? "", elapsed: try row.get(2) ?? .zero)
      if let age = now.sinceBoot.age(of: begin) {
        end = now.wall + max(.zero, length - age)
        if length <= age { end = min(state.notBefore, now.wall) }
      } else if from > now.wall {
        // One of the two clocks was wrong: the wait begins anew, which is never too short.
        end = now.wall + length
      }
    }
    end = min(end, now.wall + Self.longestWait)
    guard abs((end - state.notBefore).microseconds) > 1_000 else { return state.notBefore }
    var next = state
    next.notBefore = end
    next.theoretical = min(
      next.theoretical + (end - state.notBefore), max(end, now.wall) + limit.quota.longestDebt)
    try store(next, db)
    try countWait(from: now, db)
    return end
  }

  /// No wait is longer; see `Outcome.retryAfter`.
  private static let longestWait = Duration.seconds(3_600)
}
