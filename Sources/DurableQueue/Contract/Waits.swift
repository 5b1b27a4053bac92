// What a key waits for.

package import Pacing
package import Provisioning

/// A wait of a whole key scope.
package struct ScopeWait: Hashable, Sendable {
  /// The scope that waits.
  package var scope: KeyScopeID
  /// Nothing starts before this.
  package var until: Instant
  /// Whether the wait ends with an empty bucket, as it does after a throttle.
  package var emptiesBucket: Bool
  /// Why.
  package var reason: Reason
  /// What the service or the network said; nil when it said nothing.
  package var message: String?
  /// What the service asked for, where that is more than is waited.
  package var asked: Duration?
  /// When the request was sent that brought it; nil: now.
  package var sentAt: Instant?
  /// When it was decided; nil: now. Tells how long it is, where the clock is set before it is written.
  package var decidedAt: Instant?

  /// Makes a wait.
  package init(
    scope: KeyScopeID, until: Instant, emptiesBucket: Bool, reason: Reason, message: String? = nil,
    asked: Duration? = nil, sentAt: Instant? = nil, decidedAt: Instant? = nil
  ) {
    self.decidedAt = decidedAt
    self.asked = asked
    self.sentAt = sentAt
    self.message = message
    self.scope = scope
    self.until = until
    self.emptiesBucket = emptiesBucket
    self.reason = reason
  }
}

/// What everything that uses a key waits for.
package struct KeyWait: Hashable, Sendable {
  /// Nothing starts before this.
  package let until: Instant
  /// Why.
  package let reason: Reason
  /// What the service or the network said.
  package let message: String?
  /// What the service asked for, where that is more than is waited.
  package let asked: Duration?

  /// Makes one.
  package init(until: Instant, reason: Reason, message: String? = nil, asked: Duration? = nil) {
    self.until = until
    self.reason = reason
    self.message = message
    self.asked = asked
  }
}

/// What putting the instants right has found.
package struct ClockFinding: Hashable, Sendable {
  /// The newest instant that the queue has of something that has happened.
  package let newest: Instant
  /// This machine's clock, which is before that.
  package let now: Instant
}
