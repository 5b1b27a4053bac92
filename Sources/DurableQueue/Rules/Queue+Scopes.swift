// Scopes: what a rate or a hold applies to. A key scope is chosen by the run, an account scope is stored on the item.

package import Pacing
package import Provisioning

extension Queue {
  /// The key scope of a base URL and an access key's fingerprint, made if it is new. Blocks while others write.
  package func keyScope(baseURL: BaseURL, fingerprint: String) throws -> KeyScopeID {
    try writeExclusively { db in try keyScope(baseURL: baseURL, fingerprint: fingerprint, db) }
  }

  func keyScope(baseURL: BaseURL, fingerprint: String, _ db: any Transaction) throws -> KeyScopeID {
    try db.run(
      "INSERT INTO key_scope (base_url, fingerprint) VALUES (?, ?) ON CONFLICT DO NOTHING", [baseURL, fingerprint])
    let id = try db.value(
      "SELECT id FROM key_scope WHERE base_url = ? AND fingerprint = ?", [baseURL, fingerprint], as: Int64.self)
    guard let id else { throw QueueError(.other, path: path, detail: "a key scope that was just written is gone") }
    return KeyScopeID(id)
  }

  /// Replaces the scope's limit for all processes, until the next one. Blocks while others write.
  package func setLimit(_ quota: Quota, source: Limit.Source, of scope: KeyScopeID) throws {
    try writeExclusively { db in try Self.setLimit(quota, source: source, of: scope, db) }
  }

  static func setLimit(
    _ quota: Quota, source: Limit.Source, of scope: KeyScopeID, _ db: any Transaction
  ) throws {
    try db.run(
      "UPDATE key_scope SET rate_count = ?, rate_period = ?, burst = ?, limit_source = ?, limit_at = ?, windows = ? WHERE id = ?",
      [
        quota.rate.count, quota.rate.period.rawValue, quota.burst, source.rawValue, db.now.wall.microseconds,
        ScopeRow.text(quota.windows), scope.rawValue,
      ])
  }

  /// Replaces the scope's limit by limits over long periods alone; the pace is learned.
  ///
  /// - Parameter windows: the limits; without any, what was learned is forgotten too.
  static func setWindows(_ windows: [Window], of scope: KeyScopeID, _ db: any Transaction) throws {
    try db.run(
      """
      UPDATE key_scope SET rate_count = NULL, rate_period = NULL, burst = NULL, limit_source = NULL, limit_at = ?,
        windows = ?, learner = CASE WHEN ? THEN NULL ELSE learner END WHERE id = ?
      """,
      [
        windows.isEmpty ? nil : db.now.wall.microseconds, ScopeRow.text(windows), windows.isEmpty, scope.rawValue,
      ])
  }

  /// The limit that a scope has now; the standard one when nobody has said another.
  package func limit(of scope: KeyScopeID) throws -> Limit { try read { db in try ScopeRow(scope, db).limit } }

  /// The limit that a base URL and a key have now, without making a scope; for the plan.
  package func limit(baseURL: BaseURL, fingerprint: String) throws -> Limit {
    try read { db in
      let id = try db.value(
        "SELECT id FROM key_scope WHERE base_url = ? AND fingerprint = ?", [baseURL, fingerprint], as: Int64.self)
      guard let id else { return .standard }
      return try ScopeRow(KeyScopeID(id), db).limit
    }
  }

  /// Takes one permit for a request that belongs to no item (the probe, a list).
  package func takePermit(of scope: KeyScopeID) async throws -> Permit {
    try await write { db in try self.takePermit(of: scope, db) }
  }

  func takePermit(of scope: KeyScopeID, _ db: any Transaction) throws -> Permit {
    let moment = db.now
    let row = try ScopeRow(scope, at: moment, db)
    let grant = row.limit.quota.grant(upTo: 1, from: row.state, at: moment.wall, within: Quota.longestHorizon)
    try row.store(grant.state, db)
    return Permit(start: grant.starts.first, next: grant.next, wait: row.wait(at: moment.wall), at: moment)
  }

  /// Makes a scope wait for an answer that belongs to no item.
  package func hold(_ wait: ScopeWait) async throws {
    try await write { db in try ScopeRow(wait.scope, db).wait(wait, at: db.now, db) }
  }

  /// Holds an account for an answer that belongs to no item.
  package func hold(_ account: AccountScopeID, reason: Reason, message: String?, by owner: OwnerID) async throws {
    try await write { db in
      let now = db.now.wall
      try Self.hold(account.rawValue, reason, message, by: owner.rawValue, now, db)
    }
  }

  /// Lifts the holds of all accounts that a batch has items in, but those that a run has set which is still at work: it
  /// has asked just now. `run`, `resume` and `retry` start so.
  ///
  /// - Parameter gone: owners that are gone, although their rows do not say so yet.
  static func liftHolds(of batch: BatchID, setBy gone: [OwnerID] = [], _ db: any Transaction) throws {
    try db.run(
      """
      UPDATE account_scope SET hold_reason = NULL, hold_message = NULL, hold_at = NULL, hold_owner_id = NULL
      WHERE hold_reason IS NOT NULL AND id IN (
        SELECT account_scope_id FROM batch_row JOIN item ON item.id = item_id WHERE batch_row.batch_id = ?)
        AND NOT EXISTS (SELECT 1 FROM owner
          WHERE owner.id = hold_owner_id AND ended_at IS NULL AND ? NOT LIKE '%,' || owner.id || ',%')
      """, [batch.rawValue, "," + gone.map { "\($0.rawValue)," }.joined()])
  }

  /// Rows in: one account. Only the first hold's reason is kept, it is the one that stopped the account.
  static func hold(
    _ account: Int64, _ reason: Reason, _ message: String?, by owner: Int64?, _ now: Instant, _ db: any Transaction
  ) throws {
    try db.run(
      """
      UPDATE account_scope SET hold_reason = ?, hold_message = ?, hold_at = ?, hold_owner_id = ?
      WHERE id = ? AND hold_reason IS NULL
      """, [reason.rawValue, message, now.microseconds, owner, account])
  }
}
