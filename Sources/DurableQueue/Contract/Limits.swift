// Limits of keys, their permits and waits, and holds of accounts.

package import Pacing
package import Provisioning

/// A limit as a key scope holds it.
package struct Limit: Hashable, Sendable {
  /// Where a limit comes from.
  package enum Source: String, Sendable {
    /// Nobody said or learned one yet.
    case standard
    /// A person said it with `--rate`.
    case flag
    /// It was learned from the service's answers.
    case learned
  }

  /// The quota that holds.
  package var quota: Quota
  /// Where it comes from.
  package var source: Source
  /// When it was said or learned; nil for the standard one.
  package var at: Instant?

  /// Makes a limit.
  package init(quota: Quota, source: Source, at: Instant? = nil) {
    self.quota = quota
    self.source = source
    self.at = at
  }

  /// The limit while nobody has said or learned another.
  package static let standard = Limit(quota: .untilLearned, source: .standard)
}

/// An account that may not be sent to.
package struct AccountHold: Hashable, Sendable {
  /// The account.
  package let account: String
  /// Why.
  package let reason: Reason
  /// What the service said.
  package let message: String?

  /// Makes one.
  package init(account: String, reason: Reason, message: String?) {
    self.account = account
    self.reason = reason
    self.message = message
  }
}

/// What came of asking for a permit.
package struct Permit: Hashable, Sendable {
  /// When the request may start; nil when no permit was granted.
  package let start: Instant?
  /// When to come back for the next one.
  package let next: Instant
  /// What everything that uses the key waits for, whoever was told so; nil while nothing does.
  package var wait: KeyWait?
  /// When it was asked for: its instants are of that clock. Nil in tests that do not care.
  package var at: Moment?
}

/// A wait of a whole key scope.
package struct ScopeWait: Hashable, Sendable {
  /// The scope that waits.
  package var scope: KeyScopeID
  /// What it waits for.
  package var wait: KeyWait
  /// When the request was sent that brought it; nil: now.
  package var sentAt: Instant?
  /// When it was decided; nil: now. Tells how long it is, where the clock is set before it is written.
  package var decidedAt: Instant?

  /// Makes a wait.
  package init(_ wait: KeyWait, of scope: KeyScopeID, sentAt: Instant? = nil, decidedAt: Instant? = nil) {
    self.wait = wait
    self.scope = scope
    self.sentAt = sentAt
    self.decidedAt = decidedAt
  }
}

/// What everything that uses a key waits for.
package struct KeyWait: Hashable, Sendable {
  /// Nothing starts before this.
  package var until: Instant
  /// Why; after a throttle it ends with an empty bucket.
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
