// One item's whole history, for the person who asks what happened.

package import Pacing
package import Provisioning

extension Queue {
  /// Writes down what came of asking for an account's list, for the histories of its items, and the clock's skew that it
  /// showed.
  package func record(
    _ reply: ListReply, of account: AccountScopeID, by owner: OwnerID, askedAt: Instant, latency: Duration
  ) async throws {
    try await write { db in
      try Self.record(reply, of: account, by: owner, askedAt: askedAt, latency: latency, db)
    }
  }

  static func record(
    _ reply: ListReply, of account: AccountScopeID, by owner: OwnerID, askedAt: Instant, latency: Duration,
    _ db: any Transaction
  ) throws {
    let (outcome, isWhole, entryCount, clockSkew) =
      switch reply {
      case .listed(let items, let isWhole, let clockSkew, let count):
        (Outcome(.made), isWhole, count ?? items.count, clockSkew)
      case .failed(let outcome): (outcome, false, 0, nil)
      }
    try db.run(
      """
      INSERT INTO listing (account_scope_id, owner_id, asked_at, outcome, is_whole, entry_count, status, message,
        request_id, latency)
      SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM account_scope WHERE id = ?)
      """,
      [
        account.rawValue, owner.rawValue, askedAt.microseconds, outcome.kind.rawValue, isWhole, entryCount,
        outcome.status, outcome.message, outcome.requestID, latency.microseconds,
        // One that was forgotten meanwhile has no lists.
        account.rawValue,
      ])
    guard let clockSkew else { return }
    try db.run(
      """
      UPDATE owner SET clock_skew = CASE WHEN clock_skew < ?1 THEN clock_skew ELSE ?1 END,
        clock_skew_most = CASE WHEN clock_skew_most > ?1 THEN clock_skew_most ELSE ?1 END WHERE id = ?2
      """, [clockSkew.microseconds, owner.rawValue])
  }

  /// An item's history; nil when there is none.
  package func history(of item: ItemID) throws -> ItemHistory? {
    try read { db in
      try db.one(
        """
        SELECT \(Self.historyColumns) FROM item JOIN account_scope ON account_scope.id = account_scope_id
          JOIN definition ON definition.id = item.definition_id \(StoredDefinitions.join)
        WHERE item.id = ?
        """, [item.rawValue]
      ).map { try Self.history($0, db) }
    }
  }

  private static let historyColumns = """
    \(StoredDefinitions.columns), item.*, account, account_scope.base_url, hold_reason, hold_message,
      (SELECT min(imported_at) FROM batch JOIN batch_row ON batch_row.batch_id = batch.id
        WHERE item_id = item.id) AS imported_at
    """

  /// How an item has left every course that had it; nil while one has it, and where no whole roster came afterwards. The
  /// last of several.
  private static func departure(of item: Int64, _ db: any Transaction) throws -> Departure? {
    let next = try db.all(
      """
      SELECT (SELECT min(id) FROM batch WHERE batch.label = course.label AND batch.base_url = course.base_url
        AND is_partial = 0 AND id > course.last)
      FROM (SELECT label, base_url, max(batch.id) AS last
        FROM (SELECT batch_id FROM batch_row WHERE item_id = ?1
          UNION SELECT batch_id FROM batch_row WHERE named_item_id = ?1) AS named
        JOIN batch ON batch.id = named.batch_id GROUP BY label, base_url) AS course
      """, [item]
    ).map { try $0.get(0) as Int64? }
    guard let last = next.compactMap(\.self).max(), !next.contains(nil) else { return nil }
    return try db.one("SELECT imported_at FROM batch WHERE id = ?", [last]) {
      Departure(batch: BatchID(last), importedAt: try $0.get(0))
    }
  }

  private static func history(_ row: Row, _ db: any Transaction) throws -> ItemHistory {
    let attempts = try db.all("SELECT * FROM attempt WHERE item_id = ? ORDER BY ordinal", [try row.get("id") as Int64])
    let from = try (row.get("imported_at") as Instant).microseconds
    let until = try (row.get("finished_at") as Instant?)?.microseconds ?? .max
    let hold = try row.get("hold_reason") as Reason?
    let (account, message) = (try row.get("account") as String, try row.get("hold_message") as String?)
    let name = try row.get("name") as String
    var definitions = StoredDefinitions()
    return ItemHistory(
      account: account, name: name, state: try row.get("state"), reason: try row.get("reason"),
      message: try row.get("message"), due: try row.get("due"), doubtAt: try row.get("doubt_at"),
      remoteID: try row.get("remote_id"), isAdopted: try row.get("adopted"),
      definition: try definitions.definition(of: name, row).text,
      attempts: try attempts.map(attempt), listings: try listings(of: row.get("account_scope_id"), from, until, db),
      waits: try waits(at: row.get("base_url"), from, until, db),
      hold: hold.map { AccountHold(account: account, reason: $0, message: message) },
      finishedAt: try row.get("finished_at"), isToBeCancelled: try row.get("cancel_requested"),
      departure: try departure(of: row.get("id"), db))
  }

  /// Rows out: an account's lists in a time. Index: `listing_of_account`.
  private static func listings(
    of account: Int64, _ from: Int64, _ until: Int64, _ db: any Transaction
  ) throws -> [ItemHistory.Listing] {
    try db.all(
      "SELECT * FROM listing WHERE account_scope_id = ? AND asked_at BETWEEN ? AND ? ORDER BY asked_at, id",
      [account, from, until]
    ).map { row in
      ItemHistory.Listing(
        askedAt: try row.get("asked_at"), outcome: try row.get("outcome"), isWhole: try row.get("is_whole"),
        entryCount: try row.get("entry_count"), status: try row.get("status"), message: try row.get("message"),
        requestID: try row.get("request_id"), latency: try row.get("latency"))
    }
  }

  /// Rows out: the waits of a base URL's keys in a time. Index: `key_wait_of_scope`.
  private static func waits(
    at baseURL: BaseURL, _ from: Int64, _ until: Int64, _ db: any Transaction
  ) throws -> [ItemHistory.Wait] {
    try db.all(
      """
      SELECT key_wait.* FROM key_scope JOIN key_wait ON key_scope_id = key_scope.id
      WHERE base_url = ? AND from_at BETWEEN ? AND ? ORDER BY from_at, key_wait.id
      """, [baseURL, from, until]
    ).map { row in
      ItemHistory.Wait(
        from: try row.get("from_at"), until: try row.get("until_at"), reason: try row.get("reason"),
        message: try row.get("message"))
    }
  }

  private static func attempt(_ row: Row) throws -> ItemHistory.Attempt {
    ItemHistory.Attempt(
      ordinal: try row.get("ordinal"), startAt: try row.get("start_at"), endedAt: try row.get("ended_at"),
      outcome: try row.get("outcome"), isUsed: try row.get("is_used"), status: try row.get("status"),
      message: try row.get("message"), requestID: try row.get("request_id"), latency: try row.get("latency"))
  }
}
