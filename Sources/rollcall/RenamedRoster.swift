// A roster whose file was given another name: the course goes on under the new one, if a person says so.

import DurableQueue
import Files
import Provisioning

extension CourseKin {
  /// Whether it is a file that is not there any more. While it is, both are courses of their own.
  fileprivate var isOrphaned: Bool { course.isOrphaned }

  /// What a roster has of it, in a sentence without its full stop.
  fileprivate func sentence(_ roster: String) -> String {
    "\(roster) names \(sharedCount) of the \(rowCount.of("row")) of \(course.label.visibleLine) (batch \(batch.rawValue)), and that "
      + "file is gone"
  }
}

extension Course {
  /// Whether it is called after a file that is not there any more.
  fileprivate var isOrphaned: Bool { label.hasPrefix("/") && FileLook(label) == .absent }
}

extension Queue {
  /// Whether a course at a place is called after a file that is gone, so that a new roster may be its next one.
  func hasOrphanedCourse(beside course: Course) throws -> Bool {
    try courses(service: course.service, baseURL: course.baseURL).contains(where: \.isOrphaned)
  }
}

extension RosterCheck {
  /// Asks whether the roster is that of a known course whose file is gone, and calls the course by the new name if so.
  ///
  /// - Parameter asks: false where nothing is to be done: then only what would end without a terminal ends.
  /// - Returns: whether the course is called by the new name now, so that the roster must be compared again.
  func takesOver(in queue: Queue, asks: Bool = true, _ context: Context) throws -> Bool {
    guard !hasLabel, spool == nil, let kin = comparison.kin.first(where: \.isOrphaned) else { return false }
    let sentence = kin.sentence(shownPath)
    guard context.isInteractive else {
      throw CommandError(
        "\(sentence); nothing was imported or sent.",
        hint:
          "If it is the same course: --label \(kin.course.label.shellQuoted). If it is another one: a --label of its own.",
        .personNeeded, reason: .rosterRenamed)
    }
    guard asks else {
      context.tell("Note: \(sentence): `run` asks whether it is the same course.")
      return false
    }
    guard context.agrees(to: "\(sentence). Is it the same course, under a new name?") else { return false }
    return try queue.rename(kin.course, to: label)
  }
}
