// What a report is made of: a batch's rows and attempts and what else is known of it, all from one state of the file,
// so that the files of a report agree with each other while a run is under way.

package import Pacing
package import Provisioning

/// A batch in one state of the file, to be read in as many goes as it takes; good only inside of `Queue.readBatch`.
package struct BatchReading {
  fileprivate let batch: BatchID
  fileprivate let db: any Transaction
}

extension Queue {
  /// Reads a batch in one state of the file, undisturbed by writers.
  package func readBatch<Value>(_ batch: BatchID, _ body: (BatchReading) throws -> Value) throws -> Value {
    try read { db in try body(BatchReading(batch: batch, db: db)) }
  }

  /// Notes how long what a batch asks for will take, as it was said; what was said first stays.
  static func noteForecast(_ length: Duration, of batch: BatchID, _ db: any Transaction) throws {
    try db.run(
      "UPDATE batch SET forecast = ? WHERE id = ? AND forecast IS NULL",
      [min(length.microseconds, StoredRange.durations.upperBound), batch.rawValue])
  }
}

extension BatchReading {
  /// How long the batch was said to take; nil when nothing of it was ever sent.
  package func forecast() throws -> Duration? {
    try db.one("SELECT forecast FROM batch WHERE id = ?", [batch.rawValue])?.get(0)
  }

  /// Hands over every row of the batch in the roster's order; memory is flat.
  package func forEachRow(_ body: (ReportRow) throws -> Void) throws {
    try Queue.forEachRow(of: batch, db, body)
  }

  /// Hands over the rows of another batch whose item this one does not name, in that roster's order; memory is flat.
  package func forEachRowGone(from other: BatchID, _ body: (ReportRow) throws -> Void) throws {
    try Queue.forEachRow(of: other, without: batch, db, body)
  }

  /// Hands over every attempt of the batch's items that began at `since` or later, in the order of the roster; memory is
  /// flat. An attempt that a row of the roster shares with another row comes once for each.
  package func forEachAttempt(since: Instant, _ body: (AttemptFigures) throws -> Void) throws {
    try db.each(Self.attemptsSQL, [batch.rawValue, since.microseconds]) { row in
      try body(
        AttemptFigures(
          start: try row.get(0), end: try row.get(1), outcome: try row.get(2), latency: try row.get(3)))
    }
  }

  /// Rows in: the batch's rows by `batch_row`'s key, then each item's attempts by `attempt`'s; CROSS JOIN keeps it so.
  /// Not sorted by time: a million of them would have to be held for that.
  static let attemptsSQL = """
    SELECT start_at, ended_at, outcome, latency FROM batch_row CROSS JOIN attempt ON attempt.item_id = batch_row.item_id
    WHERE batch_row.batch_id = ? AND start_at >= ?
    """

  /// The limit of the key that the batch's endpoint is used with, from `start` on: what held then, and each change after
  /// it, at most one in `bucketSeconds`. Empty when several keys are used, because which one a batch was sent with is not
  /// kept, and when a person has said another limit since: what held before is not kept either.
  package func limits(from start: Instant, bucketSeconds: Int64) throws -> [LimitPoint] {
    let scopes = try db.values(
      "SELECT key_scope.id FROM key_scope JOIN batch ON batch.base_url = key_scope.base_url WHERE batch.id = ?",
      [batch.rawValue], as: Int64.self)
    guard scopes.count == 1, let scope = scopes.first else { return [] }
    let limit = try ScopeRow(KeyScopeID(scope), db).limit
    if limit.source == .flag {
      let isOld = (limit.at ?? start).microseconds <= start.microseconds + bucketSeconds * 1_000_000
      return isOld ? [LimitPoint(at: start, perSecond: limit.quota.rate.perSecond)] : []
    }
    let first = try db.one(
      "SELECT per_second FROM learned_pace WHERE key_scope_id = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1",
      [scope, start.microseconds])
    let before = try first?.get(0) ?? Limit.standard.quota.rate.perSecond
    var points = [LimitPoint(at: start, perSecond: before)]
    var latest: Int64?
    // Index: `learned_pace_of_scope`. Of each bucket the last one stays.
    try db.each(
      "SELECT at, per_second FROM learned_pace WHERE key_scope_id = ? AND at > ? ORDER BY at, id",
      [scope, start.microseconds]
    ) { row in
      let point = LimitPoint(at: try row.get(0), perSecond: try row.get(1))
      let bucket = point.at.microseconds / (bucketSeconds * 1_000_000)
      if bucket == latest { points.removeLast() }
      latest = bucket
      points.append(point)
    }
    return points
  }
}

extension Queue {
  /// Rows in: the batch's rows in their order by `batch_row`'s key, then item, scope and attempts by theirs; what another
  /// batch names by `batch_row_item` and `batch_row_named_item`. Nothing is sorted or held.
  /// A ready item waits for its account first: an account's hold is not written into each of its items.
  static func forEachRow(
    of batch: BatchID, without other: BatchID? = nil, _ db: any Transaction, _ body: (ReportRow) throws -> Void
  ) throws {
    let text = try cellText(of: batch.rawValue, db)
    var definitions = StoredDefinitions()
    try db.each(reportSQL, [batch.rawValue, other?.rawValue]) { row in
      try body(
        ReportRow(
          ordinal: try row.get(0), line: try row.get(1), cells: try text.cells(of: row.get(2)),
          item: try reportItem(row, &definitions), issue: try row.get(3)))
    }
  }

  static let reportSQL = """
    SELECT batch_row.ordinal, line, cells, issue, account, name, state,
      CASE WHEN state = 'ready' THEN coalesce(hold_reason, reason) ELSE reason END,
      CASE WHEN state = 'ready' AND hold_reason IS NOT NULL THEN hold_message ELSE message END, remote_id, finished_at,
      (SELECT count(*) FROM attempt WHERE attempt.item_id = item.id AND is_used = 1),
      seen_at, created_at, adopted, unanswered,
      \(StoredDefinitions.columns(of: "made", base: "made_base")),
      \(StoredDefinitions.columns(of: "wanted", base: "wanted_base"))
    FROM batch_row LEFT JOIN item ON item.id = item_id LEFT JOIN account_scope ON account_scope.id = account_scope_id
      LEFT JOIN definition made ON made.id = item.definition_id AND \(asksForOther)
      LEFT JOIN definition_base made_base ON made_base.id = made.base_id
      LEFT JOIN definition wanted ON wanted.id = batch_row.definition_id AND \(asksForOther)
      LEFT JOIN definition_base wanted_base ON wanted_base.id = wanted.base_id
    WHERE batch_row.batch_id = ?1 AND (CAST(?2 AS BIGINT) IS NULL OR item_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM batch_row named WHERE named.item_id = item.id AND named.batch_id = ?2)
      AND NOT EXISTS (SELECT 1 FROM batch_row named WHERE named.named_item_id = item.id AND named.batch_id = ?2))
    ORDER BY batch_row.ordinal
    """

  /// That a row asks for another definition than what its item was made with. Two definitions may have the same text.
  static let asksForOther = "state = 'done' AND item.definition_id <> batch_row.definition_id"

  private static func reportItem(_ row: Row, _ definitions: inout StoredDefinitions) throws -> ReportRow.Item? {
    guard let name = try row.get(5) as String?, let state = try row.get(6) as ItemState? else {
      // Who names no item says why.
      guard try row.get(3) as String? != nil else { throw DamagedValue(what: "item_id") }
      return nil
    }
    return ReportRow.Item(
      account: try row.get(4), name: name, state: state, reason: try row.get(7), message: try row.get(8),
      remoteID: try row.get(9), attemptCount: try row.get(11), finishedAt: try row.get(10), seenAt: try row.get(12),
      createdAt: try row.get(13), isAdopted: try row.get(14), mayBeOurs: try row.get(15),
      difference: try difference(name, row, &definitions))
  }

  private static func difference(
    _ name: String, _ row: Row, _ definitions: inout StoredDefinitions
  ) throws -> DefinitionPair? {
    let first = 16
    guard try row.get(first) as Int64? != nil else { return nil }
    let made = try definitions.definition(of: name, row, at: first)
    let wanted = try definitions.definition(of: name, row, at: first + StoredDefinitions.columnCount)
    return made == wanted ? nil : DefinitionPair(made: made.text, wanted: wanted.text)
  }
}
