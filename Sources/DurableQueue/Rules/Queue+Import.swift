// Importing: one roster becomes one batch, whole or not at all.

import Pacing
package import Provisioning

extension Queue {
  /// The label's latest batch at this target and endpoint if it has this digest: the same roster again.
  package func latestBatch(equalTo new: NewBatch) throws -> BatchID? {
    try read { db in try Self.latestBatch(equalTo: new, db) }
  }

  private static func latestBatch(equalTo new: NewBatch, _ db: any Transaction) throws -> BatchID? {
    let latest = try db.one("SELECT * FROM batch WHERE label = ? ORDER BY id DESC LIMIT 1", [new.label])
    guard let latest, try latest.get("digest") == new.digest, try latest.get("endpoint") == new.endpoint,
      try latest.get("target") == new.target, try latest.get("is_partial") == new.isPartial
    else { return nil }
    return BatchID(try latest.get("id"))
  }

  /// Imports a roster in one transaction: all of it is there when this returns, or nothing of it. A roster that equals its
  /// label's latest batch is that batch, also when another process has imported it a moment ago.
  ///
  /// - Parameters:
  ///   - rows: calls its argument once for each row, in order, on another thread; what it throws undoes the import.
  ///   - known: what the comparison with the queue has shown, for a roster that turns out to be there.
  ///   - confirm: asked before the commit with what the import is about to make; false undoes it.
  /// - Returns: the result; nil when `confirm` said no.
  package func importBatch(
    _ new: NewBatch, known: Comparison = Comparison(), rows: @escaping @Sendable (RowSink) throws -> Void,
    confirm: (Comparison) throws -> Bool = { _ in true }
  ) throws -> ImportResult? {
    struct Declined: Error {}
    do {
      let result = try store.importing { db in
        if let batch = try Self.latestBatch(equalTo: new, db) {
          return ImportResult(batch: batch, isNew: false, comparison: known)
        }
        let session = try ImportSession(new, at: db.now.wall, db)
        try session.takeAll(from: rows)
        try session.finish()
        guard try confirm(session.comparison) else { throw Declined() }
        return ImportResult(batch: session.batch, isNew: true, comparison: session.comparison)
      }
      try checkpoint()
      return result
    } catch is Declined {
      return nil
    }
  }

  /// Imports a roster whose label the queue has never seen, in one transaction and in one reading: there is nothing to
  /// compare it with beforehand.
  ///
  /// - Parameters:
  ///   - new: its columns and digest are not known yet and need not be given.
  ///   - rows: as in `importBatch`.
  ///   - content: asked when all rows are in; what it throws undoes the import.
  /// - Returns: the result; nil when the label is known, so that nothing was read.
  package func importUnseen(
    _ new: NewBatch, rows: @escaping @Sendable (RowSink) throws -> Void,
    content: () throws -> (columns: [String], digest: String)
  ) throws -> ImportResult? {
    let result = try store.importing { db -> ImportResult? in
      let isKnown = try db.value("SELECT EXISTS (SELECT 1 FROM batch WHERE label = ?)", [new.label], as: Bool.self)
      guard isKnown == false else { return nil }
      let session = try ImportSession(new, at: db.now.wall, db)
      try session.takeAll(from: rows)
      try session.complete(content())
      try session.finish()
      return ImportResult(batch: session.batch, isNew: true, comparison: session.comparison)
    }
    if result != nil { try checkpoint() }
    return result
  }
}
