// One item's whole history, for the person who asks what happened.

import GRDB
package import Pacing
package import Provisioning

/// An item with every attempt that was made for it.
package struct ItemHistory: Hashable, Sendable {
  /// One attempt.
  package struct Attempt: Hashable, Sendable {
    /// Its number; rises with every claim.
    package let ordinal: Int
    /// The instant from which it might be sent.
    package let startAt: Instant
    /// When it ended; nil while it is under way.
    package let endedAt: Instant?
    /// What it learned; nil while it is under way.
    package let outcome: Outcome.Kind?
    /// Whether the attempts limit counts it.
    package let isUsed: Bool
    /// The HTTP status.
    package let status: Int?
    /// What the service or the network said.
    package let message: String?
    /// The service's id of the request.
    package let requestID: String?
    /// From sending to the answer.
    package let latency: Duration?
  }

  /// Its account.
  package let account: String
  /// Its name.
  package let name: String
  /// Where it is in its life.
  package let state: ItemState
  /// Why it failed or waits.
  package let reason: Reason?
  /// What was said about that.
  package let message: String?
  /// When it may be claimed; nil unless it is ready.
  package let due: Instant?
  /// Since when it is in doubt; nil unless it is.
  package let doubtAt: Instant?
  /// The target's id.
  package let remoteID: String?
  /// Whether it was found in a list rather than told by its own answer.
  package let isAdopted: Bool
  /// Canonical JSON, as it was or will be sent.
  package let definition: String
  /// Its attempts, the oldest first.
  package let attempts: [Attempt]
}

extension Queue {
  /// The items of a batch by name, or the one of a line of its roster; empty when there is none.
  package func histories(named name: String, line: Int?, in batch: BatchID) throws -> [ItemHistory] {
    try read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT item.*, account, json FROM batch_row JOIN item ON item.id = item_id
            JOIN account_scope ON account_scope.id = account_scope_id
            JOIN definition ON definition.id = item.definition_id
          WHERE batch_row.batch_id = ? AND (item.name = ? OR batch_row.line = ?) ORDER BY batch_row.ordinal
          """, arguments: [batch.rawValue, name, line])
      return try rows.map { try Self.history($0, db) }
    }
  }

  private static func history(_ row: Row, _ db: Database) throws -> ItemHistory {
    let attempts = try Row.fetchAll(
      db, sql: "SELECT * FROM attempt WHERE item_id = ? ORDER BY ordinal", arguments: [row["id"] as Int64])
    return ItemHistory(
      account: row["account"], name: row["name"], state: ItemState(rawValue: row["state"]) ?? .ready,
      reason: (row["reason"] as String?).flatMap(Reason.init(rawValue:)), message: row["message"],
      due: instant(row["due"]), doubtAt: instant(row["doubt_at"]), remoteID: row["remote_id"],
      isAdopted: row["adopted"], definition: row["json"], attempts: attempts.map(attempt))
  }

  private static func attempt(_ row: Row) -> ItemHistory.Attempt {
    ItemHistory.Attempt(
      ordinal: row["ordinal"], startAt: Instant(microseconds: row["start_at"]), endedAt: instant(row["ended_at"]),
      outcome: (row["outcome"] as String?).flatMap(Outcome.Kind.init(rawValue:)), isUsed: row["is_used"],
      status: row["status"], message: row["message"], requestID: row["request_id"],
      latency: (row["latency"] as Int64?).map { .microseconds($0) })
  }

  private static func instant(_ microseconds: Int64?) -> Instant? { microseconds.map(Instant.init(microseconds:)) }
}
