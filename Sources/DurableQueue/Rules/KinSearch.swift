// A roster of a name that was never seen may be a known course whose file was renamed: told by the items that both name.

import Provisioning

/// Looks for the courses that a roster shares its items with.
struct KinSearch {
  private let course: Course
  /// Whether the course was never seen, so that it may be another one.
  private let isUnseen: Bool
  /// The items that the roster names and the queue has.
  private var items: Set<Int64> = []

  init(of course: Course, _ db: any Transaction) throws {
    self.course = course
    isUnseen = try Queue.course(course, db) == nil
  }

  /// Notes that the roster names an item.
  mutating func note(_ item: Int64) { if isUnseen { items.insert(item) } }

  /// The courses at the same place of which the roster names more than half, the nearest first. Rows in: those of the
  /// courses' latest whole rosters, by `batch_row`'s key.
  func found(_ db: any Transaction) throws -> [CourseKin] {
    guard !items.isEmpty else { return [] }
    let latest = try db.all(
      """
      SELECT max(id), label FROM batch WHERE service = ? AND base_url = ? AND is_partial = 0 GROUP BY label
      """, [course.service, course.baseURL])
    return try latest.compactMap { row -> CourseKin? in
      let batch = try row.get(0) as Int64
      var (shared, all) = (0, 0)
      try db.each("SELECT item_id FROM batch_row WHERE batch_id = ? AND item_id IS NOT NULL", [batch]) { row in
        all += 1
        if try items.contains(row.get(0)) { shared += 1 }
      }
      guard shared * 2 > all else { return nil }
      let other = Course(service: course.service, baseURL: course.baseURL, label: try row.get(1))
      return CourseKin(course: other, batch: BatchID(batch), sharedCount: shared, rowCount: all)
    }.sorted { ($1.sharedCount, $1.batch.rawValue) < ($0.sharedCount, $0.batch.rawValue) }
  }
}
