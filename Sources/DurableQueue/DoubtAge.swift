// How old a doubt is. A wall clock alone never tells: people and time servers set it. Late enough is what both clocks say,
// or what the asking process has waited itself.

import Pacing
package import Provisioning

/// An account of a batch with something in doubt.
package struct Doubt: Hashable, Sendable {
  /// The account.
  package let account: BatchAccount
  /// How long until the first of its doubts is late enough that the clocks can tell of; nil when they tell of none.
  package let remaining: Duration?
  /// The doubts of which the clocks cannot tell.
  package let unproven: [UnprovenDoubt]

  /// Makes one.
  package init(account: BatchAccount, remaining: Duration?, unproven: [UnprovenDoubt] = []) {
    self.account = account
    self.remaining = remaining
    self.unproven = unproven
  }
}

/// A doubt whose age the clocks cannot tell: it was written before the machine's last start, on another machine, or before
/// the clock was set back.
package struct UnprovenDoubt: Hashable, Sendable {
  /// The item.
  package let item: ItemID
  /// The item's version: tells one doubt of the item from another.
  package let version: Int
  /// How late what is in doubt may land.
  package let delay: Duration

  /// Makes one.
  package init(item: ItemID, version: Int, delay: Duration) {
    self.item = item
    self.version = version
    self.delay = delay
  }
}

/// When this process first read each doubt whose age the clocks cannot tell.
package struct DoubtWatch: Hashable, Sendable {
  private struct Key: Hashable {
    let item: ItemID
    let version: Int
  }

  private var firstRead: [Key: Duration] = [:]

  /// Knows of none.
  package init() {}

  /// Notes what is unproven now, and forgets what is not any more.
  ///
  /// - Parameter elapsed: the time since the machine's start.
  package mutating func note(_ doubts: [UnprovenDoubt], at elapsed: Duration) {
    let keys = doubts.map { Key(item: $0.item, version: $0.version) }
    firstRead = Dictionary(keys.map { ($0, firstRead[$0] ?? elapsed) }) { first, _ in first }
  }

  /// When the process first read a doubt, since the machine's start; nil when it has not, or the clocks can tell.
  package func firstRead(of item: ItemID, version: Int) -> Duration? { firstRead[Key(item: item, version: version)] }
}

extension Queue {
  /// How far a wall clock may have fallen behind the other since a doubt began, and still tell its age: time servers slew.
  private static let slewTolerance = Duration.seconds(1)

  /// Whether the clocks tell a doubt's age; takes the machine's start and the time by both clocks.
  private static let isProven = """
    (doubt_boot IS :boot AND :now - doubt_at >= :up - doubt_up - \(slewTolerance.microseconds))
    """

  /// How late what is in doubt may land: the longest that it was sent under, or that the asker says.
  static let delaySQL = """
    max(:delay, coalesce((SELECT max(max(settle_delay, request_timeout)) FROM attempt
      WHERE attempt.item_id = item.id AND \(Outcome.Kind.isUnknown)), 0))
    """

  private static let ofBatch = """
    doubt_at IS NOT NULL AND EXISTS (SELECT 1 FROM batch_row WHERE item_id = item.id AND batch_row.batch_id = :batch)
    """

  /// Rows out: accounts with an item of the batch in doubt. Index: `item_in_doubt`, so that it costs what is in doubt.
  ///
  /// - Parameter delay: how late the asker says that a create may land.
  static func doubts(of batch: BatchID, within delay: Duration, at now: Moment, _ db: any Transaction) throws -> [Doubt]
  {
    let arguments: Arguments = [
      "batch": batch.rawValue, "delay": delay.microseconds, "boot": now.sinceBoot.boot,
      "now": now.wall.microseconds, "up": now.sinceBoot.elapsed.microseconds,
    ]
    var remaining: [BatchAccount: Duration] = [:]
    for row in try db.all(provenSQL, arguments) {
      remaining[try account(row)] = try row.get(2)
    }
    var unproven: [BatchAccount: [UnprovenDoubt]] = [:]
    for row in try db.all(unprovenSQL, arguments) {
      unproven[try account(row), default: []].append(
        UnprovenDoubt(item: ItemID(try row.get(2)), version: try row.get(3), delay: try row.get(4)))
    }
    return Set(remaining.keys).union(unproven.keys).sorted { $0.account < $1.account }.map {
      Doubt(account: $0, remaining: remaining[$0], unproven: unproven[$0] ?? [])
    }
  }

  private static func account(_ row: Row) throws -> BatchAccount {
    BatchAccount(scope: AccountScopeID(try row.get(0)), account: try row.get(1))
  }

  /// The smaller of the two ages counts, so what remains is the larger of the two rests.
  private static let provenSQL = """
    SELECT account_scope.id, account, min(\(delaySQL) + max(doubt_at - :now, doubt_up - :up))
    FROM item INDEXED BY item_in_doubt JOIN account_scope ON account_scope.id = account_scope_id
    WHERE \(ofBatch) AND \(isProven) GROUP BY account_scope_id
    """

  private static let unprovenSQL = """
    SELECT account_scope.id, account, item.id, version, \(delaySQL)
    FROM item INDEXED BY item_in_doubt JOIN account_scope ON account_scope.id = account_scope_id
    WHERE \(ofBatch) AND NOT \(isProven)
    """
}
