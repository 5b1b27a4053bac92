// What the queue tells of batches and their rows.

package import Pacing
package import Provisioning

/// A batch as it was imported.
package struct Batch: Hashable, Sendable {
  /// Its number.
  package let id: BatchID
  /// The roster's real path, or what the person said.
  package let label: String
  /// The target's name.
  package let target: String
  /// Where its items are made.
  package let baseURL: BaseURL
  /// The roster's headers.
  package let columns: [String]
  /// When it was imported.
  package let importedAt: Instant
  /// What each row's person is to do first, with placeholders; nil where nobody has said it.
  package let firstSteps: String?

  /// The label as people see it: the last part of a path.
  package var shortLabel: String { course.shortLabel }
}

/// A row of a batch with what became of it; what the reports are made of.
package struct ReportRow: Hashable, Sendable {
  /// The item that the row names; nil when the row was not accepted.
  package struct Item: Hashable, Sendable {
    /// Its account.
    package let account: String
    /// Its name.
    package let name: String
    /// Where it is in its life.
    package let state: ItemState
    /// Why it failed or waits.
    package let reason: Reason?
    /// What the service or the network said.
    package let message: String?
    /// The target's id.
    package let remoteID: String?
    /// How many attempts were used, ever.
    package let attemptCount: Int
    /// When it was done, failed or cancelled.
    package let finishedAt: Instant?
    /// When the service last said that it has it; nil unless it is done.
    package let seenAt: Instant?
    /// When it was made, by the service's clock, where it was taken over; nil where no look has told.
    package let createdAt: Instant?
    /// Whether a look has found it, rather than an answer of its own told of it.
    package let isAdopted: Bool
    /// Whether an attempt of ours has no answer of its own, so that it may have made what was found.
    package let mayBeOurs: Bool
    /// What it was made with and what the row asks for, where it is done and the two differ.
    package let difference: DefinitionPair?
  }

  /// From 1, in the roster's order.
  package let ordinal: Int
  /// The line it starts on.
  package let line: Int
  /// One cell for each header of the batch.
  package let cells: [String]
  /// What it names; nil when it was not accepted.
  package let item: Item?
  /// Why it was not accepted.
  package let issue: String?
}

/// What an item was made with, and what a row asks for; canonical JSON that is not equal.
package struct DefinitionPair: Hashable, Sendable {
  /// What the service was last known to have.
  package let made: String
  /// What the row asks for.
  package let wanted: String

  /// Makes a pair.
  package init(made: String, wanted: String) {
    self.made = made
    self.wanted = wanted
  }
}

/// An account that a batch has items in.
package struct BatchAccount: Hashable, Sendable {
  /// Its scope.
  package let scope: AccountScopeID
  /// Its name at the target.
  package let account: String
}

/// One attempt as the figures of a report need it.
package struct AttemptFigures: Hashable, Sendable {
  /// The instant from which it might be sent.
  package let start: Instant
  /// When it ended; nil while it is under way.
  package let end: Instant?
  /// What it learned; nil while it is under way.
  package let outcome: Outcome.Kind?
  /// From sending to the answer; nil when there was none.
  package let latency: Duration?
}

/// From when on which limit held.
package struct LimitPoint: Hashable, Sendable {
  /// Since when.
  package let at: Instant
  /// So many requests a second.
  package let perSecond: Double
}
