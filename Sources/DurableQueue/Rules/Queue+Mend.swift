// What a mended report needs of the batch that it goes into: where that stands in its course, and its rows as they were
// imported.

package import Pacing
package import Provisioning

/// A batch that a mended report may go into.
package struct MendableBatch: Hashable, Sendable {
  /// The batch.
  package let batch: Batch
  /// Its digest.
  package let digest: String
  /// Whether it is only a part of a roster.
  package let isPartial: Bool
  /// The latest batch of its course: itself, or one after it.
  package let latest: Batch
  /// The digest of that.
  package let latestDigest: String
  /// The lines on which several of its rows start.
  package let sharedLines: Set<Int>
}

/// A row of a batch as it was imported, and where its item is now.
package struct ImportedRow: Hashable, Sendable {
  /// The row.
  package let row: NewRow
  /// The state of the item that it names; nil when it was not accepted.
  package let state: ItemState?
  /// When that was done, failed or cancelled.
  package let finishedAt: Instant?
}

/// A batch was not its course's latest any more when a mended report was to be imported.
package struct OvertakenBatch: Error, Hashable {
  /// The one that is.
  package let latest: BatchID?
}

extension Queue {
  /// A batch that a mended report may go into; nil when there is none of that number.
  package func mendable(_ id: BatchID) throws -> MendableBatch? {
    try read { db in
      guard let own = try db.one("SELECT * FROM batch WHERE id = ?", [id.rawValue]),
        let latest = try db.one(
          "SELECT * FROM batch WHERE label = ? AND base_url = ? ORDER BY id DESC LIMIT 1",
          [own.get("label") as String, own.get("base_url") as BaseURL])
      else { return nil }
      let shared = try db.values(
        "SELECT line FROM batch_row WHERE batch_id = ? GROUP BY line HAVING count(*) > 1", [id.rawValue], as: Int.self)
      return MendableBatch(
        batch: try Self.batch(own), digest: try own.get("digest"), isPartial: try own.get("is_partial"),
        latest: try Self.batch(latest), latestDigest: try latest.get("digest"), sharedLines: Set(shared))
    }
  }

  /// Refuses to import a mended report when its batch is not the latest of its course any more.
  static func refuseOvertaken(_ new: NewBatch, _ db: any Transaction) throws {
    guard let mended = new.mended else { return }
    let latest = try db.value(
      "SELECT max(id) FROM batch WHERE label = ? AND base_url = ?", [new.label, new.baseURL], as: Int64.self)
    if latest != mended.rawValue { throw OvertakenBatch(latest: latest.map { BatchID($0) }) }
  }
}

/// The rows of a batch, inside of the read in which a roster is compared.
package struct ImportedRows {
  private let batch: BatchID
  private let db: any Transaction

  init(of batch: BatchID, _ db: any Transaction) { (self.batch, self.db) = (batch, db) }

  /// Hands over every row in the roster's order; memory is flat.
  package func forEach(_ body: (ImportedRow) throws -> Void) throws {
    let text = try Queue.cellText(of: batch.rawValue, db)
    var definitions = StoredDefinitions()
    try db.each(Self.sql, [batch.rawValue]) { row in
      try body(try Self.row(row, text, &definitions))
    }
  }

  /// Rows out: those of a batch with the items that they name, by `batch_row`'s key.
  private static let sql = """
    SELECT batch_row.ordinal, line, cells, issue, account, item.name, state, finished_at,
      \(StoredDefinitions.columns(of: "wanted", base: "wanted_base"))
    FROM batch_row LEFT JOIN item ON item.id = coalesce(batch_row.item_id, named_item_id)
      LEFT JOIN account_scope ON account_scope.id = account_scope_id
      LEFT JOIN definition wanted ON wanted.id = batch_row.definition_id
      LEFT JOIN definition_base wanted_base ON wanted_base.id = wanted.base_id
    WHERE batch_row.batch_id = ? ORDER BY batch_row.ordinal
    """
  private static let firstOfDefinition = 8

  private static func row(
    _ row: Row, _ text: CellText, _ definitions: inout StoredDefinitions
  ) throws -> ImportedRow {
    let (account, name) = (try row.get(4) as String?, try row.get(5) as String?)
    let issue = try row.get(3) as String?
    let content: NewRow.Content
    if let issue {
      content = .issue(issue, account: account, name: name)
    } else {
      guard let account, let name else { throw DamagedValue(what: "item_id") }
      let definition = try definitions.definition(of: name, row, at: firstOfDefinition)
      content = .item(account: account, name: name, definition: definition)
    }
    let new = NewRow(
      ordinal: try row.get(0), line: try row.get(1), cells: try text.cells(of: row.get(2)), content: content)
    return ImportedRow(
      row: new, state: issue == nil ? try row.get(6) : nil, finishedAt: issue == nil ? try row.get(7) : nil)
  }
}

extension ComparisonSession {
  /// The rows of a batch; good only inside of the comparison.
  package func rows(of batch: BatchID) -> ImportedRows { ImportedRows(of: batch, db) }
}
