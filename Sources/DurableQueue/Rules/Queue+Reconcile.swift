// Reconciling: what is in doubt is settled by the service's own list, never by a guess.

import Pacing
package import Provisioning

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
  /// Done: listed with its id, it was seen.
  ///
  /// - Parameters:
  ///   - isMade: whether an entry is what a definition asked for.
  ///   - shown: what an entry with its detail is made with, told like a definition; nil where the detail does not tell.
  package func reconcile(
    _ list: RemoteList, in account: AccountScopeID, of batch: BatchID, by rules: ReconcileRules,
    isMade: @escaping @Sendable (RemoteItem, _ definition: String) -> Bool,
    shown: @escaping @Sendable (RemoteItem, _ definition: String) -> String? = { $1 }
  ) async throws -> Reconciliation {
    try await write { db in
      try self.reconcile(list, in: account, of: batch, by: rules, isMade: isMade, shown: shown, db)
    }
  }

  func reconcile(
    _ list: RemoteList, in account: AccountScopeID, of batch: BatchID, by rules: ReconcileRules,
    isMade: @escaping (RemoteItem, _ definition: String) -> Bool,
    shown: @escaping (RemoteItem, _ definition: String) -> String? = { $1 }, _ db: any Transaction
  ) throws -> Reconciliation {
    let reconciler = Reconciler(list: list, rules: rules, isMade: isMade)
    var result = Reconciliation()
    for item in try ListedItem.allInDoubt(in: account, db) {
      try settle(item, of: batch, by: reconciler, shown: shown, into: &result, db)
    }
    for name in reconciler.entries.names {
      guard let item = try ListedItem.named(name, in: account, db) else { continue }
      if reconciler.entries[name].count > 1 { result.duplicateNames.append(name) }
      switch item.state {
      case .ready where try item.belongs(to: batch, db):
        try settle(item, of: batch, by: reconciler, shown: shown, into: &result, db)
      case .done where reconciler.entries[name].contains { $0.id == item.remoteID }:
        try item.place.apply(.seen, ItemFacts(seenAt: list.asked.wall), at: db.now, db)
      default: break
      }
    }
    result.duplicateNames.sort()
    return result
  }

  private func settle(
    _ item: ListedItem, of batch: BatchID, by reconciler: Reconciler,
    shown: (RemoteItem, _ definition: String) -> String?, into result: inout Reconciliation, _ db: any Transaction
  ) throws {
    let decision = try reconciler.decision(
      on: item, isOwn: try item.belongs(to: batch, db), isOrphaned: try item.isOrphaned(db), db)
    result.differing += decision.differing
    guard let event = decision.event else { return }
    var facts = ItemFacts(
      message: Self.message(of: event, decision.entry, item), remoteID: decision.entry?.id,
      createdAt: decision.entry?.createdAt, seenAt: reconciler.list.asked.wall)
    if event == .takenOver {
      guard let entry = decision.entry else { return }
      facts.definition = try Self.definition(shownBy: entry, of: item.id, shown, db)
    }
    guard let transition = try item.place.apply(event, facts, at: db.now, db) else { return }
    result.moved[transition.state, default: 0] += 1
  }

  private static let absent = "no answer, and the service's list does not show it"

  /// What stands with the item afterwards.
  private static func message(of event: ItemEvent, _ entry: RemoteItem?, _ item: ListedItem) -> String? {
    let id = entry?.id ?? "?"
    let message: String? =
      switch event {
      case .listedOurs, .takenOver: nil
      case .listedForeign where item.mayBeMade:
        "there as \(id), but what it is or when it was made does not fit what we sent"
      case .listedForeign: "already there as \(id) although nothing that was sent has made it"
      case .listedAbsent(after: .silence, _): absent + (item.message.map { " (the last time: \($0))" } ?? "")
      default: item.message
      }
    // It is clipped as any message is.
    return Outcome(.refused, message: message).message
  }
}
