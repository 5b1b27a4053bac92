// Limits of keys, their permits, and holds of accounts.

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
  package let wait: KeyWait?
  /// When it was asked for: its instants are of that clock. Nil in tests that do not care.
  package let at: Moment?

  /// Makes one.
  package init(start: Instant?, next: Instant, wait: KeyWait? = nil, at: Moment? = nil) {
    self.start = start
    self.next = next
    self.wait = wait
    self.at = at
  }
}
