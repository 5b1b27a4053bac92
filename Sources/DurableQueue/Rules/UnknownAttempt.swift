// An attempt without a definite answer, and when what it asked for may have been made.

import Pacing
import Provisioning

extension Outcome.Kind {
  /// Whether an attempt has ended without a definite answer; not IN, which opens a temporary table.
  static let isUnknown =
    "(" + allCases.filter { !$0.isDefinite }.map { "outcome = '\($0.rawValue)'" }.joined(separator: " OR ") + ")"
}

/// An attempt that may have made its item.
struct UnknownAttempt {
  /// The canonical JSON that was sent.
  let definition: String
  /// How late it may land after it was written in doubt.
  let delay: Duration
  /// When it might be sent, and when it was written in doubt; nil while it is under way.
  private let start: Instant
  private let end: Instant?
  /// The same by the clock of the machine's start; nil where that is not known.
  private let startSinceBoot: SinceBoot?
  private let endSinceBoot: SinceBoot?
  /// The lowest and the highest skew of the service's clock that its owner has seen.
  private let lowestSkew: Duration?
  private let highestSkew: Duration?

  /// Rows out: an item's attempts without a definite answer, the oldest first, by the attempt's key. Takes the item.
  static let sql = """
    SELECT settle_delay, start_at, attempt.ended_at, boot, start_up, ended_up, clock_skew, clock_skew_most,
      request_timeout, item.name, \(StoredDefinitions.columns)
    FROM attempt JOIN item ON item.id = item_id JOIN owner ON owner.id = attempt.owner_id
      JOIN definition ON definition.id = attempt.definition_id \(StoredDefinitions.join)
    WHERE item_id = ? AND (\(Outcome.Kind.isUnknown) OR outcome = '\(Outcome.Kind.made.rawValue)') ORDER BY attempt.ordinal
    """

  init(_ row: Row) throws {
    delay = max(try row.get(0) as Duration? ?? .zero, try row.get(8) as Duration? ?? .zero)
    start = try row.get(1)
    end = try row.get(2)
    let boot = try row.get(3) as String?
    func sinceBoot(_ elapsed: Duration?) -> SinceBoot? {
      boot.flatMap { boot in elapsed.map { SinceBoot(boot: boot, elapsed: $0) } }
    }
    startSinceBoot = sinceBoot(try row.get(4))
    endSinceBoot = sinceBoot(try row.get(5))
    lowestSkew = try row.get(6)
    highestSkew = try row.get(7)
    var definitions = StoredDefinitions()
    definition = try definitions.definition(of: try row.get(9), row, at: 10).text
  }

  /// Whether a list that was asked for at a moment cannot show what the attempt made.
  func isLater(than asked: Moment) -> Bool {
    guard let startSinceBoot else { return asked.wall < start }
    // After another start of the machine the attempt is long over.
    return asked.sinceBoot.age(of: startSinceBoot).map { $0 < .zero } ?? false
  }

  /// Whether something that was made at an instant, by the service's clock, may have been made by this attempt: not before
  /// it was sent, and not later than it can have landed.
  ///
  /// The clock that nobody sets brings our instants to the present clock, which the list compares with the service's.
  /// Where it cannot, our clock may have been set since: of what the owner saw and what the list shows the farther one
  /// counts, and what nobody saw may have been the largest.
  func mayHaveMade(at createdAt: Instant, as list: RemoteList, by rules: ReconcileRules) -> Bool {
    let (from, isFromExact) = Self.present(start, startSinceBoot, at: list.asked)
    let lowest = list.clockSkew ?? .zero - rules.largestSkew
    let skew = isFromExact ? lowest : min(lowest, lowestSkew ?? .zero - rules.largestSkew)
    guard createdAt >= from + skew - rules.clockTolerance else { return false }
    guard let end else { return true }
    let (until, isUntilExact) = Self.present(end, endSinceBoot, at: list.asked)
    let highest = list.clockSkew ?? rules.largestSkew
    let latestSkew = isUntilExact ? highest : max(highest, highestSkew ?? rules.largestSkew)
    return createdAt <= until + max(delay, rules.settleDelay) + latestSkew + rules.lateTolerance
  }

  /// An instant of the past by the clock of a moment, and whether that is exact.
  private static func present(_ instant: Instant, _ sinceBoot: SinceBoot?, at moment: Moment) -> (Instant, Bool) {
    guard let sinceBoot, let age = moment.sinceBoot.age(of: sinceBoot) else { return (instant, false) }
    return (moment.wall - age, true)
  }
}
