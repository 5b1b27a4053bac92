// One import inside its transaction: what each row makes of the items that are there.

import Pacing
import Provisioning

/// An import under way, inside its transaction.
final class ImportSession {
  let batch: BatchID
  private(set) var comparison = Comparison()
  private let new: NewBatch
  private let now: Int64
  private let moment: Moment
  private let db: any Transaction
  private var accounts: [String: Int64] = [:]
  /// Accounts that were made by this import, so that none of their items can be there yet.
  private var newAccounts: Set<Int64> = []
  /// The account of the row before, which is mostly that of the next one.
  private var latestAccount: (bytes: [UInt8], scope: Int64)?
  private var bases = LatestBases<WrittenBase>()
  private var written = WrittenDefinitions()
  /// Definitions that have an id and are not written yet.
  private var newDefinitions: [BulkInserts.Definition] = []
  private var lastDefinition: Int64
  private var lastItem: Int64
  private let bulk: BulkInserts

  /// A base, and what of it is in the queue.
  private struct WrittenBase {
    let base: Definition.Base
    /// Once a definition uses it.
    var id: Int64?
    /// The definition that has all of it, once there is one.
    var definition: Int64?
  }

  init(_ new: NewBatch, at now: Instant, _ db: any Transaction) throws {
    self.new = new
    self.now = now.microseconds
    moment = Moment(wall: now, sinceBoot: db.now.sinceBoot)
    self.db = db
    lastItem = try db.one("SELECT max(id) FROM item")?.get(0) ?? 0
    lastDefinition = try db.one("SELECT max(id) FROM definition")?.get(0) ?? 0
    let id = try db.insert(
      """
      INSERT INTO batch (label, service, base_url, columns, digest, is_partial, imported_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        new.label, new.target, new.baseURL,
        JSONValue.array(new.columns.map(JSONValue.string)).canonicalText, new.digest, new.isPartial, self.now,
      ])
    batch = BatchID(id)
    bulk = try BulkInserts(batch: batch, at: self.now, db)
  }

  private static let insertItem: String = {
    let state = Transition.imported.inserted(at: "?")
    return """
      INSERT INTO item (id, account_scope_id, name, batch_id, definition_id, row_count, \(state.columns))
      VALUES (?, ?, ?, ?, ?, 1, \(state.values))
      """
  }()
  private static let insertRow = """
    INSERT INTO batch_row (batch_id, ordinal, line, cells, definition_id, item_id, issue, named_item_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    """

  /// Takes all rows.
  func takeAll(of rows: SpooledRows) throws {
    try rows.forEachPiece { try add($0) }
    try db.run("UPDATE batch SET known_cells = ? WHERE id = ?", [rows.knownCells, batch.rawValue])
  }

  /// Rows of accounts that this import was the first to meet go in together, others one by one.
  private func add(_ piece: SpooledPiece) throws {
    var fresh: [BulkInserts.Row] = []
    fresh.reserveCapacity(piece.rows.count)
    for row in piece.rows {
      switch row {
      case .issue: continue
      case .base(let text, let nameAt):
        bases.add(WrittenBase(base: Definition.Base(text: Array(piece.bytes[text]), nameAt: nameAt)))
      case .item(let item, let place):
        let scope = try scope(of: piece.bytes[item.account])
        guard newAccounts.contains(scope) else {
          try addAlone(item, at: place, in: scope, of: piece)
          continue
        }
        lastItem += 1
        comparison.newCount += 1
        fresh.append(
          BulkInserts.Row(
            place: place, item: lastItem, scope: scope, name: item.name, definition: try id(of: item, in: piece)))
      }
    }
    try bulk.insert(fresh, newDefinitions, of: piece)
    newDefinitions.removeAll(keepingCapacity: true)
    // What they name may have come with the piece.
    for case .issue(let text, let key, let place) in piece.rows {
      comparison.invalidCount += 1
      let named = try key.flatMap { try item(of: piece.text($0.account), piece.text($0.name)) }
      try insert(place, of: piece, issue: piece.text(text), naming: named)
    }
  }

  /// Makes the item, or finds it and gives it the row's definition as far as its state lets it.
  private func addAlone(
    _ item: SpooledRow.Item, at place: SpooledRow.Place, in scope: Int64, of piece: SpooledPiece
  ) throws {
    let name = piece.text(item.name)
    guard let existing = try ExistingItem(name, in: scope, db) else {
      comparison.newCount += 1
      let definition = try id(of: item, in: piece)
      lastItem += 1
      try db.run(Self.insertItem, [lastItem, scope, name, batch.rawValue, definition, now])
      return try insert(place, of: piece, item: lastItem, definition: definition)
    }
    try db.run("UPDATE item SET row_count = row_count + 1 WHERE id = ?", [existing.id])
    let patch = item.patch.map { Definition.Patch($0.range, text: Array(piece.bytes[$0.text])) }
    let definition = Definition(base: bases[item.base].base, patch: patch, name: name)
    let isChanged = existing.definition.text != definition.text
    comparison.count(existing, isChanged: isChanged)
    let definitionID = isChanged ? try id(of: item, in: piece) : existing.definitionID
    try update(existing, with: definitionID, isChanged: isChanged)
    try insert(place, of: piece, item: existing.id, definition: definitionID)
  }

  private func update(_ existing: ExistingItem, with definition: Int64, isChanged: Bool) throws {
    // What was sent keeps its definition; a newer one that is the same is none.
    let isOnItsWay = existing.state == .leased || existing.state == .inDoubt
    let facts = ItemFacts(batch: batch, definition: isOnItsWay && !isChanged ? nil : definition)
    try existing.place.apply(.newerDefinition, facts, at: moment, db)
  }

  private func scope(of bytes: ArraySlice<UInt8>) throws -> Int64 {
    if let latestAccount, bytes.elementsEqual(latestAccount.bytes) { return latestAccount.scope }
    let account = String(decoding: bytes, as: UTF8.self)
    let scope = try scope(of: account)
    latestAccount = (Array(bytes), scope)
    return scope
  }

  private func key(of account: String) -> ItemKey.Account {
    ItemKey.Account(service: new.target, baseURL: new.baseURL, name: account)
  }

  private func scope(of account: String) throws -> Int64 {
    if let known = accounts[account] { return known }
    let known = try AccountRow.id(of: key(of: account), db)
    let scope = try known ?? AccountRow.makeID(of: key(of: account), db)
    if known == nil { newAccounts.insert(scope) }
    accounts[account] = scope
    return scope
  }

  /// The id of a row's definition, which is written with its piece when it is new.
  private func id(of item: SpooledRow.Item, in piece: SpooledPiece) throws -> Int64 {
    let base = try id(ofBase: item.base)
    let known = item.patch == nil ? bases[item.base].definition : written.id(of: item, on: base, piece.bytes)
    if let known { return known }
    lastDefinition += 1
    newDefinitions.append(BulkInserts.Definition(id: lastDefinition, base: base, patch: item.patch))
    if item.patch == nil {
      bases[item.base].definition = lastDefinition
    } else {
      written.note(lastDefinition, item, on: base, piece.bytes)
    }
    return lastDefinition
  }

  private func id(ofBase place: Int) throws -> Int64 {
    if let id = bases[place].id { return id }
    let base = bases[place].base
    let id = try db.insert(
      "INSERT INTO definition_base (text, name_at) VALUES (?, ?)",
      [String(decoding: base.text, as: UTF8.self), base.nameAt])
    bases[place].id = id
    return id
  }

  private func insert(
    _ place: SpooledRow.Place, of piece: SpooledPiece, item: Int64? = nil, definition: Int64? = nil,
    issue: String? = nil, naming named: Int64? = nil
  ) throws {
    try db.run(
      Self.insertRow,
      [batch.rawValue, place.ordinal, place.line, piece.text(place.cells), definition, item, issue, named])
  }

  /// The item that is there for a row with an issue; nil when there is none.
  private func item(of account: String, _ name: String) throws -> Int64? {
    try AccountRow.id(of: key(of: account), db).flatMap { try ExistingItem(name, in: $0, db)?.id }
  }

  private static let gone = BulkChange(of: .withdrawn(.gone), in: .ready)
  private static let goneOnItsWay = BulkChange(of: .withdrawn(.gone), in: .leased, .inDoubt)

  /// Cancels what left the roster before it was sent, flags what may be on its way, and writes the tally, once.
  func finish() throws {
    let isGone = """
      id IN (\(Comparison.goneSQL)) AND batch_id IN (SELECT id FROM batch WHERE label = :label)
        AND NOT EXISTS (
          SELECT 1 FROM batch_row JOIN batch other ON other.id = batch_row.batch_id
          WHERE batch_row.item_id = item.id AND other.label <> :label AND other.id = (
            SELECT max(latest.id) FROM batch latest
            WHERE latest.label = other.label AND latest.base_url = other.base_url))
      """
    let arguments: [(String, (any Bindable)?)] = [
      ("label", new.label), ("base", new.baseURL), ("before", batch.rawValue), ("partial", new.isPartial),
    ]
    comparison.goneUnsentCount = try Self.gone.run(where: isGone, ItemFacts(batch: batch), arguments, in: db)
    _ = try Self.goneOnItsWay.run(where: isGone, ItemFacts(batch: batch), arguments, in: db)
    try writeTally()
  }

  private func writeTally() throws {
    let states = ItemState.allCases.map(\.rawValue)
    if comparison.existing.isEmpty {
      // All its items are new: no need to look at each of them again.
      try db.run(
        """
        INSERT INTO tally (batch_id, \(states.joined(separator: ", ")), invalid)
        VALUES (?, \(states.map { $0 == ItemState.ready.rawValue ? "?2" : "0" }.joined(separator: ", ")), ?3)
        """, [batch.rawValue, comparison.newCount, comparison.invalidCount])
      return
    }
    try db.run(
      """
      INSERT INTO tally (batch_id, \(states.joined(separator: ", ")), invalid)
      SELECT ?, \(states.map { "count(*) FILTER (WHERE state = '\($0)')" }.joined(separator: ", ")),
        count(*) FILTER (WHERE issue IS NOT NULL)
      FROM batch_row LEFT JOIN item ON item.id = item_id WHERE batch_row.batch_id = ?
      """, [batch.rawValue, batch.rawValue])
  }
}
