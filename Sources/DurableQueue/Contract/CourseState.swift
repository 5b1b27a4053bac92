// How a course is: what stands in a line of all courses.

package import Provisioning

/// A course as it is now.
package struct CourseState: Hashable, Sendable {
  /// The roster's real path, or what the person said.
  package let label: String
  /// Where its items are made.
  package let baseURL: BaseURL
  /// Its latest whole roster, or its latest where none is whole; nil where every run ended before there was one.
  package let batch: Batch?
  /// The tally of that.
  package let tally: Tally
  /// How many rows of it are done and ask for something else than what was made.
  package let changedCount: Int
  /// The accounts that something of it waits for.
  package let holds: [AccountHold]
  /// Why most of what is sent next waits; nil where nothing says why.
  package let waitReason: Reason?
  /// What was said about that.
  package let waitMessage: String?
  /// Its last run, also one that is under way; nil where none is remembered.
  package let lastRun: RunRecord?
}
