// What a list says about one item: ours, somebody else's, absent, or nothing yet.

import Pacing
import Provisioning

/// An item that a list may tell about, as the transaction found it.
struct ListedItem {
  let place: ItemPlace
  var id: ItemID { place.id }
  var state: ItemState { place.state }
  var version: Int { place.version }
  let name: String
  /// Since when it is in doubt; nil unless it is.
  let since: Moment?
  private let reason: Reason?
  let message: String?
  let usedCount: Int
  /// Whether an attempt of ours has no definite answer, so that it may have been made by it.
  let mayBeMade: Bool
  /// The id of what was made or found.
  let remoteID: String?

  private init(_ row: Row) throws {
    place = ItemPlace(
      id: ItemID(try row.get(0)), state: try row.get(2), version: try row.get(10), isFlagged: try row.get(11))
    name = try row.get(1)
    let boot = try row.get(8) as String?
    let elapsed = try row.get(9) as Duration?
    since = (try row.get(3) as Instant?).map { wall in
      Moment(wall: wall, sinceBoot: SinceBoot(boot: boot ?? "", elapsed: elapsed ?? .zero))
    }
    reason = try row.get(4)
    message = try row.get(5)
    usedCount = try row.get(6)
    mayBeMade = try row.get(7)
    remoteID = try row.get(12)
  }

  private static let columns =
    "id, name, state, doubt_at, reason, message, used_count, unanswered, doubt_boot, doubt_up, version, cancel_requested, "
    + "remote_id"

  /// Rows out: the account's items in doubt. Index: `item_in_doubt`.
  static func allInDoubt(in account: AccountScopeID, _ db: any Transaction) throws -> [ListedItem] {
    try db.all(
      """
      SELECT \(columns) FROM item INDEXED BY item_in_doubt
      WHERE account_scope_id = ? AND doubt_at IS NOT NULL ORDER BY doubt_at, id
      """, [account.rawValue]
    ).map(ListedItem.init)
  }

  /// Row out: the item of a key, by the key's index.
  static func named(_ name: String, in account: AccountScopeID, _ db: any Transaction) throws -> ListedItem? {
    try db.one("SELECT \(columns) FROM item WHERE account_scope_id = ? AND name = ?", [account.rawValue, name]).map(
      ListedItem.init)
  }

  /// Whether a batch has a row for it. Index: `batch_row_item`.
  func belongs(to batch: BatchID, _ db: any Transaction) throws -> Bool {
    try db.value(
      "SELECT EXISTS (SELECT 1 FROM batch_row WHERE item_id = ? AND batch_id = ?)", [id.rawValue, batch.rawValue],
      as: Bool.self) ?? false
  }

  /// Whether no living process works on the batch that it belongs to.
  func isOrphaned(_ db: any Transaction) throws -> Bool {
    try db.value(
      """
      SELECT NOT EXISTS (SELECT 1 FROM item JOIN owner ON owner.batch_id = item.batch_id
        WHERE item.id = ? AND owner.ended_at IS NULL)
      """, [id.rawValue], as: Bool.self) ?? true
  }

  /// What the last answer about it was. Rows in: the attempts since it was last requeued, by the attempt's key.
  func lastWord(_ db: any Transaction) throws -> LastWord {
    switch reason {
    case .refused: return .refusal
    case .exists: return .existing
    case .foreign:
      let count = try db.value(
        """
        SELECT count(*) FROM (SELECT outcome FROM attempt WHERE item_id = ? AND is_used = 1 ORDER BY ordinal DESC LIMIT ?
        ) AS latest WHERE outcome = '\(Outcome.Kind.foreign.rawValue)'
        """, [id.rawValue, usedCount], as: Int.self)
      return count ?? 0 > 1 ? .foreignAgain : .foreign
    default: return .silence
    }
  }

  /// Rows out: the attempts that have no definite answer, by the attempt's key.
  func unknownAttempts(_ db: any Transaction) throws -> [UnknownAttempt] {
    try db.all(UnknownAttempt.sql, [id.rawValue])
      .map(UnknownAttempt.init)
  }
}

/// What a list says about items, one at a time.
struct Reconciler {
  /// What the list says about an item: what happens to it, if anything does, and by which entry.
  struct Decision {
    var event: ItemEvent?
    var entry: RemoteItem?
    /// The entries whose detail must be asked for first.
    var differing: [RemoteItem] = []
  }

  let list: RemoteList
  let rules: ReconcileRules
  let isMade: (RemoteItem, String) -> Bool
  let entries: NamedEntries

  init(list: RemoteList, rules: ReconcileRules, isMade: @escaping (RemoteItem, String) -> Bool) {
    self.list = list
    self.rules = rules
    self.isMade = isMade
    entries = NamedEntries(list.items)
  }

  /// - Parameters:
  ///   - isOwn: whether the run's own batch names the item. Only then what exists is taken over.
  ///   - isOrphaned: whether no other run is at work that the item belongs to. How late a create may land is for that run to
  ///     say; until it has ended only what is surely ours is settled.
  func decision(on item: ListedItem, isOwn: Bool, isOrphaned: Bool, _ db: any Transaction) throws -> Decision {
    let found = entries[item.name]
    guard let first = found.first else {
      guard isOwn || isOrphaned, let since = item.since else { return Decision() }
      return Decision(event: try eventWhenAbsent(item, since: since, try item.unknownAttempts(db), db))
    }
    let attempts = try item.unknownAttempts(db)
    if let earliest = attempts.first, earliest.isLater(than: list.asked) { return Decision() }
    if let ours = found.first(where: { isOurs($0, attempts) }) { return Decision(event: .listedOurs, entry: ours) }
    guard isOwn || isOrphaned else { return Decision() }
    if rules.adoptsExisting, isOwn {
      // What it is stays: its detail tells.
      return first.detail == nil ? Decision(differing: [first]) : Decision(event: .takenOver, entry: first)
    }
    let undecided = found.filter { entry in entry.detail == nil && attempts.contains { isInTime(entry, $0) } }
    guard undecided.isEmpty else { return Decision(differing: undecided) }
    return Decision(event: .listedForeign, entry: first)
  }

  /// Ours: it was made when an unanswered attempt of ours may have landed, and it is what that attempt asked for.
  private func isOurs(_ entry: RemoteItem, _ attempts: [UnknownAttempt]) -> Bool {
    attempts.contains { isInTime(entry, $0) && isMade(entry, $0.definition) }
  }

  private func isInTime(_ entry: RemoteItem, _ attempt: UnknownAttempt) -> Bool {
    entry.createdAt.map { attempt.mayHaveMade(at: $0, as: list, by: rules) } ?? true
  }

  /// Absence counts only in a whole list that was asked for when a late create would have landed.
  private func eventWhenAbsent(
    _ item: ListedItem, since: Moment, _ attempts: [UnknownAttempt], _ db: any Transaction
  ) throws -> ItemEvent? {
    let delay = attempts.map(\.delay).reduce(rules.settleDelay, max)
    guard list.isWhole, isLateEnough(item, since: since, delay) else { return nil }
    return .listedAbsent(after: try item.lastWord(db), attemptsLeft: item.usedCount < rules.maxAttempts)
  }

  /// Whether both clocks say that the list was asked for so long after the doubt began, or the asking process has waited
  /// so long since it first read the doubt.
  private func isLateEnough(_ item: ListedItem, since: Moment, _ delay: Duration) -> Bool {
    if let age = list.asked.sinceBoot.age(of: since.sinceBoot), min(age, list.asked.wall - since.wall) >= delay {
      return true
    }
    let firstRead = list.watch.firstRead(of: item.id, version: item.version)
    return firstRead.map { list.asked.sinceBoot.elapsed - $0 >= delay } ?? false
  }
}

/// The entries of a list by their names, in its order. Nearly every name is there once; a list may have hundreds of
/// thousands.
struct NamedEntries {
  let items: [RemoteItem]
  private var first: [String: Int] = [:]
  private var others: [String: [RemoteItem]] = [:]

  init(_ items: [RemoteItem]) {
    self.items = items
    first.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      if first[item.name] == nil { first[item.name] = index } else { others[item.name, default: []].append(item) }
    }
  }

  /// All entries of a name.
  subscript(name: String) -> [RemoteItem] { first[name].map { [items[$0]] + (others[name] ?? []) } ?? [] }

  /// Each name once, in the list's order.
  var names: some Sequence<String> {
    items.indices.lazy.filter { first[items[$0].name] == $0 }.map { items[$0].name }
  }
}
