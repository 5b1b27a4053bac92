// How old a doubt is. A wall clock alone never tells: people and time servers set it. Late enough is what both clocks say,
// or what the asking process has waited itself.

import Pacing
import Provisioning

extension Queue {
  /// How far a wall clock may have fallen behind the other since a doubt began, and still tell its age: time servers slew.
  private static let slewTolerance = Duration.seconds(1)

  /// Whether the clocks tell a doubt's age; takes the machine's start and the time by both clocks.
  private static let isProven = """
    (doubt_boot IS NOT NULL AND doubt_boot = :boot AND :now - doubt_at >= :up - doubt_up - \(slewTolerance.microseconds))
    """

  /// How late what is in doubt may land: the longest that it was sent under, or that the asker says.
  static let delaySQL = """
    coalesce((SELECT max(CASE WHEN settle_delay > request_timeout THEN settle_delay ELSE request_timeout END)
      FROM attempt WHERE attempt.item_id = item.id AND (settle_delay > :delay OR request_timeout > :delay)
        AND \(Outcome.Kind.isUnknown)), :delay)
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
    SELECT account_scope_id, min(account), min(\(delaySQL)
      + CASE WHEN doubt_at - :now > doubt_up - :up THEN doubt_at - :now ELSE doubt_up - :up END)
    FROM item INDEXED BY item_in_doubt JOIN account_scope ON account_scope.id = account_scope_id
    WHERE \(ofBatch) AND \(isProven) GROUP BY account_scope_id
    """

  private static let unprovenSQL = """
    SELECT account_scope.id, account, item.id, version, \(delaySQL)
    FROM item INDEXED BY item_in_doubt JOIN account_scope ON account_scope.id = account_scope_id
    WHERE \(ofBatch) AND NOT \(isProven)
    """
}
