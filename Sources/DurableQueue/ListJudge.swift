// What a list says about one item: ours, somebody else's, absent, or nothing yet.

import GRDB
import Pacing
import Provisioning

/// An item that a list may tell about, as the transaction found it.
struct ListedItem {
  let id: ItemID
  let name: String
  let state: ItemState
  /// Since when it is in doubt; nil unless it is.
  let since: Instant?
  let isRefused: Bool
  let message: String?
  let usedCount: Int
  /// Whether an attempt of ours has no definite answer, so that it may have been made by it.
  let mayBeMade: Bool

  private init?(_ row: Row) {
    guard let state = ItemState(rawValue: row[2]) else { return nil }
    self.state = state
    id = ItemID(row[0])
    name = row[1]
    since = (row[3] as Int64?).map(Instant.init(microseconds:))
    isRefused = (row[4] as String?) == Reason.refused.rawValue
    message = row[5]
    usedCount = row[6]
    mayBeMade = row[7]
  }

  private static let columns = "id, name, state, doubt_at, reason, message, used_count, unanswered"

  /// Rows out: the account's items in doubt. Index: `item_in_doubt`.
  static func allInDoubt(in account: AccountScopeID, _ db: Database) throws -> [ListedItem] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(columns) FROM item INDEXED BY item_in_doubt
          WHERE account_scope_id = ? AND doubt_at IS NOT NULL ORDER BY doubt_at, id
          """), arguments: [account.rawValue]
    ).compactMap(ListedItem.init)
  }

  /// Row out: the item of a key, by the key's index.
  static func named(_ name: String, in account: AccountScopeID, _ db: Database) throws -> ListedItem? {
    try Row.fetchOne(
      db.cachedStatement(sql: "SELECT \(columns) FROM item WHERE account_scope_id = ? AND name = ?"),
      arguments: [account.rawValue, name]
    ).flatMap(ListedItem.init)
  }

  /// Whether a batch has a row for it. Index: `batch_row_item`.
  func isNamed(by batch: BatchID, _ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM batch_row WHERE item_id = ? AND batch_id = ?)"),
      arguments: [id.rawValue, batch.rawValue]) ?? false
  }

  /// Whether no living process works on the batch that it belongs to.
  func isLeft(_ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT NOT EXISTS (SELECT 1 FROM item JOIN owner ON owner.batch_id = item.batch_id
            WHERE item.id = ? AND owner.ended_at IS NULL)
          """), arguments: [id.rawValue]) ?? true
  }

  /// An attempt that may have made the item.
  struct Attempt {
    let start: Instant
    let definition: String
    /// The lowest skew of the service's clock that its owner has seen.
    let ownerSkew: Duration?
  }

  /// Rows out: the attempts that have no definite answer, by the attempt's key.
  func unansweredAttempts(_ db: Database) throws -> [Attempt] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT start_at, \(KeptDefinition.sql()), clock_skew FROM attempt JOIN item ON item.id = item_id
            JOIN definition ON definition.id = attempt.definition_id JOIN owner ON owner.id = attempt.owner_id
          WHERE item_id = ? AND outcome IN ('no_answer', 'owner_gone', 'succeeded') ORDER BY attempt.ordinal
          """), arguments: [id.rawValue]
    ).map { row in
      Attempt(
        start: Instant(microseconds: row[0]), definition: row[1],
        ownerSkew: (row[2] as Int64?).map { .microseconds($0) })
    }
  }
}

/// What a list says about items, one at a time.
struct ListJudge {
  /// What the list says about an item: what happens to it, if anything does, and by which entry.
  struct Verdict {
    var event: ItemEvent?
    var entry: RemoteItem?
    /// The entries whose detail must be asked for first.
    var differing: [RemoteItem] = []
  }

  let list: RemoteList
  let rules: ReconcileRules
  let isMade: (RemoteItem, String) -> Bool
  let entries: [String: [RemoteItem]]

  init(list: RemoteList, rules: ReconcileRules, isMade: @escaping (RemoteItem, String) -> Bool) {
    self.list = list
    self.rules = rules
    self.isMade = isMade
    entries = Dictionary(grouping: list.items, by: \.name)
  }

  /// - Parameters:
  ///   - isOwn: whether the run's own batch names the item. Only then what exists is taken over.
  ///   - isLeft: whether no other run is at work that the item belongs to. How late a create may land is for that run to
  ///     say; until it has ended only what is surely ours is settled.
  func verdict(on item: ListedItem, isOwn: Bool, isLeft: Bool, _ db: Database) throws -> Verdict {
    guard let found = entries[item.name], let first = found.first else {
      return Verdict(event: isOwn || isLeft ? item.since.flatMap { eventWhenAbsent(item, since: $0) } : nil)
    }
    let attempts = try item.unansweredAttempts(db)
    if let earliest = attempts.first, list.askedAt < earliest.start { return Verdict() }
    if let ours = found.first(where: { isOurs($0, attempts) }) { return Verdict(event: .listedOurs, entry: ours) }
    guard isOwn || isLeft else { return Verdict() }
    if rules.adoptsExisting, isOwn { return Verdict(event: .listedOurs, entry: first) }
    let undecided = found.filter { entry in entry.detail == nil && attempts.contains { isLateEnough(entry, $0) } }
    guard undecided.isEmpty else { return Verdict(differing: undecided) }
    return Verdict(event: .listedForeign, entry: first)
  }

  /// Ours: it was not made before an unanswered attempt of ours, and it is what that attempt asked for.
  private func isOurs(_ entry: RemoteItem, _ attempts: [ListedItem.Attempt]) -> Bool {
    attempts.contains { isLateEnough(entry, $0) && isMade(entry, $0.definition) }
  }

  private func isLateEnough(_ entry: RemoteItem, _ attempt: ListedItem.Attempt) -> Bool {
    guard let createdAt = entry.createdAt else { return true }
    // Our clock may have been set since the attempt: of what its owner saw and what the list shows, the lower counts,
    // and what nobody saw may have been the largest.
    let skew = min(list.clockSkew ?? .zero - rules.largestSkew, attempt.ownerSkew ?? .zero - rules.largestSkew)
    return createdAt >= attempt.start + skew - rules.clockTolerance
  }

  /// Absence counts only in a whole list that was asked for when a late create would have landed.
  private func eventWhenAbsent(_ item: ListedItem, since: Instant) -> ItemEvent? {
    guard list.isWhole, list.askedAt >= since + rules.settleDelay else { return nil }
    if let from = list.absenceCountsFrom, list.askedAt < from { return nil }
    return .listedAbsent(afterRefusal: item.isRefused, attemptsLeft: item.usedCount < rules.maxAttempts)
  }
}
