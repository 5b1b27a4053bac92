// What leaves a course: counted against the rosters that it had in the last 30 days, so that a course that shrinks in
// steps is seen as well as one that is cut in half at once.

import Pacing
import Provisioning

/// The whole rosters that a course has had in the last 30 days, the oldest first; with the one that it had when they began.
struct CourseRosters {
  struct Roster: Hashable {
    let id: Int64
    /// Rows that name an item.
    let rowCount: Int
    let importedAt: Instant
  }

  static let span = Duration.seconds(30 * 86_400)

  private let rosters: [Roster]

  /// The roster before the new one.
  var previous: Roster? { rosters.last }
  /// The one with the most rows, the latest of several; nil where that is the previous one.
  var largest: Roster? { largest(of: rosters).flatMap { $0 == previous ? nil : $0 } }
  /// Equal for equal ones, as long as nobody imports or forgets a roster.
  var ids: [BatchID] { rosters.map { BatchID($0.id) } }

  static let none = CourseRosters(rosters: [])

  private init(rosters: [Roster]) { self.rosters = rosters }

  /// Rows out: one for each roster.
  ///
  /// - Parameter batch: only rosters before this one.
  init(label: String, baseURL: BaseURL, before batch: Int64 = .max, _ db: any Transaction) throws {
    let counts = ItemState.allCases.map(\.rawValue).joined(separator: " + ")
    rosters = try db.all(
      """
      SELECT batch.id, \(counts), imported_at FROM batch JOIN tally ON tally.batch_id = batch.id
      WHERE label = :label AND base_url = :base AND is_partial = 0 AND batch.id < :before
        AND batch.id >= coalesce((
          SELECT max(earlier.id) FROM batch earlier WHERE earlier.label = :label AND earlier.base_url = :base
            AND earlier.is_partial = 0 AND earlier.id < :before AND earlier.imported_at < :since), 0)
      ORDER BY batch.id
      """,
      [
        "label": label, "base": baseURL, "before": batch, "since": (db.now.wall - Self.span).microseconds,
      ]
    ).map { Roster(id: try $0.get(0), rowCount: try $0.get(1), importedAt: try $0.get(2)) }
  }

  private func largest(of rosters: some Sequence<Roster>) -> Roster? {
    rosters.max { ($0.rowCount, $0.id) < ($1.rowCount, $1.id) }
  }

  /// The roster of which more rows are gone than the limit allows; nil where there is none.
  ///
  /// What has left an earlier roster of the 30 days, more than the limit allows, has left because a person said so: nobody
  /// is asked for that again, and only what came afterwards counts.
  ///
  /// - Parameter gone: how many items of a roster the new one does not name.
  func share(
    over limit: GoneLimit, gone: (Roster) throws -> Int, _ db: any Transaction
  ) throws -> GoneShare? {
    guard let previous else { return nil }
    if let share = try Self.share(of: previous, over: limit, gone) { return share }
    var base = largest
    while let roster = base, roster != previous, let share = try Self.share(of: roster, over: limit, gone) {
      let most = limit.most(of: roster.rowCount)
      let answered = try rosters.first { try $0.id > roster.id && Self.goneCount(of: roster.id, in: $0.id, db) > most }
      guard let answered else { return share }
      base = largest(of: rosters.drop { $0 != answered })
    }
    return nil
  }

  private static func share(
    of roster: Roster, over limit: GoneLimit, _ gone: (Roster) throws -> Int
  ) throws -> GoneShare? {
    let most = limit.most(of: roster.rowCount)
    // So small that all of it may leave.
    guard roster.rowCount > most else { return nil }
    let count = try gone(roster)
    guard count > most else { return nil }
    return GoneShare(
      goneCount: count, rowCount: roster.rowCount, batch: BatchID(roster.id), importedAt: roster.importedAt)
  }

  /// Row out: how many items of a batch another one does not name.
  static func goneCount(of earlier: Int64, in later: Int64, _ db: any Transaction) throws -> Int {
    try db.value(
      """
      SELECT count(*) FROM batch_row earlier WHERE batch_id = ?1 AND item_id IS NOT NULL
        AND NOT EXISTS (
          SELECT 1 FROM batch_row WHERE batch_row.item_id = earlier.item_id AND batch_row.batch_id = ?2)
        AND NOT EXISTS (
          SELECT 1 FROM batch_row WHERE named_item_id = earlier.item_id AND batch_row.batch_id = ?2)
      """, [earlier, later], as: Int.self) ?? 0
  }
}

/// Items that a roster which is being read has not named yet.
struct Leavers {
  let course: CourseRosters
  /// Of the previous roster, and of the largest.
  private(set) var previous: Set<Int64>
  private var largest: Set<Int64>
  /// Items that it names and that are in neither.
  private var others: Set<Int64> = []

  /// - Parameter isPartial: nobody leaves with a part of a roster.
  init(label: String, baseURL: BaseURL, isPartial: Bool, _ db: any Transaction) throws {
    course = isPartial ? .none : try CourseRosters(label: label, baseURL: baseURL, db)
    previous = try Self.items(of: course.previous, db)
    largest = try Self.items(of: course.largest, db)
  }

  private static func items(of roster: CourseRosters.Roster?, _ db: any Transaction) throws -> Set<Int64> {
    guard let roster else { return [] }
    var items = Set<Int64>(minimumCapacity: roster.rowCount)
    try db.each("SELECT item_id FROM batch_row WHERE batch_id = ? AND item_id IS NOT NULL", [roster.id]) {
      items.insert(try $0.get(0))
    }
    return items
  }

  /// Notes that the roster names an item.
  mutating func stay(_ item: Int64) {
    let wasThere = previous.remove(item) != nil
    guard course.largest != nil else { return }
    if largest.remove(item) == nil, !wasThere { others.insert(item) }
  }

  /// What leaves more than may, now that all rows were read.
  func share(over limit: GoneLimit, _ db: any Transaction) throws -> GoneShare? {
    try course.share(
      over: limit,
      gone: { roster in
        switch roster {
        case course.previous: previous.count
        case course.largest: largest.count
        default: try goneCount(of: roster, db)
        }
      }, db)
  }

  /// Of a roster between the largest and the previous one.
  private func goneCount(of roster: CourseRosters.Roster, _ db: any Transaction) throws -> Int {
    var count = 0
    try db.each(
      """
      SELECT item_id, EXISTS (SELECT 1 FROM batch_row other WHERE other.item_id = batch_row.item_id
        AND (other.batch_id = ?2 OR other.batch_id = ?3))
      FROM batch_row WHERE batch_id = ?1 AND item_id IS NOT NULL
      """, [roster.id, course.previous?.id, course.largest?.id]
    ) { row in
      let (item, isKnown): (Int64, Bool) = (try row.get(0), try row.get(1))
      let isGone = isKnown ? previous.contains(item) || largest.contains(item) : !others.contains(item)
      if isGone { count += 1 }
    }
    return count
  }
}
