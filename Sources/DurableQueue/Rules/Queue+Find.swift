// Finding a person's row by what somebody knows of it: a name, a line, or the text of any cell, in every roster.

import Provisioning

extension Queue {
  /// The rows that a text means: those of this name; else those of this line of `batch` or the latest roster; else those
  /// with a cell, name or id that is the text; else those where it is but for capitals; else those where it is a part.
  /// Memory is flat.
  ///
  /// - Parameters:
  ///   - batch: only rows of this one; nil: of all.
  ///   - most: how many are handed out; more only make the finding cut.
  package func find(_ text: String, in batch: Batch?, atMost most: Int = 20) throws -> Finding {
    // It would be a part of everything.
    guard !text.isEmpty else { return Finding() }
    return try read { db in
      let batches = try batch.map { [$0] } ?? db.all("SELECT * FROM batch ORDER BY id DESC").map(Self.batch)
      var search = try Search(text, batches, atMost: most, db)
      try search.lookForName(db)
      if search.isEmpty, let line = Int(text) { try search.lookForLine(line, db) }
      if search.isEmpty { try search.lookAtCells(isAlone: batch != nil, db) }
      return search.finding
    }
  }
}

/// A search under way.
private struct Search {
  /// How near a text is to the one that is looked for, the nearest first.
  private enum Nearness: Int, CaseIterable { case same, sameLetters, part }

  /// What tells a row from those of other rosters that are of the same person.
  private enum Identity: Hashable {
    case item(Int64)
    case cells(String)
  }

  private struct Found {
    var finding = Finding()
    var known: Set<Identity> = []
  }

  private let wanted: String
  private let wantedLetters: String
  private let batches: [Batch]
  private let most: Int
  private var found: [Nearness: Found] = [:]

  init(_ text: String, _ batches: [Batch], atMost most: Int, _ db: any Transaction) throws {
    (wanted, wantedLetters) = (text, text.lowercased())
    (self.batches, self.most) = (batches, most)
  }

  var isEmpty: Bool { found.isEmpty }
  /// The nearest rows.
  var finding: Finding { Nearness.allCases.lazy.compactMap { found[$0]?.finding }.first ?? Finding() }

  private static let rowSQL = """
    SELECT batch_row.ordinal, line, cells, issue, item.id, item.name, item.remote_id, item.state, account
    FROM batch_row LEFT JOIN item ON item.id = coalesce(item_id, named_item_id)
      LEFT JOIN account_scope ON account_scope.id = account_scope_id
    """

  // MARK: - Name and line

  /// Index: the items' key, in each account.
  mutating func lookForName(_ db: any Transaction) throws {
    let items = try db.values(
      """
      SELECT item.id FROM account_scope CROSS JOIN item ON account_scope_id = account_scope.id
      WHERE item.name = ? ORDER BY item.id
      """, [wanted], as: Int64.self)
    for item in items {
      let batch = try db.value(
        """
        SELECT max(batch_id) FROM (
          SELECT batch_id FROM batch_row WHERE item_id = ?1 UNION ALL
          SELECT batch_id FROM batch_row WHERE named_item_id = ?1) AS named
        WHERE batch_id >= ?2 AND batch_id <= ?3
        """, [item, batches.last?.id.rawValue, batches.first?.id.rawValue], as: Int64.self)
      guard let batch = batches.first(where: { $0.id.rawValue == batch }) else { continue }
      try db.each(
        """
        \(Self.rowSQL) WHERE batch_row.batch_id = ?1 AND batch_row.ordinal = (SELECT min(ordinal) FROM (
          SELECT ordinal FROM batch_row WHERE batch_id = ?1 AND item_id = ?2 UNION ALL
          SELECT ordinal FROM batch_row WHERE batch_id = ?1 AND named_item_id = ?2) AS named)
        """, [batch.id.rawValue, item]
      ) { note(try FoundRow(batch, .name, $0), .item(item), .same) }
    }
  }

  mutating func lookForLine(_ line: Int, _ db: any Transaction) throws {
    guard let batch = batches.first else { return }
    try db.each(
      "\(Self.rowSQL) WHERE batch_row.batch_id = ? AND line = ? ORDER BY batch_row.ordinal", [batch.id.rawValue, line]
    ) { row in
      // Several rows may stand on one line of JSON.
      note(try FoundRow(batch, .line, row), .cells("\(try row.get(0) as Int)"), .same)
    }
  }

  // MARK: - Cells

  /// Rows in: those of every roster in its order by `batch_row`'s key, the latest roster first.
  ///
  /// - Parameter isAlone: whether one roster was named: then its rows count that a newer one has mended.
  mutating func lookAtCells(isAlone: Bool, _ db: any Transaction) throws {
    var newest: [Course: Int64] = [:]
    let whole = try Set(db.values("SELECT id FROM batch WHERE is_partial = 0", as: Int64.self))
    for batch in batches where whole.contains(batch.id.rawValue) && newest[batch.course] == nil {
      newest[batch.course] = batch.id.rawValue
    }
    for batch in batches {
      let isOld = !isAlone && newest[batch.course].map { $0 > batch.id.rawValue } ?? false
      let text = try Queue.cellText(of: batch.id.rawValue, db)
      let course = "\(batch.baseURL.text) \(batch.label) "
      try db.read("\(Self.rowSQL) WHERE batch_row.batch_id = ? ORDER BY batch_row.ordinal", [batch.id.rawValue]) {
        row in
        let item = try row.get(4) as Int64?
        // What was not accepted once is another row in a newer roster.
        if item == nil, isOld { return true }
        let cells = try row.get(2) as String
        guard let (match, nearness) = match(row: try text.cells(of: cells), batch, try row.get(5), try row.get(6))
        else {
          return true
        }
        note(try FoundRow(batch, match, row), item.map(Identity.item) ?? .cells(course + cells), nearness)
        return found[.same].map { !$0.finding.isCut } ?? true
      }
    }
  }

  /// What of a row is nearest to the text; nil when nothing is near.
  private func match(
    row cells: [String], _ batch: Batch, _ name: String?, _ id: String?
  ) -> (FoundRow.Match, Nearness)? {
    var best: (match: FoundRow.Match, nearness: Nearness)?
    func look(at text: String?, _ match: @autoclosure () -> FoundRow.Match) {
      guard let text, let nearness = nearness(of: text), nearness.rawValue < best?.nearness.rawValue ?? .max else {
        return
      }
      best = (match(), nearness)
    }
    for (index, cell) in cells.enumerated() {
      look(at: cell, .cell(column: index < batch.columns.count ? batch.columns[index] : "", text: cell))
    }
    look(at: name, .name)
    look(at: id, .id)
    return best
  }

  private func nearness(of text: String) -> Nearness? {
    guard !text.isEmpty else { return nil }
    if text == wanted { return .same }
    // What is nearer than anything else would be was found.
    if found[.same] != nil { return nil }
    let letters = text.lowercased()
    if letters == wantedLetters { return .sameLetters }
    if found[.sameLetters] != nil || found[.part]?.finding.isCut == true { return nil }
    return letters.contains(wantedLetters) ? .part : nil
  }

  private mutating func note(_ row: FoundRow, _ identity: Identity, _ nearness: Nearness) {
    var here = found[nearness] ?? Found()
    defer { found[nearness] = here }
    guard !here.finding.isCut, here.known.insert(identity).inserted else { return }
    if here.finding.rows.count == most { here.finding.isCut = true } else { here.finding.rows.append(row) }
  }
}

extension FoundRow {
  fileprivate init(_ batch: Batch, _ match: Match, _ row: Row) throws {
    self.init(
      batch: batch, line: try row.get(1), item: (try row.get(4) as Int64?).map(ItemID.init), account: try row.get(8),
      name: try row.get(5), state: try row.get(7), issue: try row.get(3), match: match)
  }
}
