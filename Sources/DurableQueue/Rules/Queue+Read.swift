// What the queue tells: batches, tallies, accounts, and a batch's rows one by one.

import Pacing
package import Provisioning

extension Queue {
  /// All batches, the oldest first.
  package func batches() throws -> [Batch] {
    try read { db in try db.all("SELECT * FROM batch ORDER BY id").map(Self.batch) }
  }

  /// A batch by its number; nil when there is none.
  package func batch(_ id: BatchID) throws -> Batch? {
    try read { db in
      try db.one("SELECT * FROM batch WHERE id = ?", [id.rawValue]).map(Self.batch)
    }
  }

  /// The latest batch; nil when there is none.
  package func latestBatch() throws -> Batch? {
    try read { db in try db.one("SELECT * FROM batch ORDER BY id DESC LIMIT 1").map(Self.batch) }
  }

  /// The label's whole roster before this batch's, at the same base URL; nil when there is none, or when this batch is
  /// only a part of a roster, so that it does not say who has left.
  package func previousBatch(of batch: BatchID) throws -> Batch? {
    try read { db in
      try db.one(
        """
        SELECT previous.* FROM batch JOIN batch previous
          ON previous.label = batch.label AND previous.base_url = batch.base_url AND previous.id < batch.id
        WHERE batch.id = ? AND batch.is_partial = 0 AND previous.is_partial = 0 ORDER BY previous.id DESC LIMIT 1
        """, [batch.rawValue]
      ).map(Self.batch)
    }
  }

  /// The latest whole roster of a course; nil when there is none.
  package func latestWholeBatch(of course: Course) throws -> Batch? {
    try read { db in
      try db.one(
        """
        SELECT * FROM batch WHERE label = ? AND base_url = ? AND is_partial = 0 ORDER BY id DESC LIMIT 1
        """, [course.label, course.baseURL]
      ).map(Self.batch)
    }
  }

  static func batch(_ row: Row) throws -> Batch {
    Batch(
      id: BatchID(try row.get("id")), label: try row.get("label"), target: try row.get("service"),
      baseURL: try row.get("base_url"), columns: try strings(row.get("columns")),
      importedAt: try row.get("imported_at"), firstSteps: try row.get("first_steps"))
  }

  /// A batch's tally; one row by primary key.
  package func tally(of batch: BatchID) throws -> Tally { try read { db in try Self.tally(of: batch, db) } }

  /// The accounts in which a batch has something ready, or something that is to be looked at first, by name.
  package func accountsWithReadyItems(of batch: BatchID) throws -> [BatchAccount] {
    try read { db in try Self.accountsWithReadyItems(of: batch, db) }
  }

  static func accountsWithReadyItems(of batch: BatchID, _ db: any Transaction) throws -> [BatchAccount] {
    try db.all(
      """
      SELECT id, account FROM account_scope WHERE id IN (
        SELECT account_scope_id FROM item WHERE batch_id = ?1 AND due IS NOT NULL
        UNION SELECT account_scope_id FROM item INDEXED BY item_in_doubt
          WHERE doubt_at IS NOT NULL AND remote_id IS NOT NULL AND batch_id = ?1) ORDER BY account
      """, [batch.rawValue]
    ).map { BatchAccount(scope: AccountScopeID(try $0.get("id")), account: try $0.get("account")) }
  }

  /// The accounts of a base URL that may not be sent to, by name.
  package func holds(baseURL: BaseURL) throws -> [AccountHold] {
    try read { db in
      try db.all(
        """
        SELECT account, hold_reason, hold_message FROM account_scope
        WHERE base_url = ? AND hold_reason IS NOT NULL ORDER BY account
        """, [baseURL]
      ).map { row in
        AccountHold(account: try row.get(0), reason: try row.get(1), message: try row.get(2))
      }
    }
  }

  /// The accounts of a batch that may not be sent to, while something of the batch waits for them.
  package func holds(of batch: BatchID) throws -> [AccountHold] { try read { db in try Self.holds(of: batch, db) } }

  /// Hands over every row of a batch in the roster's order, all from one state of the file; memory is flat.
  ///
  /// - Parameter other: only rows whose item this batch does not name; nil: all.
  package func forEachRow(of batch: BatchID, without other: BatchID? = nil, _ body: (ReportRow) throws -> Void) throws {
    try read { db in try Self.forEachRow(of: batch, without: other, db, body) }
  }

  /// How the cells of a batch's rows are kept.
  static func cellText(of batch: Int64, _ db: any Transaction) throws -> CellText {
    let row = try db.one("SELECT known_cells FROM batch WHERE id = ?", [batch])
    guard let row else { throw ForgottenBatch(batch: BatchID(batch)) }
    return try CellText(row.get("known_cells"))
  }

  /// The texts of a JSON array.
  static func strings(_ text: String, in column: String = "columns") throws -> [String] {
    guard case .success(.array(let elements)) = Result(catching: { try JSONValue(text: text) }) else {
      throw DamagedValue(what: column)
    }
    return try elements.map { element in
      guard let text = element.stringValue else { throw DamagedValue(what: column) }
      return text
    }
  }
}
