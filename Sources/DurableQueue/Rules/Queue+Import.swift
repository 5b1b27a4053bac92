// Importing: one roster becomes one batch, whole or not at all.

import Pacing
package import Provisioning

extension Queue {
  /// The label's latest batch at this target and base URL if it has this digest: the same roster again.
  package func latestBatch(equalTo new: NewBatch) throws -> BatchID? {
    try read { db in try Self.latestBatch(equalTo: new, db) }
  }

  private static func latestBatch(equalTo new: NewBatch, _ db: any Transaction) throws -> BatchID? {
    let latest = try db.one("SELECT * FROM batch WHERE label = ? ORDER BY id DESC LIMIT 1", [new.label])
    guard let latest, try latest.get("digest") == new.digest, try latest.get("base_url") == new.baseURL,
      try latest.get("service") == new.target, try latest.get("is_partial") == new.isPartial
    else { return nil }
    return BatchID(try latest.get("id"))
  }

  /// Imports a roster in one transaction: all of it is there when this returns, or nothing of it. A roster that equals its
  /// label's latest batch is that batch, also when another process has imported it a moment ago. Blocks.
  ///
  /// - Parameters:
  ///   - known: what the comparison with the queue has shown, for a roster that turns out to be there, and for what
  ///     leaves the course while nobody else has imported one.
  ///   - limit: how many items may leave the course before a person is asked.
  ///   - confirm: asked before the commit with what the import is about to make; false undoes it.
  /// - Returns: the result; nil when `confirm` said no.
  /// - Throws: `OvertakenBatch`, when it mends a batch that is not its course's latest.
  package func importBatch(
    _ new: NewBatch, _ rows: SpooledRows, known: Comparison = Comparison(), limit: GoneLimit = .standard,
    confirm: (Comparison) throws -> Bool = { _ in true }
  ) throws -> ImportResult? {
    struct Declined: Error {}
    do {
      let result = try store.importing { db in
        if let batch = try Self.latestBatch(equalTo: new, db) {
          return ImportResult(batch: batch, isNew: false, comparison: known)
        }
        try Self.refuseOvertaken(new, db)
        var session = try ImportSession(new, at: db.now.wall, db)
        try rows.forEach {
          try session.take($0)
        } pieceEnd: {
          try session.writePiece()
        }
        try session.finish(knownCells: rows.knownCells)
        var comparison = session.comparison
        comparison.tooManyGone = try Self.tooManyGone(new, session.batch, known, limit, db)
        guard try confirm(comparison) else { throw Declined() }
        return ImportResult(batch: session.batch, isNew: true, comparison: comparison)
      }
      try checkpoint()
      return result
    } catch is Declined {
      return nil
    }
  }

  /// What leaves more of the course than may; what the plan has counted holds as long as the course's rosters are the same.
  private static func tooManyGone(
    _ new: NewBatch, _ batch: BatchID, _ known: Comparison, _ limit: GoneLimit, _ db: any Transaction
  ) throws -> GoneShare? {
    guard !new.isPartial else { return nil }
    let course = try CourseRosters(label: new.label, baseURL: new.baseURL, before: batch.rawValue, db)
    if course.ids == known.course { return known.tooManyGone }
    return try course.share(
      over: limit, gone: { try CourseRosters.goneCount(of: $0.id, in: batch.rawValue, db) }, db)
  }

  /// Imports a roster whose label the queue has never seen, in one transaction and while it is read: there is nothing to
  /// compare it with beforehand. Blocks.
  ///
  /// - Parameters:
  ///   - new: its columns and digest need not be given.
  ///   - rows: calls its argument once for each row, in order, on another thread; what it throws undoes the import.
  ///   - content: asked when all rows are in, with what the import is about to make, for what the reading has shown; what it
  ///     throws undoes the import.
  /// - Returns: the result; nil when the label is known, so that nothing was read.
  package func importUnseen(
    _ new: NewBatch, rows: @escaping @Sendable (RowSink) throws -> Void,
    content: (Comparison) throws -> (columns: [String], digest: String)
  ) throws -> ImportResult? {
    let result = try store.importing { db -> ImportResult? in
      guard try db.one("SELECT 1 FROM batch WHERE label = ? LIMIT 1", [new.label]) == nil else { return nil }
      var session = try ImportSession(new, at: db.now.wall, db)
      let knownCells = try RowPipe.run(rows) {
        try session.take($0)
      } pieceEnd: {
        try session.writePiece()
      }
      let (columns, digest) = try content(session.comparison)
      try db.run(
        "UPDATE batch SET columns = ?, digest = ? WHERE id = ?",
        [ImportSession.text(of: columns), digest, session.batch.rawValue])
      try session.finish(knownCells: knownCells)
      return ImportResult(batch: session.batch, isNew: true, comparison: session.comparison)
    }
    if result != nil { try checkpoint() }
    return result
  }
}
