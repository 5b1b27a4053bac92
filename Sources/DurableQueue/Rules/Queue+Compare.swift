// Comparing a roster with the queue: what is new, done, failed, changed or gone. The plan is shown from it before
// anything is imported, and the import counts the same way.

package import Provisioning

/// A comparison under way, inside one read of the file.
package struct ComparisonSession {
  /// What was found so far.
  package private(set) var comparison = Comparison()
  private let new: Course
  let db: any Transaction
  private let previousBatch: Int64?
  /// The columns that only travel along, with their places in a row's cells.
  package var carried: [(header: String, index: Int)] = []
  /// Whether a person may come under another name, because the rows say whose place they take.
  package var allowsRenaming = false
  private var accounts: [String: Int64?] = [:]
  private var leavers: Leavers
  private var kin: KinSearch
  /// Made when the first row is compared.
  private var persons: PersonCheck??
  private var renaming = RenamingCheck()

  fileprivate init(
    target: String, baseURL: BaseURL, label: String, isPartial: Bool, _ db: any Transaction
  ) throws {
    new = Course(service: target, baseURL: baseURL, label: label)
    self.db = db
    kin = try KinSearch(of: new, db)
    leavers = try Leavers(label: label, baseURL: baseURL, isPartial: isPartial, db)
    previousBatch =
      try leavers.course.previous?.id
      ?? db.value(
        "SELECT max(id) FROM batch WHERE label = ? AND base_url = ? AND is_partial = 0", [label, baseURL],
        as: Int64.self)
  }

  /// Compares one row; one that was not accepted only shows that the item it would name is not gone.
  package mutating func add(_ row: NewRow) throws {
    switch row.content {
    case .item(let account, let name, let definition):
      guard let item = try existing(name, of: account) else {
        comparison.newCount += 1
        if !allowsRenaming, leavers.course.previous != nil, let persons = try personCheck() {
          renaming.note(row, name: name, persons)
        }
        return
      }
      leavers.stay(item.id)
      kin.note(item.id)
      if let reassignment = try personCheck()?.reassignment(of: item.id, name: name, row, db) {
        comparison.reassignedCount += 1
        if comparison.reassignments.count < 100 { comparison.reassignments.append(reassignment) }
      }
      _ = comparison.count(item, row, name: name, definition)
    case .issue(_, let account?, let name?):
      if let item = try existing(name, of: account) {
        leavers.stay(item.id)
        kin.note(item.id)
      }
    case .issue: break
    }
  }

  /// Notes that the row of an item, which no other row names, has a new name: it leaves, and nobody need be asked.
  package mutating func replace(_ name: String, of account: String) throws {
    guard let item = try existing(name, of: account) else { return }
    comparison.replacedCount += 1
    leavers.stay(item.id)
  }

  private mutating func existing(_ name: String, of account: String) throws -> ExistingItem? {
    try scope(of: account).flatMap { try ExistingItem(name, in: $0, db) }
  }

  private mutating func personCheck() throws -> PersonCheck? {
    if let known = persons { return known }
    let made = try previousBatch.flatMap { try PersonCheck(previous: $0, carried: carried, db) }
    persons = .some(made)
    return made
  }

  private mutating func scope(of account: String) throws -> Int64? {
    if let known = accounts[account] { return known }
    let scope = try AccountRow.id(
      of: ItemKey.Account(service: new.service, baseURL: new.baseURL, name: account), db)
    accounts[account] = .some(scope)
    return scope
  }

  fileprivate mutating func finish(limit: GoneLimit) throws {
    comparison.goneCount = leavers.previous.count
    comparison.tooManyGone = try leavers.share(over: limit, db)
    comparison.course = leavers.course.ids
    comparison.kin = try kin.found(db)
    let found = try renaming.renamings(gone: leavers.previous, persons ?? nil, db)
    (comparison.renamedCount, comparison.renamings) = found
  }
}

extension Queue {
  /// Compares a roster with the queue, in one undisturbed read.
  ///
  /// - Parameters:
  ///   - limit: how many items may leave the course before a person is asked.
  ///   - rows: adds every row to the session.
  package func compare(
    target: String, baseURL: BaseURL, label: String, isPartial: Bool = false, limit: GoneLimit = .standard,
    rows: (inout ComparisonSession) throws -> Void
  ) throws -> Comparison {
    try read { db in
      var session = try ComparisonSession(
        target: target, baseURL: baseURL, label: label, isPartial: isPartial, db)
      try rows(&session)
      try session.finish(limit: limit)
      return session.comparison
    }
  }
}

/// An item that the queue has for a roster's row.
struct ExistingItem {
  let place: ItemPlace
  var id: Int64 { place.id.rawValue }
  var state: ItemState { place.state }
  let definitionID: Int64
  let definition: Definition
  let isConflict: Bool

  /// Row out: the item of this key, with the definition it was or will be made with. Index: the key's own.
  init?(_ name: String, in scope: Int64, _ db: any Transaction) throws {
    let row = try db.one(
      """
      SELECT \(StoredDefinitions.columns), item.id, state, version, definition_id, reason
      FROM item CROSS JOIN definition ON definition.id = definition_id \(StoredDefinitions.join)
      WHERE account_scope_id = ? AND name = ?
      """, [scope, name])
    guard let row else { return nil }
    var definitions = StoredDefinitions()
    definition = try definitions.definition(of: name, row)
    place = ItemPlace(id: ItemID(try row.get(6)), state: try row.get(7), version: try row.get(8))
    definitionID = try row.get(9)
    isConflict = try place.state == .failed && row.get(10) == Reason.conflict
  }
}

enum AccountRow {
  /// Row out: the account's scope, by its key.
  static func id(of account: ItemKey.Account, _ db: any Transaction) throws -> Int64? {
    try db.value(
      "SELECT id FROM account_scope WHERE service = ? AND base_url = ? AND account = ?",
      [account.service, account.baseURL, account.name], as: Int64.self)
  }

  static func makeID(of account: ItemKey.Account, _ db: any Transaction) throws -> Int64 {
    if let known = try id(of: account, db) { return known }
    return try db.insert(
      "INSERT INTO account_scope (service, base_url, account) VALUES (?, ?, ?)",
      [account.service, account.baseURL, account.name])
  }
}
