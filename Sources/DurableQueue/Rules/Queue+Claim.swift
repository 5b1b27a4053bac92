// Claiming: permits, items and attempts in one immediate transaction that is on disk before a byte leaves.

import Pacing
package import Provisioning

extension Queue {
  /// Claims up to `limit` items of a batch for an owner, as many as permits fall due from now to `horizon` later; a limit
  /// of 0 only looks what is left.
  ///
  /// - Parameter terms: what the attempts will be sent under.
  /// - Throws: `QueueError`.
  package func claim(
    upTo limit: Int, of batch: BatchID, for owner: OwnerID, with scope: KeyScopeID, within horizon: Duration,
    under terms: AttemptTerms
  ) async throws -> Claim {
    try refuseIfReplaced()
    return try await write { db in
      try self.claim(upTo: limit, of: batch, for: owner, with: scope, within: horizon, under: terms, db)
    }
  }

  func claim(
    upTo limit: Int, of batch: BatchID, for owner: OwnerID, with scope: KeyScopeID, within horizon: Duration,
    under terms: AttemptTerms, _ db: any Transaction
  ) throws -> Claim {
    // Read after the write lock is held: another process may have taken permits while we waited for it.
    let moment = db.now
    let now = moment.wall
    let row = try ScopeRow(scope, at: moment, db)
    let possible = row.limit.quota.grant(upTo: limit, from: row.state, at: now, within: horizon)
    var share = limit > 0 ? try OwnerShare(of: owner, with: scope, row.limit.quota, at: now, db) : nil
    let most = min(possible.starts.count, share?.count(at: now, within: horizon) ?? .max)
    let found = try Self.claimable(most, of: batch, at: now, db)
    // Granted a second time for what was found, so that only what is used is taken.
    let grant = row.limit.quota.grant(upTo: found.count, from: row.state, at: now, within: horizon)
    try row.store(grant.state, db)
    try share?.take(found.count, db)
    let nextPermit = max(grant.next, share?.next ?? grant.next)
    let isShort = found.count == most && most < limit
    // Who has nothing to send wants nothing.
    if isShort, try most > 0 || !Self.claimable(1, of: batch, at: now, db).isEmpty {
      try OwnerShare.noteWanting(owner, with: scope, until: nextPermit, at: now, db)
    }
    let leases = try zip(found, grant.starts).map { item, start in
      try Self.lease(item, to: owner, from: start, at: moment, under: terms, db)
    }
    let isExhausted = found.count < limit || limit == 0
    var claim = Claim(
      leases: leases, quota: row.limit.quota, nextPermit: nextPermit,
      rest: isExhausted ? try Self.rest(of: batch, under: terms, at: moment, db) : nil)
    claim.isLearning = row.limit.source != .flag
    claim.isLimitKnown = row.limit.isKnown
    claim.wait = row.wait(at: now)
    claim.at = moment
    return claim
  }

  private static func rest(
    of batch: BatchID, under terms: AttemptTerms, at now: Moment, _ db: any Transaction
  ) throws -> Claim.Rest {
    Claim.Rest(
      tally: try tally(of: batch, db), nextDue: try nextDue(of: batch, db), holds: try holds(of: batch, db),
      doubts: try doubts(of: batch, within: terms.settleDelay, at: now, db))
  }

  /// An item that can be claimed, as the transaction found it.
  private struct Candidate {
    let id: Int64
    let account: Int64
    let name: String
    let ordinal: Int
    let version: Int
    let definitionID: Int64
    let definition: String
  }

  /// Rows out: ready and due items of the batch, oldest due first, none of a held account. Index: `item_claimable`, in
  /// its order. Free of races because the transaction is immediate.
  private static func claimable(_ count: Int, of batch: BatchID, at now: Instant, _ db: any Transaction) throws
    -> [Candidate]
  {
    guard count > 0 else { return [] }
    var candidates: [Candidate] = []
    var definitions = StoredDefinitions()
    try db.each(claimableSQL, [batch.rawValue, now.microseconds, count]) { row in
      let name = try row.get(2) as String
      candidates.append(
        Candidate(
          id: try row.get(0), account: try row.get(1), name: name, ordinal: try row.get(3), version: try row.get(4),
          definitionID: try row.get(5), definition: try definitions.definition(of: name, row, at: 6).text))
    }
    return candidates
  }

  static let claimableSQL = """
    SELECT item.id, account_scope_id, name, ordinal, version, definition_id, \(StoredDefinitions.columns)
    FROM item INDEXED BY item_claimable CROSS JOIN definition ON definition.id = definition_id
      \(StoredDefinitions.join)
    WHERE batch_id = ? AND due IS NOT NULL AND due <= ? AND \(isNotHeld) ORDER BY due, item.id LIMIT ?
    """

  /// Correlated, because `NOT IN (SELECT …)` would open a temporary table for each claim.
  private static let isNotHeld = """
    NOT EXISTS (SELECT 1 FROM account_scope WHERE account_scope.id = item.account_scope_id AND hold_reason IS NOT NULL)
    """

  /// Rows in: one ready item, by id. UPDATE by id instead of `UPDATE … RETURNING`, which would open a temporary table
  /// for each claim.
  private static func lease(
    _ item: Candidate, to owner: OwnerID, from start: Instant, at now: Moment,
    under terms: AttemptTerms, _ db: any Transaction
  ) throws -> Lease {
    let handle = Lease.Handle(item: ItemID(item.id), ordinal: item.ordinal + 1, version: item.version + 1)
    try ItemPlace(id: handle.item, state: .ready, version: item.version)
      .apply(.claimed, ItemFacts(owner: owner), at: now, db)
    try db.run(
      attemptSQL,
      [
        item.id, handle.ordinal, owner.rawValue, item.definitionID, start.microseconds,
        (now.sinceBoot.elapsed + (start - now.wall)).microseconds, terms.settleDelay.microseconds,
        terms.requestTimeout.microseconds,
      ])
    return Lease(
      handle: handle, account: AccountScopeID(item.account), name: item.name, definition: item.definition,
      start: start)
  }

  private static let attemptSQL = """
    INSERT OR ROLLBACK INTO attempt (item_id, ordinal, owner_id, definition_id, start_at, start_up, settle_delay,
      request_timeout) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    """

  /// Row out: the earliest due of the batch's items whose account is not held. Index: `item_claimable`.
  private static func nextDue(of batch: BatchID, _ db: any Transaction) throws -> Instant? {
    try db.one(
      """
      SELECT due FROM item INDEXED BY item_claimable WHERE batch_id = ? AND due IS NOT NULL
      AND \(isNotHeld) ORDER BY due LIMIT 1
      """, [batch.rawValue])?.get(0)
  }

  /// Rows out: held accounts in which the batch still has something ready.
  static func holds(of batch: BatchID, _ db: any Transaction) throws -> [AccountHold] {
    try db.all(
      """
      SELECT account, hold_reason, hold_message FROM account_scope WHERE hold_reason IS NOT NULL AND EXISTS (
        SELECT 1 FROM item INDEXED BY item_claimable
        WHERE batch_id = ? AND due IS NOT NULL AND account_scope_id = account_scope.id) ORDER BY account
      """, [batch.rawValue]
    ).map { row in
      AccountHold(
        account: try row.get("account"), reason: try row.get("hold_reason"), message: try row.get("hold_message"))
    }
  }

  private static let tallySQL: String =
    "SELECT invalid, \(ItemState.allCases.map(\.rawValue).joined(separator: ", ")) FROM tally WHERE batch_id = ?"

  /// Row in: a batch. Row out: its tally, by primary key.
  static func tally(of batch: BatchID, _ db: any Transaction) throws -> Tally {
    let row = try db.one(tallySQL, [batch.rawValue])
    guard let row else {
      let isThere = try db.value("SELECT EXISTS (SELECT 1 FROM batch WHERE id = ?)", [batch.rawValue], as: Bool.self)
      if isThere == true { throw DamagedValue(what: "a tally") }
      throw ForgottenBatch(batch: batch)
    }
    let counts = try ItemState.allCases.enumerated().map { ($0.element, try row.get($0.offset + 1) as Int) }
    let invalid = try row.get(0) as Int
    guard invalid >= 0, counts.allSatisfy({ $0.1 >= 0 }) else { throw DamagedValue(what: "a tally") }
    return Tally(Dictionary(uniqueKeysWithValues: counts), invalidCount: invalid)
  }
}
