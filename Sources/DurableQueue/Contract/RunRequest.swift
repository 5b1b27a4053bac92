// What a run asks of the queue before it sends anything, and what it gets.

package import Pacing
package import Provisioning

/// What a person has said of a key's limit.
package enum LimitRequest: Hashable, Sendable {
  /// Nothing: what holds stays.
  case none
  /// This is the limit.
  case quota(Quota)
  /// These hold over long periods, and the pace is learned; without any, what was learned is forgotten too.
  case windows([Window])
}

/// What a run asks of the queue before it sends anything.
package struct RunRequest: Hashable, Sendable {
  /// What is run.
  package var batch: BatchID
  /// Where its items are made.
  package var baseURL: BaseURL
  /// The key's fingerprint.
  package var fingerprint: String
  /// Which items that are over are tried again.
  package var requeue: Requeue
  /// What was said of the key's limit.
  package var limit: LimitRequest
  /// Whether what the key waits for is forgotten, because a person wants to try now.
  package var ignoresWait: Bool

  /// Makes a request.
  package init(
    batch: BatchID, baseURL: BaseURL, fingerprint: String, requeue: Requeue = Requeue(), limit: LimitRequest = .none,
    ignoresWait: Bool = false
  ) {
    (self.batch, self.baseURL, self.fingerprint) = (batch, baseURL, fingerprint)
    (self.requeue, self.limit, self.ignoresWait) = (requeue, limit, ignoresWait)
  }
}

/// A run that has begun.
package struct RunStart: Sendable {
  /// This process as the owner of what the run claims; while it lives, that is its own.
  package let ownership: Ownership
  /// What the rate applies to.
  package let scope: KeyScopeID
  /// The batch.
  package let tally: Tally
  /// What tells that this clock, or one that wrote before, was wrong; nil where nothing does.
  package let clockFinding: ClockFinding?
}
