// A key scope's row inside a transaction: the limit that holds, where it stands, what it waits for, and what the answers
// have taught.

import Foundation
import Pacing
import Provisioning

/// A key scope's row, read inside a transaction.
struct ScopeRow {
  let id: Int64
  let limit: Limit
  let state: QuotaState
  /// Why nothing starts before `state.notBefore`.
  let waitReason: Reason?
  private let waitMessage: String?
  private let waitAsked: Duration?
  /// What was used of the windows, as the table has it.
  private let storedUsage: [Rate.Period: WindowUsage]
  private let moment: Moment?

  /// Reads the row.
  ///
  /// - Parameter moment: the time, for whoever takes permits: what was used of the windows is brought to its clock.
  init(_ scope: KeyScopeID, at moment: Moment? = nil, _ db: any Transaction) throws {
    id = scope.rawValue
    // Columns by their place here and in the other statements of a claim and a settle: looking a name up costs more
    // than reading the row.
    let row = try db.one(
      """
      SELECT theoretical_at, not_before, rate_count, rate_period, burst, limit_source, limit_at, windows, learner,
        wait_reason, wait_message, wait_asked, window_at, window_boot, window_up FROM key_scope WHERE id = ?
      """, [id])
    guard let row else { throw BrokenRows(what: "a key scope is missing") }
    limit = try Self.limit(row)
    waitReason = try row.get(9)
    waitMessage = try row.get(10)
    waitAsked = try row.get(11)
    self.moment = moment
    storedUsage = limit.quota.windows.isEmpty ? [:] : try Self.usage(of: id, db)
    state = QuotaState(
      theoretical: try row.get(0), notBefore: try row.get(1),
      usage: Self.present(storedUsage, of: limit.quota.windows, step: try Self.step(row, at: moment)))
  }

  /// By how much the clock was set since permits of the windows were last taken; zero where nobody can tell.
  private static func step(_ row: Row, at moment: Moment?) throws -> Duration {
    guard let moment, let wall = try row.get(12) as Instant?, let boot = try row.get(13) as String?,
      let up = try row.get(14) as Duration?, let age = moment.sinceBoot.age(of: SinceBoot(boot: boot, elapsed: up))
    else { return .zero }
    let step = moment.wall - wall - age
    return abs(step.microseconds) > 1_000_000 ? step : .zero
  }

  private static func present(
    _ usage: [Rate.Period: WindowUsage], of windows: [Window], step: Duration
  ) -> [Rate.Period: WindowUsage] {
    guard step != .zero else { return usage }
    var usage = usage
    for window in windows {
      usage[window.rate.period] = usage[window.rate.period].map { window.shifted($0, by: step) }
    }
    return usage
  }

  private static func limit(_ row: Row) throws -> Limit {
    let windows = try windows(row.get(7))
    let at = try row.get(6) as Instant?
    if let count = try row.get(2) as Int?, let period = try row.get(3) as Rate.Period?,
      let burst = try row.get(4) as Int?, let source = try row.get(5) as Limit.Source?
    {
      guard let rate = Rate(count, per: period) else { throw DamagedValue(what: "rate_count") }
      return Limit(quota: Quota(rate: rate, burst: burst, windows: windows), source: source, at: at)
    }
    var limit = Limit.standard
    if let text = try row.get(8) as String? {
      let learner = try Self.learner(text)
      limit = Limit(
        quota: learner.quota, source: learner.isStarting ? .standard : .learned,
        at: learner.isStarting ? nil : learner.learnedAt)
    }
    limit.quota.windows = windows
    return limit
  }

  private static func learner(_ text: String) throws -> PaceLearner {
    let found = Result { try JSONDecoder().decode(PaceLearner.self, from: Data(text.utf8)) }
    guard case .success(let learner) = found, learner.isSound else { throw DamagedValue(what: "learner") }
    return learner
  }

  // MARK: - Windows

  /// Windows as the database has them; nil for none.
  static func text(_ windows: [Window]) -> String? {
    windows.isEmpty ? nil : windows.map(\.description).joined(separator: " ")
  }

  private static func windows(_ text: String?) throws -> [Window] {
    try (text ?? "").split(separator: " ").map { word in
      guard let window = Rate(String(word)).flatMap(Window.init) else { throw DamagedValue(what: "windows") }
      return window
    }
  }

  /// Rows out: the scope's buckets, by their key; at most about two hundred.
  private static func usage(of scope: Int64, _ db: any Transaction) throws -> [Rate.Period: WindowUsage] {
    var usage: [Rate.Period: WindowUsage] = [:]
    let rows = try db.all("SELECT period, bucket, count FROM key_window WHERE key_scope_id = ?", [scope])
    for row in rows {
      let bucket = try row.get(1) as Int64
      guard StoredRange.buckets.contains(bucket) else { throw DamagedValue(what: "bucket") }
      usage[try row.get(0), default: WindowUsage()].counts[bucket] = Int(try row.get(2) as Int32)
    }
    return usage
  }

  func store(_ state: QuotaState, _ db: any Transaction) throws {
    guard state != self.state || state.usage != storedUsage else { return }
    try db.run(
      "UPDATE OR ROLLBACK key_scope SET theoretical_at = ?, not_before = ? WHERE id = ?",
      [state.theoretical.microseconds, state.notBefore.microseconds, id])
    guard !state.usage.isEmpty else { return }
    for (period, usage) in state.usage { try store(usage, of: period, db) }
    guard let moment else { return }
    try db.run(
      "UPDATE key_scope SET window_at = ?, window_boot = ?, window_up = ? WHERE id = ?",
      [
        moment.wall.microseconds, moment.sinceBoot.boot, moment.sinceBoot.elapsed.microseconds, id,
      ])
  }

  private func store(_ usage: WindowUsage, of period: Rate.Period, _ db: any Transaction) throws {
    let before = storedUsage[period] ?? WindowUsage()
    for bucket in before.counts.keys where usage.counts[bucket] == nil {
      try db.run(
        "DELETE FROM key_window WHERE key_scope_id = ? AND period = ? AND bucket = ?", [id, period.rawValue, bucket])
    }
    for (bucket, count) in usage.counts where before.counts[bucket] != count {
      try db.run(
        """
        INSERT INTO key_window (key_scope_id, period, bucket, count) VALUES (?, ?, ?, ?)
        ON CONFLICT (key_scope_id, period, bucket) DO UPDATE SET count = excluded.count
        """, [id, period.rawValue, bucket, count])
    }
  }

  // MARK: - Waiting and learning

  /// A decision that is further from its writing than this was made by another clock, or by a process that was stopped.
  private static let longestCommit = Duration.seconds(10)

  /// What the scope waits for; nil when it waits for nothing.
  func wait(at now: Instant) -> KeyWait? {
    guard state.notBefore > now, let waitReason else { return nil }
    return KeyWait(until: state.notBefore, reason: waitReason, message: waitMessage, asked: waitAsked)
  }

  func wait(_ new: ScopeWait, at now: Moment, _ db: any Transaction) throws {
    var wait = new.wait
    let isThrottle = wait.reason == .throttled
    if let decidedAt = new.decidedAt, abs((now.wall - decidedAt).microseconds) > Self.longestCommit.microseconds {
      // The clock was set meanwhile.
      wait.until = now.wall + (wait.until - decidedAt)
    }
    var quota = limit.quota
    if isThrottle, limit.source != .flag {
      quota = try learn(at: now.wall, db) { $0.noteThrottle(sentAt: new.sentAt ?? now.wall, at: now.wall) } ?? quota
    }
    var next = state
    next.notBefore = max(state.notBefore, wait.until)
    if isThrottle { next = quota.emptied(state, until: wait.until) }
    guard next != state else { return }
    try store(next, db)
    guard next.notBefore > state.notBefore else { return }
    try countWait(from: now, db)
    try db.run(
      "UPDATE key_scope SET wait_reason = ?, wait_message = ?, wait_asked = ? WHERE id = ?",
      [wait.reason.rawValue, wait.message, wait.asked?.microseconds, id])
    try db.run(
      "INSERT INTO key_wait (key_scope_id, from_at, until_at, reason, message) VALUES (?, ?, ?, ?, ?)",
      [id, now.wall.microseconds, wait.until.microseconds, wait.reason.rawValue, wait.message])
  }

  /// Learns from an answer that was no throttle, where nobody has said a limit.
  static func learnFromAnswer(_ scope: KeyScopeID, at now: Instant, _ db: any Transaction) throws {
    let row = try ScopeRow(scope, db)
    guard row.limit.source != .flag else { return }
    _ = try row.learn(at: now, db) { $0.noteClean(at: now) }
  }

  /// Goes on from what was learned, carefully, where nobody has said a limit.
  static func beginRun(_ scope: KeyScopeID, at now: Instant, _ db: any Transaction) throws {
    let row = try ScopeRow(scope, db)
    guard row.limit.source == .learned else { return }
    _ = try row.learn(at: now, db) { $0.beginRun(at: now) }
  }

  /// - Returns: the quota that holds from now on; nil when it has not changed.
  private func learn(at now: Instant, _ db: any Transaction, _ body: (inout PaceLearner) -> Bool) throws -> Quota? {
    let text = try db.value("SELECT learner FROM key_scope WHERE id = ?", [id], as: String.self)
    var learner = try text.map(Self.learner) ?? PaceLearner()
    let isChanged = body(&learner)
    let json = String(decoding: try JSONEncoder().encode(learner), as: UTF8.self)
    try db.run("UPDATE key_scope SET learner = ? WHERE id = ?", [json, id])
    guard isChanged else { return nil }
    try db.run(
      "INSERT INTO learned_pace (key_scope_id, at, per_second) VALUES (?, ?, ?)",
      [id, now.microseconds, learner.perSecond])
    var quota = learner.quota
    quota.windows = limit.quota.windows
    try store(quota.rescaled(state, from: limit.quota, at: now), db)
    return quota
  }
}
