// Fairness: where several owners want more permits of one key than there are, each may take its share and no more, so that
// a class of ten thousand does not starve a class of five.

import Pacing
import Provisioning

/// What one owner may take of a limit while others, too, want more than they get: the limit's rate by their number, as a
/// bucket of its own without a burst. Who wants less than its share leaves the rest to the others.
struct OwnerShare {
  /// How long an owner that came away with too little counts as wanting more, beyond the permit that it waits for.
  private static let patience = Duration.milliseconds(750)

  /// Nobody wants for longer: the longest wait of a key, and the patience. What is later was written by a clock that was
  /// ahead.
  private static let longestWanting = Duration.seconds(3_600) + patience

  private let owner: OwnerID
  private let interval: Duration
  private(set) var next: Instant

  /// - Returns: nil when nobody else wants more, so that all of it is the owner's.
  init?(of owner: OwnerID, with scope: KeyScopeID, _ quota: Quota, at now: Instant, _ db: any Transaction) throws {
    // Index: `owner_wanting`.
    let others = try db.value(
      """
      SELECT count(*) FROM owner
      WHERE key_scope_id = ? AND wanting_until BETWEEN ? AND ? AND id <> ? AND ended_at IS NULL
      """,
      [
        scope.rawValue, now.microseconds + 1, (now + Self.longestWanting).microseconds, owner.rawValue,
      ], as: Int.self)
    guard let others, others > 0 else { return nil }
    self.owner = owner
    interval = quota.rate.interval * (others + 1)
    let stored = try db.one("SELECT share_next_at FROM owner WHERE id = ?", [owner.rawValue])
    next = max(try stored?.get(0) as Instant? ?? Instant(microseconds: 0), now)
    // What is farther ahead than anybody can have taken was left by a clock that was set back, or by a slower rate. It is
    // written at once: measured from each look anew it would never come nearer.
    let latest = now + Quota.longestHorizon + interval
    guard next > latest else { return }
    next = latest
    try store(db)
  }

  /// How many permits the owner may take from now to `horizon` later.
  func count(at now: Instant, within horizon: Duration) -> Int {
    let ahead = now + min(horizon, Quota.longestHorizon) - next
    return ahead < .zero ? 0 : 1 + Int(ahead / interval)
  }

  /// Notes that so many were taken.
  mutating func take(_ count: Int, _ db: any Transaction) throws {
    guard count > 0 else { return }
    next = next + interval * count
    try store(db)
  }

  private func store(_ db: any Transaction) throws {
    try db.run("UPDATE owner SET share_next_at = ? WHERE id = ?", [next.microseconds, owner.rawValue])
  }

  /// Notes that an owner wants more permits than it got, and waits for one.
  static func noteWanting(
    _ owner: OwnerID, with scope: KeyScopeID, until permit: Instant, at now: Instant, _ db: any Transaction
  ) throws {
    let until = (max(now, permit) + patience).microseconds
    // Hardly ever written: not with every claim.
    try db.run(
      """
      UPDATE owner SET key_scope_id = ?, wanting_until = ?
      WHERE id = ? AND (wanting_until IS NULL OR wanting_until NOT BETWEEN ? AND ?)
      """,
      [
        scope.rawValue, until, owner.rawValue, until - patience.microseconds / 2, until + patience.microseconds,
      ])
  }
}
