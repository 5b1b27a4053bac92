// What the queue remembers of runs: each time that a process worked on a course, and how that ended.

package import Pacing
package import Provisioning

/// One roster through time: where its items are made, and what it is called.
package struct Course: Hashable, Sendable {
  /// The service's name in item keys.
  package let service: String
  /// Where its items are made.
  package let baseURL: BaseURL
  /// The roster's real path, or what the person said.
  package let label: String

  /// Makes one of its three parts.
  package init(service: String, baseURL: BaseURL, label: String) {
    (self.service, self.baseURL, self.label) = (service, baseURL, label)
  }

  /// The label as people see it: the last part of a path.
  package var shortLabel: String { label.split(separator: "/").last.map(String.init) ?? label }
}

extension Batch {
  /// The course that it is a roster of.
  package var course: Course { Course(service: target, baseURL: baseURL, label: label) }
}

/// A run, from its start on.
package struct RunRecord: Hashable, Sendable {
  /// How a run ended.
  package struct End: Hashable, Sendable {
    /// When.
    package let at: Instant
    /// The exit status.
    package let status: Int
    /// Why, as one word for programs.
    package let reason: String
    /// What happened, a sentence; empty where all is done.
    package let message: String
    /// What became of the rows of its batch; nil where it ended before there was one.
    package let counts: Counts?

    /// Makes one.
    package init(at: Instant, status: Int, reason: String, message: String, counts: Counts?) {
      (self.at, self.status, self.reason, self.message, self.counts) = (at, status, reason, message, counts)
    }
  }

  /// The rows of a batch when a run of it ended.
  package struct Counts: Hashable, Sendable {
    /// All.
    package let rowCount: Int
    /// Those that are done.
    package let doneCount: Int
    /// Those that were not sent.
    package let unsentCount: Int

    /// Makes them.
    package init(rowCount: Int, doneCount: Int, unsentCount: Int) {
      (self.rowCount, self.doneCount, self.unsentCount) = (rowCount, doneCount, unsentCount)
    }
  }

  /// Its number.
  package let id: Int64
  /// The course's label.
  package let label: String
  /// Where the course's items are made.
  package let baseURL: BaseURL
  /// The roster that it worked on; nil where it ended before there was one.
  package let batch: BatchID?
  /// What was asked for: `run`, `resume`, `retry`.
  package let verb: String
  /// When it began.
  package let startedAt: Instant
  /// How it ended; nil while it is under way, and where its process was killed.
  package let end: End?
  /// Whether its process lives; false once it has ended.
  package let isUnderWay: Bool
}
