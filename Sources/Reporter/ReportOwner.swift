// Whose a report is: a course of a queue. A new roster of the course takes its place; any other course's stays.

package import DurableQueue
import Provisioning

/// The course that a report is of, and its queue.
package struct ReportOwner: Hashable, Sendable {
  private let course: Course
  /// The course's number in its queue; nil while it has none.
  private let number: Int64?
  /// What tells the queue from any other; nil while there is no queue.
  private let queueID: String?
  private let database: String

  /// Tells whose a course's report will be.
  ///
  /// - Parameters:
  ///   - queue: nil where there is none yet.
  ///   - database: the path of its file.
  package init(_ course: Course, in queue: Queue?, database: String) throws {
    (self.course, self.database) = (course, database)
    number = try queue?.course(course)?.id
    queueID = try queue?.identity()
  }

  /// Whether a folder with this summary is its own.
  func owns(_ summary: Summary.Origin) -> Bool {
    let isOurQueue = summary.queueId.map { $0 == queueID } ?? (summary.database == database)
    let isOurCourse =
      if let theirs = summary.courseId, let number { theirs == number } else {
        summary.label == course.label && summary.endpoint == course.baseURL.text
      }
    return isOurQueue && isOurCourse
  }

  /// Notes in a summary whose it is.
  func mark(_ summary: inout Summary) { (summary.queueId, summary.courseId) = (queueID, number) }
}
