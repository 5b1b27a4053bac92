// A mended report becomes the next roster of its course: its rows take the places of their rows of the batch, all others
// stay as they are, new ones follow at the end.

import CSV
package import Provisioning

/// Merges the rows of a mended report into those of its batch. Holds the report's rows, never the batch's.
package struct Mend {
  private struct Key: Hashable {
    let account: String
    let name: String
  }

  /// Where an item of the batch is in its life.
  package struct Item: Hashable, Sendable {
    let state: ItemState
    let finishedAt: String?

    /// Describes one.
    ///
    /// - Parameter finishedAt: when it was done, as people write it.
    package init(state: ItemState, finishedAt: String?) { (self.state, self.finishedAt) = (state, finishedAt) }
  }

  private let base: MendBase
  private let file: String
  private let names: FieldNames
  private let template: Template?
  /// The report's rows by the line of their row in the batch.
  private var rows: [Int: [NewRow]] = [:]
  private var newRows: [NewRow] = []
  /// The report's lines by what its rows name.
  private var lines: [Key: Int] = [:]
  private var summary = RosterSummary()
  private var counts = MendCounts()
  private var columns: [String] = []
  /// For each column of the report, its place in the new roster.
  private var places: [Int] = []
  private var digest = RosterDigest()
  private var last = (ordinal: 0, line: 0)
  private var issues: [RowIssue] = []
  /// What rows named before they were mended, where that is another name.
  private var replaced: [Key] = []
  /// That a row names what another row of the batch does, by the row's line in the report.
  private var duplicates: [Int: RowIssue] = [:]
  /// Issues that follow from where an item is by now; none if the same was imported before.
  private var stateIssues: [RowIssue] = []

  /// Begins a merge of the report that a reader reads.
  package init(into base: MendBase, from reader: RosterReader) {
    (self.base, file, template) = (base, reader.displayName, reader.template)
    names = FieldNames(reader.schema)
  }

  /// Takes the next row of the report.
  package mutating func add(_ row: NewRow) {
    // What was wrong with its mark was told.
    if row.mendedLine == MarkColumns.damagedLine { return }
    if case .item(let account, let name, _) = row.content { lines[Key(account: account, name: name)] = row.line }
    guard let line = row.mendedLine else { return newRows.append(row) }
    if let first = rows[line]?.first, !base.sharedLines.contains(line) {
      return issues.append(
        issue(row, "mend-twice", "line \(first.line) has the same number, and a row is mended once: remove one of them")
      )
    }
    rows[line, default: []].append(row)
  }

  /// Goes on with the batch's rows, when all of the report's were read.
  ///
  /// - Returns: the columns that only travel along and do not make the name, with their places in the new roster's cells.
  package mutating func begin(_ summary: RosterSummary) -> [(header: String, index: Int)] {
    self.summary = summary
    columns = base.columns
    for header in summary.columns {
      let place = columns.firstIndex(of: header) ?? columns.count
      if place == columns.count { columns.append(header) }
      places.append(place)
    }
    if columns.count > base.columns.count { counts.isChanged = true }
    noteLostColumns()
    digest.add(["mended"])
    digest.add(columns)
    return summary.carried.compactMap { header in columns.firstIndex(of: header).map { (header, $0) } }
  }

  /// A row's definition is made of the report alone: what it has no more would not be sent.
  private mutating func noteLostColumns() {
    let used = Set(template?.values.flatMap(\.columns) ?? [])
    for header in base.columns where !summary.columns.contains(header) && !summary.dropped.contains(header) {
      guard names.isField(header) || used.contains(header) else { continue }
      let place = IssuePlace(file: file, line: 1, recordNumber: 1, hasCell: false)
      issues.append(
        place.issue(
          "mend-column",
          "the column '\(header.shown)' of \(base.name) is not here any more, and what is sent is made of it: "
            + "put it back, with its cells"))
    }
  }

  /// Takes the next row of the batch and hands over the row of the new roster.
  ///
  /// - Parameter item: the item that it names, if it was accepted.
  package mutating func take(_ row: NewRow, item: Item?, _ body: (NewRow) throws -> Void) throws {
    counts.baseCount += 1
    last = (row.ordinal, max(last.line, row.line))
    let mended = mended(row)
    if mended == nil { refuseTwice(row) }
    if let mended {
      counts.mendedCount += 1
      if let item { noteOther(mended, than: row, item) }
    }
    try hand(mended.map { merged(row, $0) } ?? widened(row), body)
  }

  /// The report's row that takes the place of a row.
  private mutating func mended(_ row: NewRow) -> NewRow? {
    guard var candidates = rows[row.line] else { return nil }
    let key = Self.key(of: row)
    let place = base.sharedLines.contains(row.line) ? candidates.firstIndex { Self.key(of: $0) == key } : 0
    guard let place else { return nil }
    let found = candidates.remove(at: place)
    rows[row.line] = candidates.isEmpty ? nil : candidates
    return found
  }

  private static func key(of row: NewRow) -> Key? {
    switch row.content {
    case .item(let account, let name, _): Key(account: account, name: name)
    case .issue(_, let account?, let name?): Key(account: account, name: name)
    case .issue: nil
    }
  }

  private func widened(_ row: NewRow) -> NewRow {
    guard case .read(let cells) = row.cells, cells.count < columns.count else { return row }
    var row = row
    row.cells = .read(cells + Array(repeating: "", count: columns.count - cells.count))
    return row
  }

  /// A row of the batch with what the report says of it.
  private mutating func merged(_ row: NewRow, _ mended: NewRow) -> NewRow {
    var merged = widened(row)
    guard case .read(var cells) = merged.cells, case .read(let new) = mended.cells else { return merged }
    for (index, place) in places.enumerated() where index < new.count && place < cells.count {
      cells[place] = new[index]
    }
    let isSame = merged.cells == .read(cells)
    merged.cells = .read(cells)
    switch (row.content, mended.content) {
    case (.issue, .issue) where isSame: break
    case (.item(let account, let name, _), .issue(let text, _, _)):
      // It stays in the course, whatever its name would be.
      merged.content = .issue(text, account: account, name: name)
    default: merged.content = mended.content
    }
    if !isSame || merged.content != row.content { counts.isChanged = true }
    return merged
  }

  /// Hands over the account and the name of what is named by no row any more, because its row has a new name; once all rows
  /// of the batch were taken.
  package func leaving(_ body: (_ account: String, _ name: String) throws -> Void) rethrows {
    for key in replaced where lines[key] == nil { try body(key.account, key.name) }
  }

  private mutating func hand(_ row: NewRow, _ body: (NewRow) throws -> Void) throws {
    if case .read(let cells) = row.cells { digest.add(cells) }
    switch row.content {
    case .item(let account, let name, let definition):
      counts.acceptedCount += 1
      digest.add([account, name, definition.text])
    case .issue(let text, _, _): digest.add([text])
    }
    try body(row)
  }

  /// Hands over the new rows and tells what the whole is.
  package mutating func finish(_ body: (NewRow) throws -> Void) throws -> (summary: RosterSummary, issues: [RowIssue]) {
    for row in newRows {
      counts.newCount += 1
      counts.isChanged = true
      last = (last.ordinal + 1, last.line + 1)
      let empty = NewRow(
        ordinal: last.ordinal, line: last.line, cells: columns.map { _ in "" }, content: row.content)
      try hand(merged(empty, row), body)
    }
    for row in rows.values.joined() {
      // Whose place it takes is not known, so it may be its own name.
      duplicates[row.line] = nil
      issues.append(strayIssue(row))
    }
    issues += duplicates.values
    summary.columns = columns
    summary.digest = counts.isChanged ? digest.finish() : base.digest
    // Who imports the same again is not asked how its rows stood before.
    if summary.digest != base.latestDigest || summary.digest == base.digest { issues += stateIssues }
    issues.sort { $0.line < $1.line }
    for issue in issues { summary.add(whole: issue) }
    summary.mended = counts
    return (summary, issues)
  }

  // MARK: - Issues

  private func issue(_ row: NewRow, _ rule: String, _ phrase: String) -> RowIssue {
    let value = row.mendedLine.map { "\($0)" }
    let header = row.mendedLine == nil ? nil : MarkColumns.lineHeader
    return IssuePlace(file: file, line: row.line, recordNumber: row.line, header: header, hasCell: false)
      .issue(rule, value: value, phrase)
  }

  private func strayIssue(_ row: NewRow) -> RowIssue {
    let line = row.mendedLine ?? 0
    return base.sharedLines.contains(line)
      ? issue(
        row, "mend-line",
        "several rows of \(base.name) stand on line \(line), and none of them that is left has this name: mend \(base.name) "
          + "itself, and run that")
      : issue(
        row, "mend-line",
        "batch \(base.batch) has no row on line \(line) of \(base.name): enter the number that the report had here; a new row "
          + "has none")
  }

  /// Refuses a row of the report that names what another row of the batch does.
  private mutating func refuseTwice(_ row: NewRow) {
    guard case .item(let account, let name, _) = row.content,
      let line = lines[Key(account: account, name: name)]
    else { return }
    let place = IssuePlace(file: file, line: line, recordNumber: line, hasCell: false)
    duplicates[line] = place.issue(
      "duplicate", value: name,
      "'\(name.shown)' stands on line \(row.line) of \(base.name) already, for the same account: give each row a name of its "
        + "own")
  }

  /// Notes another name for a row, and refuses it where its item is there, or may be.
  private mutating func noteOther(_ mended: NewRow, than row: NewRow, _ item: Item) {
    guard case .item(_, let new, _) = mended.content, case .item(_, let name, _) = row.content,
      Self.key(of: mended) != Self.key(of: row)
    else { return }
    if let key = Self.key(of: row) { replaced.append(key) }
    let old = "'\(name.shown)'"
    let phrase: String
    switch item.state {
    case .done:
      let since = item.finishedAt.map { " since \($0)" } ?? ""
      phrase =
        "line \(row.line) of \(base.name) is done\(since), as \(old): leave it that name, and give '\(new.shown)' a row of its own, "
        + "without \(MarkColumns.lineHeader)"
    case .leased, .inDoubt:
      phrase =
        "\(old) of line \(row.line) of \(base.name) may have been sent, and the answer is not known yet: `rollcall resume` finds it "
        + "out; mend what that reports"
    case .ready where base.isPartial:
      phrase =
        "\(old) of line \(row.line) is queued, and batch \(base.batch) is only a part of \(base.name), so that nothing leaves it: "
        + "mend \(base.name) itself, and run that"
    case .ready, .failed, .cancelled: return
    }
    stateIssues.append(issue(mended, "mend-made", phrase))
  }
}
