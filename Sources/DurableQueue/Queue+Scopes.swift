// Scopes: what a rate or a hold applies to. A key scope is chosen by the run, an account scope is stored on the item.

import GRDB
package import Pacing
package import Provisioning

/// A limit as a key scope holds it.
package struct Limit: Hashable, Sendable {
  /// Where a limit comes from.
  package enum Source: String, Sendable {
    /// Nobody said or learned one yet.
    case standard
    /// A person said it with `--rate`.
    case flag
    /// It was learned from the service's answers.
    case learned
  }

  /// The quota that holds.
  package var quota: Quota
  /// Where it comes from.
  package var source: Source
  /// When it was said or learned; nil for the standard one.
  package var at: Instant?

  /// Makes a limit.
  package init(quota: Quota, source: Source, at: Instant? = nil) {
    self.quota = quota
    self.source = source
    self.at = at
  }

  /// The limit while nobody has said or learned another.
  package static let standard = Limit(quota: .untilLearned, source: .standard)
}

/// An account that may not be sent to.
package struct AccountHold: Hashable, Sendable {
  /// The account.
  package let account: String
  /// Why.
  package let reason: Reason
  /// What the service said.
  package let message: String?

  /// Makes one.
  package init(account: String, reason: Reason, message: String?) {
    self.account = account
    self.reason = reason
    self.message = message
  }
}

extension Queue {
  /// The key scope of an origin and an access key's fingerprint, made if it is new.
  package func keyScope(origin: String, fingerprint: String) throws -> KeyScopeID {
    try writeAlone { db in
      try db.execute(
        sql: "INSERT INTO key_scope (origin, fingerprint) VALUES (?, ?) ON CONFLICT DO NOTHING",
        arguments: [origin, fingerprint])
      let id = try Int64.fetchOne(
        db, sql: "SELECT id FROM key_scope WHERE origin = ? AND fingerprint = ?", arguments: [origin, fingerprint])
      guard let id else { throw QueueError(.other, path: path, detail: "a key scope that was just written is gone") }
      return KeyScopeID(id)
    }
  }

  /// Replaces the scope's limit for all processes, until the next one.
  package func setLimit(_ quota: Quota, source: Limit.Source, of scope: KeyScopeID) throws {
    let now = time.now()
    try writeAlone { db in
      try db.execute(
        sql:
          "UPDATE key_scope SET rate_count = ?, rate_period = ?, burst = ?, limit_source = ?, limit_at = ?, windows = ? WHERE id = ?",
        arguments: [
          quota.rate.count, quota.rate.period.rawValue, quota.burst, source.rawValue, now.microseconds,
          ScopeRow.text(quota.windows), scope.rawValue,
        ])
    }
  }

  /// Replaces the scope's limit by limits over long periods alone; the pace is learned again.
  ///
  /// - Parameter windows: the limits; without any nothing is limited but by what was learned.
  package func setWindows(_ windows: [Window], of scope: KeyScopeID) throws {
    let now = time.now()
    try writeAlone { db in
      try db.execute(
        sql: """
          UPDATE key_scope SET rate_count = NULL, rate_period = NULL, burst = NULL, limit_source = NULL, limit_at = ?,
            windows = ? WHERE id = ?
          """, arguments: [windows.isEmpty ? nil : now.microseconds, ScopeRow.text(windows), scope.rawValue])
    }
  }

  /// Notes that a run starts that uses a scope: it goes on from the pace that was learned, and does not try for more at
  /// once.
  package func beginRun(with scope: KeyScopeID) throws {
    let now = time.now()
    try writeAlone { db in try ScopeRow.beginRun(scope, at: now, db) }
  }

  /// The limit that a scope has now; the standard one when nobody has said another.
  package func limit(of scope: KeyScopeID) throws -> Limit { try read { db in try ScopeRow(scope, db).limit } }

  /// The limit that an origin and a key have now, without making a scope; for the plan.
  package func limit(origin: String, fingerprint: String) throws -> Limit {
    try read { db in
      let id = try Int64.fetchOne(
        db, sql: "SELECT id FROM key_scope WHERE origin = ? AND fingerprint = ?", arguments: [origin, fingerprint])
      guard let id else { return .standard }
      return try ScopeRow(KeyScopeID(id), db).limit
    }
  }

  /// Takes one permit for a request that belongs to no item (the probe, a list).
  ///
  /// - Returns: the start when it was granted; otherwise nil and the instant to come back.
  package func takePermit(of scope: KeyScopeID) async throws -> (start: Instant?, next: Instant) {
    try await write { db in try self.takePermit(of: scope, db) }
  }

  func takePermit(of scope: KeyScopeID, _ db: Database) throws -> (start: Instant?, next: Instant) {
    let row = try ScopeRow(scope, db)
    let grant = row.limit.quota.grant(upTo: 1, from: row.state, at: time.now(), within: Quota.longestHorizon)
    try row.store(grant.state, db)
    return (grant.starts.first, grant.next)
  }

  /// Makes a scope wait for an answer that belongs to no item.
  package func hold(_ wait: ScopeWait) async throws {
    try await write { db in try ScopeRow(wait.scope, db).wait(wait, at: self.time.now(), db) }
  }

  /// Holds an account for an answer that belongs to no item.
  package func hold(_ account: AccountScopeID, reason: Reason, message: String?) async throws {
    let now = time.now()
    try await write { db in try Self.hold(account.rawValue, reason, message, now, db) }
  }

  /// Lifts the holds of all accounts that a batch has items in; `run`, `resume` and `retry` start so.
  package func liftHolds(of batch: BatchID) throws {
    try writeAlone { db in
      try db.execute(
        sql: """
          UPDATE account_scope SET hold_reason = NULL, hold_message = NULL, hold_at = NULL
          WHERE hold_reason IS NOT NULL AND id IN (
            SELECT account_scope_id FROM batch_row JOIN item ON item.id = item_id WHERE batch_row.batch_id = ?)
          """, arguments: [batch.rawValue])
    }
  }

  /// Rows in: one account. Only the first hold's reason is kept, it is the one that stopped the account.
  static func hold(_ account: Int64, _ reason: Reason, _ message: String?, _ now: Instant, _ db: Database) throws {
    try db.execute(
      sql: """
        UPDATE account_scope SET hold_reason = ?, hold_message = ?, hold_at = ? WHERE id = ? AND hold_reason IS NULL
        """, arguments: [reason.rawValue, message, now.microseconds, account])
  }
}

/// A wait of a whole key scope.
package struct ScopeWait: Hashable, Sendable {
  /// The scope that waits.
  package var scope: KeyScopeID
  /// Nothing starts before this.
  package var until: Instant
  /// Whether the wait ends with an empty bucket, as it does after a throttle.
  package var emptiesBucket: Bool
  /// Why.
  package var reason: Reason
  /// What the service or the network said; nil when it said nothing.
  package var message: String?
  /// When the request was sent that brought it; nil: now.
  package var sentAt: Instant?

  /// Makes a wait.
  package init(
    scope: KeyScopeID, until: Instant, emptiesBucket: Bool, reason: Reason, message: String? = nil,
    sentAt: Instant? = nil
  ) {
    self.sentAt = sentAt
    self.message = message
    self.scope = scope
    self.until = until
    self.emptiesBucket = emptiesBucket
    self.reason = reason
  }
}
