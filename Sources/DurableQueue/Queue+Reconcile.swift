// Reconciling: what is in doubt is settled by the service's own list, never by a guess.

import GRDB
package import Pacing
package import Provisioning

/// An account of a batch with something in doubt.
package struct Doubt: Hashable, Sendable {
  /// The account.
  package let account: BatchAccount
  /// Since when its oldest item is in doubt.
  package let oldest: Instant

  /// Makes one; for tests.
  package init(account: BatchAccount, oldest: Instant) {
    self.account = account
    self.oldest = oldest
  }
}

/// A list of an account as it came.
package struct RemoteList: Hashable, Sendable {
  /// Its entries.
  package var items: [RemoteItem]
  /// Whether it holds as many entries as the service says there are.
  package var isWhole: Bool
  /// When it was asked for.
  package var askedAt: Instant

  /// Makes a list.
  package init(items: [RemoteItem], isWhole: Bool, askedAt: Instant) {
    self.items = items
    self.isWhole = isWhole
    self.askedAt = askedAt
  }
}

/// What a list may settle.
package struct ReconcileRules: Hashable, Sendable {
  /// A create can land this late; "absent" counts only in a list asked for later than that.
  package var settleDelay: Duration
  /// So many attempts, then an item that is absent has failed.
  package var maxAttempts: Int
  /// How much earlier than our attempt the service's clock may say that its item was made. The service refuses requests
  /// whose clock is five minutes off, so that it cannot be more.
  package let clockTolerance = Duration.seconds(302)

  /// Makes rules; the defaults are the command's.
  package init(settleDelay: Duration = .seconds(60), maxAttempts: Int = 5) {
    self.settleDelay = settleDelay
    self.maxAttempts = maxAttempts
  }
}

/// What a list settled.
package struct Reconciliation: Hashable, Sendable {
  /// Items by the state they went to.
  package var moved: [ItemState: Int] = [:]
  /// Names that the list shows more than once: the service has made something twice.
  package var duplicateNames: [String] = []
}

extension Queue {
  /// Settles every item of an account that is in doubt and that the list tells about, in one transaction.
  ///
  /// Found and ours: done, adopted. Found and not ours: a conflict. Absent from a whole list asked for late enough:
  /// ready again, or failed when its refusal was the last word or its attempts are used up. Everything else waits.
  ///
  /// - Parameter isMade: whether an entry is what a definition asked for.
  package func reconcile(
    _ list: RemoteList, in account: AccountScopeID, by rules: ReconcileRules,
    isMade: @escaping @Sendable (RemoteItem, _ definition: String) -> Bool
  ) async throws -> Reconciliation {
    let time = self.time
    return try await write { db in
      let now = time.now().microseconds
      let entries = Dictionary(grouping: list.items, by: \.name)
      var result = Reconciliation()
      for doubt in try DoubtfulItem.all(in: account, db) {
        let found = entries[doubt.name] ?? []
        if found.count > 1 { result.duplicateNames.append(doubt.name) }
        let event: ItemEvent?
        if let remote = found.first {
          event = try doubt.event(found: remote, in: list, rules, isMade, db)
        } else {
          event = doubt.eventWhenAbsent(from: list, rules)
        }
        guard let event, let transition = ItemState.inDoubt.after(event) else { continue }
        let outcome = Self.outcome(of: event, found.first, doubt)
        let state = try ItemRow(doubt.id, db).move(transition, outcome, due: nil, now: now, db)
        if state == .done {
          try db.execute(sql: "UPDATE item SET adopted = 1 WHERE id = ?", arguments: [doubt.id.rawValue])
        }
        result.moved[state, default: 0] += 1
      }
      return result
    }
  }

  /// What stands with the item afterwards.
  private static func outcome(of event: ItemEvent, _ remote: RemoteItem?, _ doubt: DoubtfulItem) -> Outcome {
    switch event {
    case .listedOurs: Outcome(.succeeded, remoteID: remote?.id)
    case .listedForeign: Outcome(.refused, message: "there as \(remote?.id ?? "?"), but it is not what we sent")
    case .listedAbsent(afterRefusal: true, _): Outcome(.refused, message: doubt.message)
    default: Outcome(.refused, message: "no answer, and the service's list does not show it")
    }
  }

  /// Rows out: accounts with an item of the batch in doubt. Index: `item_in_doubt`, so that it costs what is in doubt.
  static func doubts(of batch: BatchID, _ db: Database) throws -> [Doubt] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT account_scope.id, account, min(doubt_at) FROM item INDEXED BY item_in_doubt
          JOIN account_scope ON account_scope.id = account_scope_id
          WHERE doubt_at IS NOT NULL
            AND EXISTS (SELECT 1 FROM batch_row WHERE item_id = item.id AND batch_row.batch_id = ?)
          GROUP BY account_scope_id ORDER BY min(doubt_at)
          """), arguments: [batch.rawValue]
    ).map { row in
      Doubt(
        account: BatchAccount(scope: AccountScopeID(row[0]), account: row[1]), oldest: Instant(microseconds: row[2]))
    }
  }
}

/// An item in doubt, as the transaction found it.
private struct DoubtfulItem {
  let id: ItemID
  let name: String
  let since: Instant
  let isRefused: Bool
  let message: String?
  let usedCount: Int

  /// Rows out: the account's items in doubt. Index: `item_in_doubt`.
  static func all(in account: AccountScopeID, _ db: Database) throws -> [DoubtfulItem] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT id, name, doubt_at, reason, message, used_count FROM item INDEXED BY item_in_doubt
        WHERE account_scope_id = ? AND doubt_at IS NOT NULL
        """, arguments: [account.rawValue]
    ).map { row in
      DoubtfulItem(
        id: ItemID(row[0]), name: row[1], since: Instant(microseconds: row[2]),
        isRefused: row[3] == Reason.refused.rawValue, message: row[4], usedCount: row[5])
    }
  }

  /// Ours: an unanswered attempt of ours was sent before the list was asked for, and the entry is what it asked for.
  func event(
    found remote: RemoteItem, in list: RemoteList, _ rules: ReconcileRules,
    _ isMade: (RemoteItem, String) -> Bool, _ db: Database
  ) throws -> ItemEvent? {
    let attempts = try Row.fetchAll(
      db,
      sql: """
        SELECT start_at, json FROM attempt JOIN definition ON definition.id = definition_id
        WHERE item_id = ? AND outcome IN ('no_answer', 'owner_gone') ORDER BY ordinal
        """, arguments: [id.rawValue]
    ).map { (start: Instant(microseconds: $0[0]), definition: $0[1] as String) }
    guard let first = attempts.first, list.askedAt >= first.start else { return nil }
    let isOurs = attempts.contains { attempt in
      let isLateEnough = remote.createdAt.map { $0 >= attempt.start - rules.clockTolerance } ?? true
      return isLateEnough && isMade(remote, attempt.definition)
    }
    return isOurs ? .listedOurs : .listedForeign
  }

  /// Absence counts only in a whole list that was asked for when a late create would have landed.
  func eventWhenAbsent(from list: RemoteList, _ rules: ReconcileRules) -> ItemEvent? {
    guard list.isWhole, list.askedAt >= since + rules.settleDelay else { return nil }
    return .listedAbsent(afterRefusal: isRefused, attemptsLeft: usedCount < rules.maxAttempts)
  }
}
