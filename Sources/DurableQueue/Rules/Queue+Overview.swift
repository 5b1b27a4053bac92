// All courses at once: a line for each.

import Provisioning

extension Queue {
  /// How every course is, in no order.
  package func courses() throws -> [CourseState] {
    let found = try read { db in try Self.latestRosters(db).map { try Standing($0.label, $0.baseURL, $0.batch, db) } }
    return try found.map { standing in
      // A run names no service; two services at one base URL are none that there is.
      let course = Course(service: standing.batch?.target ?? "", baseURL: standing.baseURL, label: standing.label)
      return CourseState(
        label: standing.label, baseURL: standing.baseURL, batch: standing.batch, tally: standing.tally,
        changedCount: standing.changedCount, holds: standing.holds, waitReason: standing.wait?.reason,
        waitMessage: standing.wait?.message, lastRun: try runs(of: course, atMost: 1).first)
    }
  }

  /// Which courses there are; those too of which no roster ever came.
  package func courseLabels() throws -> [Course] {
    try read { db in
      try Self.latestRosters(db).map {
        Course(service: $0.batch?.target ?? "", baseURL: $0.baseURL, label: $0.label)
      }
    }
  }

  /// How many rows of a batch are done and ask for something else than what was made.
  ///
  /// Rows in: the batch's rows by `batch_row`'s key, then each item by its id; definitions only of those whose ids differ,
  /// because two may have the same text. Nothing is sorted or held.
  fileprivate static func changedCount(of batch: BatchID, _ db: any Transaction) throws -> Int {
    var definitions = StoredDefinitions()
    var count = 0
    try db.each(changedSQL, [batch.rawValue]) { row in
      let name = try row.get(0) as String
      let made = try definitions.definition(of: name, row, at: 1)
      let wanted = try definitions.definition(of: name, row, at: 1 + StoredDefinitions.columnCount)
      if made != wanted { count += 1 }
    }
    return count
  }

  static let changedSQL = """
    SELECT item.name, \(StoredDefinitions.columns(of: "made", base: "made_base")),
      \(StoredDefinitions.columns(of: "wanted", base: "wanted_base"))
    FROM batch_row CROSS JOIN item ON item.id = item_id
      CROSS JOIN definition made ON made.id = item.definition_id
      CROSS JOIN definition_base made_base ON made_base.id = made.base_id
      CROSS JOIN definition wanted ON wanted.id = batch_row.definition_id
      CROSS JOIN definition_base wanted_base ON wanted_base.id = wanted.base_id
    WHERE batch_row.batch_id = ? AND \(asksForOther)
    """

  /// Each course with its latest roster; those too that never had one.
  private static func latestRosters(
    _ db: any Transaction
  ) throws -> [(label: String, baseURL: BaseURL, batch: Batch?)] {
    let ids = try db.values(
      """
      SELECT coalesce(max(CASE WHEN is_partial = 0 THEN id END), max(id)) FROM batch
      GROUP BY service, base_url, label
      """, as: Int64.self)
    let batches = try ids.compactMap { try db.one("SELECT * FROM batch WHERE id = ?", [$0]).map(Self.batch) }
    let others = try db.all(
      """
      SELECT DISTINCT label, base_url FROM run WHERE NOT EXISTS (
        SELECT 1 FROM batch WHERE batch.label = run.label AND batch.base_url = run.base_url)
      """)
    return batches.map { ($0.label, $0.baseURL, $0) } + (try others.map { (try $0.get(0), try $0.get(1), nil) })
  }
}

/// What one state of the file says of a course.
private struct Standing {
  let label: String
  let baseURL: BaseURL
  let batch: Batch?
  var tally = Tally()
  var changedCount = 0
  var holds: [AccountHold] = []
  var wait: (reason: Reason, message: String?)?

  /// How many of the rows that are sent next are asked why they wait.
  private static let askedCount = 1_000

  init(_ label: String, _ baseURL: BaseURL, _ batch: Batch?, _ db: any Transaction) throws {
    (self.label, self.baseURL, self.batch) = (label, baseURL, batch)
    guard let batch else { return }
    tally = try Queue.tally(of: batch.id, db)
    if tally[.done] > 0 { changedCount = try Queue.changedCount(of: batch.id, db) }
    guard tally.unfinishedCount > 0 else { return }
    holds = try Queue.holds(of: batch.id, db)
    wait = try Self.wait(of: batch.id, db)
  }

  /// Row out: the most frequent reason. Index: `item_claimable`.
  private static func wait(of batch: BatchID, _ db: any Transaction) throws -> (Reason, String?)? {
    let row = try db.one(
      """
      SELECT reason, max(message) FROM (
        SELECT reason, message FROM item WHERE batch_id = ? AND due IS NOT NULL ORDER BY due LIMIT ?) AS next
      WHERE reason IS NOT NULL GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 1
      """, [batch.rawValue, askedCount])
    return try row.map { (try $0.get(0), try $0.get(1)) }
  }
}
