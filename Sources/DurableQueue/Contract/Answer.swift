// What became of attempts, and what settling did.

package import Pacing
package import Provisioning

/// What became of one attempt.
package struct Answer: Hashable, Sendable {
  /// The attempt.
  package var lease: Lease.Handle
  /// What it learned.
  package var outcome: Outcome
  /// From sending to the answer; nil when nothing was sent.
  package var latency: Duration?
  /// When an item that becomes ready may be claimed again; nil: at once.
  package var due: Instant?
  /// Why an item that becomes ready waits, where that is not the outcome's own reason; nil: the outcome's.
  package var reason: Reason?
  /// What the item's key scope must wait for because of it.
  package var wait: ScopeWait?
  /// The key scope that learns from it that this pace is allowed; nil: none does.
  package var teaches: KeyScopeID?

  /// Makes an answer.
  package init(
    lease: Lease.Handle, outcome: Outcome, latency: Duration? = nil, due: Instant? = nil, reason: Reason? = nil,
    wait: ScopeWait? = nil, teaches: KeyScopeID? = nil
  ) {
    self.teaches = teaches
    self.reason = reason
    self.lease = lease
    self.outcome = outcome
    self.latency = latency
    self.due = due
    self.wait = wait
  }
}

/// What settling an answer did.
package enum Settlement: Hashable, Sendable {
  /// The item went to this state.
  case settled(ItemState)
  /// Somebody else had decided about the item; the answer stands with its attempt, the item is as they left it or,
  /// after a late success, done.
  case overtaken(ItemState)
}
