// Courses: what the queue remembers of a roster beyond its batches.

package import Provisioning

/// What a course is remembered with.
package struct CourseRecord: Hashable, Sendable {
  /// Its number; stays the same through all of its rosters.
  package let id: Int64
  /// What the options of its first run said, as JSON that only the command reads.
  package let settings: String
  /// Where its reports go; nil where nobody has said it.
  package let folder: String?
}

extension Queue {
  /// What tells this queue from any other, whatever its file is called.
  package func identity() throws -> String {
    try read { db in
      guard let id = try db.value("SELECT code FROM identity", as: String.self) else {
        throw DamagedValue(what: "identity")
      }
      return id
    }
  }

  /// A course; nil when no batch of it was ever imported.
  package func course(_ course: Course) throws -> CourseRecord? { try read { db in try Self.course(course, db) } }

  static func course(_ course: Course, _ db: any Transaction) throws -> CourseRecord? {
    try db.one(
      "SELECT id, settings, folder FROM course WHERE service = ? AND base_url = ? AND label = ?",
      [course.service, course.baseURL, course.label]
    ) { CourseRecord(id: try $0.get(0), settings: try $0.get(1), folder: try $0.get(2)) }
  }

  /// The courses at a base URL, in the order of their first batches.
  package func courses(service: String, baseURL: BaseURL) throws -> [Course] {
    try read { db in
      try db.values(
        "SELECT label FROM course WHERE service = ? AND base_url = ? ORDER BY id", [service, baseURL], as: String.self)
    }.map { Course(service: service, baseURL: baseURL, label: $0) }
  }

  /// Calls a course, and all its batches and runs, by another label. Blocks while others write.
  ///
  /// - Returns: false when there is a course of that label already, or none of the old one, so that nothing was done.
  package func rename(_ course: Course, to label: String) throws -> Bool {
    try writeExclusively { db in
      let new = Course(service: course.service, baseURL: course.baseURL, label: label)
      guard try Self.course(new, db) == nil, try Self.course(course, db) != nil else { return false }
      let old: Arguments = [label, course.label, course.baseURL]
      try db.run("UPDATE course SET label = ? WHERE label = ? AND base_url = ?", old)
      try db.run("UPDATE batch SET label = ? WHERE label = ? AND base_url = ?", old)
      try db.run("UPDATE run SET label = ? WHERE label = ? AND base_url = ?", old)
      return true
    }
  }

  /// Remembers of a course how its roster is read from now on, and where its reports go. Blocks while others write.
  ///
  /// - Parameters:
  ///   - settings: JSON that only the command reads; nil: as before.
  ///   - folder: nil: as before.
  package func remember(_ course: Course, settings: String? = nil, folder: String? = nil) throws {
    try writeExclusively { db in
      try db.run(
        """
        UPDATE course SET settings = coalesce(?, settings), folder = coalesce(?, folder)
        WHERE service = ? AND base_url = ? AND label = ?
        """, [settings, folder, course.service, course.baseURL, course.label])
    }
  }

  /// Makes a course where there is none, with what its first run said.
  static func makeCourse(_ course: Course, settings: String, folder: String?, _ db: any Transaction) throws {
    guard try Self.course(course, db) == nil else { return }
    _ = try db.insert(
      "INSERT INTO course (service, base_url, label, settings, folder) VALUES (?, ?, ?, ?, ?)",
      [course.service, course.baseURL, course.label, settings, folder])
  }
}
