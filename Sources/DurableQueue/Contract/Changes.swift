// What a person asks for, and what that changed.

import Pacing
package import Provisioning

/// Which items that are over are tried again.
package struct Requeue: Hashable, Sendable {
  /// Whether every failed item is, but conflicts, which need a person's look.
  package var isAnyFailure = false
  /// Items with one of these reasons, cancelled ones and conflicts among them.
  package var reasons: Set<Reason> = []

  /// Requeues nothing, unless told.
  package init(isAnyFailure: Bool = false, reasons: Set<Reason> = []) {
    self.isAnyFailure = isAnyFailure
    self.reasons = reasons
  }

  /// Every failed item but conflicts.
  package static let failed = Requeue(isAnyFailure: true)

  /// The same, and conflicts too if asked.
  package func with(conflicts: Bool) -> Requeue {
    var requeue = self
    if conflicts { requeue.reasons.insert(.conflict) }
    return requeue
  }

  /// The reasons between commas, for SQL.
  var reasonList: String { "," + reasons.map(\.rawValue).sorted().joined(separator: ",") + "," }
}

/// What a cancelling did.
package struct Cancellation: Hashable, Sendable {
  /// Items that were ready and are cancelled.
  package let cancelledCount: Int
  /// Items that may have been sent: done if they prove done, else cancelled.
  package let flaggedCount: Int
}

/// What forgetting a batch has erased.
package struct Forgotten: Hashable, Sendable {
  /// Items that no other batch names.
  package let itemCount: Int
  /// Items that stay and were made with a definition that only this batch had: they have another one now.
  package let replacedCount: Int
}
