// Reconciling: what is in doubt is settled by the service's own list, never by a guess.

package import Pacing
package import Provisioning

/// A list of an account as it came.
package struct RemoteList: Hashable, Sendable {
  /// Its entries.
  package var items: [RemoteItem]
  /// Whether it holds as many entries as the service says there are.
  package var isWhole: Bool
  /// When it was asked for.
  package var asked: Moment
  /// How far the service's clock is ahead of ours (negative: behind), as the reply showed; nil when it does not tell.
  package var clockSkew: Duration?
  /// Since when the asking process knows of doubts whose age the clocks cannot tell.
  package var watch: DoubtWatch

  /// Makes a list.
  package init(
    items: [RemoteItem], isWhole: Bool, asked: Moment, clockSkew: Duration? = nil, watch: DoubtWatch = DoubtWatch()
  ) {
    self.items = items
    self.isWhole = isWhole
    self.asked = asked
    self.clockSkew = clockSkew
    self.watch = watch
  }
}

/// What a list may settle.
package struct ReconcileRules: Hashable, Sendable {
  /// A create can land this late; "absent" counts only in a list asked for later than that.
  package var settleDelay: Duration
  /// So many attempts, then an item that is absent has failed.
  package var maxAttempts: Int
  /// Whether what exists under a name of ours is taken over, whoever made it; otherwise it is a conflict.
  package var adoptsExisting: Bool
  /// How much earlier than our attempt an item may have been made, by the service's clock brought to ours.
  package let clockTolerance = Duration.seconds(2)
  /// How much later than a create may land an item may have been made: a Date has whole seconds, and took some time to
  /// come.
  package let lateTolerance = Duration.seconds(5)
  /// The skew that is assumed while no reply has shown it: the service refuses clocks that are five minutes off, so that
  /// it cannot be more.
  package let largestSkew = Duration.seconds(300)

  /// Makes rules; the defaults are the command's.
  package init(settleDelay: Duration = .seconds(60), maxAttempts: Int = 5, adoptsExisting: Bool = false) {
    self.settleDelay = settleDelay
    self.maxAttempts = maxAttempts
    self.adoptsExisting = adoptsExisting
  }
}

/// What a list settled.
package struct Reconciliation: Hashable, Sendable {
  /// Items by the state they went to.
  package var moved: [ItemState: Int] = [:]
  /// Names of items that the list shows more than once: the service has made something twice.
  package var duplicateNames: [String] = []
  /// Entries that do not look like what was sent; their detail tells whether they are ours all the same.
  package var differing: [RemoteItem] = []

  /// Makes one; for tests.
  package init(moved: [ItemState: Int] = [:], duplicateNames: [String] = [], differing: [RemoteItem] = []) {
    self.moved = moved
    self.duplicateNames = duplicateNames
    self.differing = differing
  }
}

extension Queue {
  /// Rows out: the names of an account's items, which alone a list can tell anything about. Index: the key's.
  package func names(in account: AccountScopeID) throws -> Set<String> {
    try read { db in
      try Set(db.values("SELECT name FROM item WHERE account_scope_id = ?", [account.rawValue], as: String.self))
    }
  }

  /// Settles what a list of an account tells about, in one transaction: every item in doubt, and the batch's ready items
  /// that the service has already.
  ///
  /// In doubt: found and ours is done, adopted; found and not ours is a conflict; absent from a whole list asked for late
  /// enough is ready again, or failed when its refusal was the last word or its attempts are used up. Everything else
  /// waits. Ready: found and ours is done, when an attempt without an answer has landed late after all; found otherwise
  /// is a conflict, and no create is sent.
  ///
  /// - Parameter isMade: whether an entry is what a definition asked for.
  package func reconcile(
    _ list: RemoteList, in account: AccountScopeID, of batch: BatchID, by rules: ReconcileRules,
    isMade: @escaping @Sendable (RemoteItem, _ definition: String) -> Bool
  ) async throws -> Reconciliation {
    try await write { db in try self.reconcile(list, in: account, of: batch, by: rules, isMade: isMade, db) }
  }

  func reconcile(
    _ list: RemoteList, in account: AccountScopeID, of batch: BatchID, by rules: ReconcileRules,
    isMade: @escaping (RemoteItem, _ definition: String) -> Bool, _ db: any Transaction
  ) throws -> Reconciliation {
    let judge = ListJudge(list: list, rules: rules, isMade: isMade)
    var result = Reconciliation()
    for item in try ListedItem.allInDoubt(in: account, db) {
      try settle(item, of: batch, by: judge, into: &result, db)
    }
    for name in judge.entries.names {
      guard let item = try ListedItem.named(name, in: account, db) else { continue }
      if judge.entries[name].count > 1 { result.duplicateNames.append(name) }
      if item.state == .ready, try item.isNamed(by: batch, db) {
        try settle(item, of: batch, by: judge, into: &result, db)
      }
    }
    result.duplicateNames.sort()
    return result
  }

  private func settle(
    _ item: ListedItem, of batch: BatchID, by judge: ListJudge, into result: inout Reconciliation, _ db: any Transaction
  ) throws {
    let verdict = try judge.verdict(
      on: item, isOwn: try item.isNamed(by: batch, db), isLeft: try item.isLeft(db), db)
    result.differing += verdict.differing
    guard let event = verdict.event, let transition = item.state.after(event) else { return }
    let state = try ItemRow(item.id, db).move(
      transition, Self.outcome(of: event, verdict.entry, item), due: nil, at: db.now, db)
    if state == .done {
      try db.run("UPDATE item SET adopted = 1 WHERE id = ?", [item.id.rawValue])
    }
    result.moved[state, default: 0] += 1
  }

  private static let absent = "no answer, and the service's list does not show it"

  /// What stands with the item afterwards.
  private static func outcome(of event: ItemEvent, _ entry: RemoteItem?, _ item: ListedItem) -> Outcome {
    let id = entry?.id ?? "?"
    return switch event {
    case .listedOurs: Outcome(.made, remoteID: id)
    case .listedForeign where item.mayBeMade:
      Outcome(
        .refused, remoteID: id, message: "there as \(id), but what it is or when it was made does not fit what we sent")
    case .listedForeign:
      Outcome(.refused, remoteID: id, message: "already there as \(id) although nothing that was sent has made it")
    case .listedAbsent(after: .silence, _):
      Outcome(.refused, message: Self.absent + (item.message.map { " (the last time: \($0))" } ?? ""))
    default: Outcome(.refused, message: item.message)
    }
  }
}
