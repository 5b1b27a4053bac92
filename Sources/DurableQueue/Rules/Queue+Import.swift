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
  ///   - known: what the comparison with the queue has shown, for a roster that turns out to be there.
  ///   - confirm: asked before the commit with what the import is about to make; false undoes it.
  /// - Returns: the result; nil when `confirm` said no.
  package func importBatch(
    _ new: NewBatch, _ rows: SpooledRows, known: Comparison = Comparison(),
    confirm: (Comparison) throws -> Bool = { _ in true }
  ) throws -> ImportResult? {
    struct Declined: Error {}
    do {
      let result = try store.exclusive { db in
        if let batch = try Self.latestBatch(equalTo: new, db) {
          return ImportResult(batch: batch, isNew: false, comparison: known)
        }
        let session = try ImportSession(new, at: db.now.wall, db)
        try session.takeAll(of: rows)
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
}
