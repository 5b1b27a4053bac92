// Remembering runs: a run is in the table from its start on, so that one that was killed is told of, too.

package import Pacing
package import Provisioning

extension Queue {
  /// Notes that a run of a batch has begun, in the transaction that begins it.
  ///
  /// - Parameter owner: the process that runs it; tells later whether the run lives.
  /// - Returns: its number.
  static func noteRun(
    of batch: BatchID, verb: String, since start: Instant?, by owner: OwnerID, _ db: any Transaction
  ) throws -> Int64 {
    try db.insert(
      """
      INSERT INTO run (base_url, label, batch_id, verb, owner_id, started_at)
      SELECT base_url, label, id, ?, ?, ? FROM batch WHERE id = ?
      """, [verb, owner.rawValue, (start ?? db.now.wall).microseconds, batch.rawValue])
  }

  /// Notes how a run ended. Blocks while others write.
  package func noteEnd(of run: Int64, _ end: RunRecord.End) throws {
    try writeExclusively { db in
      try db.run(
        """
        UPDATE run SET ended_at = ?, status = ?, end_reason = ?, message = ?, row_count = ?, done_count = ?,
          unsent_count = ? WHERE id = ?
        """, .ordered(Self.arguments(of: end) + [run]))
    }
  }

  /// Notes a run of a course that has ended, and that was not noted before. Blocks while others write.
  ///
  /// - Parameter batch: nil where it ended before there was one.
  package func noteRun(
    of course: Course, _ batch: BatchID?, verb: String, since start: Instant, _ end: RunRecord.End
  ) throws {
    try writeExclusively { db in
      _ = try db.insert(
        """
        INSERT INTO run (ended_at, status, end_reason, message, row_count, done_count, unsent_count, base_url, label,
          batch_id, verb, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        .ordered(
          Self.arguments(of: end) + [course.baseURL, course.label, batch?.rawValue, verb, start.microseconds]))
    }
  }

  private static func arguments(of end: RunRecord.End) -> [(any Bindable)?] {
    [
      end.at.microseconds, end.status, end.reason, end.message, end.counts?.rowCount, end.counts?.doneCount,
      end.counts?.unsentCount,
    ]
  }

  /// The latest runs, the last one first.
  ///
  /// - Parameter course: only those of this one; nil: all.
  package func runs(of course: Course? = nil, atMost most: Int) throws -> [RunRecord] {
    // Index: `run_of_course`; of all runs the primary key.
    let which = course == nil ? "" : "WHERE run.label = ?2 AND run.base_url = ?3"
    let arguments: [(any Bindable)?] = [most] + (course.map { [$0.label, $0.baseURL] } ?? [])
    let rows = try read { db in
      try db.all("\(Self.runSQL) \(which) ORDER BY run.id DESC LIMIT ?1", .ordered(arguments)).map(RunRow.init)
    }
    return try rows.map(record)
  }

  /// The last run of a batch, or of its course before there was another batch; nil when none is remembered.
  package func latestRun(of batch: Batch) throws -> RunRecord? {
    try runs(of: batch.course, atMost: 20).first { $0.batch == nil || $0.batch == batch.id }
  }

  private static let runSQL = """
    SELECT run.id, label, base_url, run.batch_id, verb, run.started_at, run.ended_at, status, end_reason, message, row_count,
      done_count, unsent_count, owner.id, pid, process_identity, owner.ended_at
    FROM run LEFT JOIN owner ON owner.id = owner_id
    """

  private func record(_ row: RunRow) throws -> RunRecord {
    var isUnderWay = false
    if row.end == nil, let owner = row.owner { isUnderWay = try store.isAlive(owner) }
    return RunRecord(
      id: row.id, label: row.label, baseURL: row.baseURL, batch: row.batch, verb: row.verb, startedAt: row.startedAt,
      end: row.end, isUnderWay: isUnderWay)
  }
}

/// A row of `run`, and its owner as long as that has not ended.
private struct RunRow {
  let id: Int64
  let label: String
  let baseURL: BaseURL
  let batch: BatchID?
  let verb: String
  let startedAt: Instant
  let end: RunRecord.End?
  let owner: OwnerRow?

  init(_ row: Row) throws {
    (id, label, baseURL) = (try row.get(0), try row.get(1), try row.get(2))
    batch = (try row.get(3) as Int64?).map(BatchID.init)
    (verb, startedAt) = (try row.get(4), try row.get(5))
    if let at = try row.get(6) as Instant? {
      var counts: RunRecord.Counts?
      if let rowCount = try row.get(10) as Int? {
        counts = RunRecord.Counts(
          rowCount: rowCount, doneCount: try row.get(11) ?? 0, unsentCount: try row.get(12) ?? 0)
      }
      end = RunRecord.End(
        at: at, status: try row.get(7), reason: try row.get(8), message: try row.get(9) ?? "", counts: counts)
    } else {
      end = nil
    }
    let hasOwner = try row.get(13) as Int64? != nil && row.get(16) as Instant? == nil
    owner = hasOwner ? OwnerRow(id: try row.get(13), process: try row.get(14), identity: try row.get(15)) : nil
  }
}
