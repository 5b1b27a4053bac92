// What is claimed, items with permits and starts, and what became of it.

package import Pacing
package import Provisioning

/// An item that this process claimed, with all it needs to send it.
package struct Lease: Hashable, Sendable {
  /// Which attempt of which item it is; what settling compares.
  package struct Handle: Hashable, Sendable {
    /// The item.
    package var item: ItemID
    /// The attempt's ordinal.
    package var ordinal: Int
    /// The item's version as of the claim.
    package var version: Int
  }

  /// The attempt.
  package var handle: Handle
  /// The item's account scope.
  package var account: AccountScopeID
  /// The item's name.
  package var name: String
  /// Canonical JSON.
  package var definition: String
  /// It is not sent before this.
  package var start: Instant
}

/// What a claim found.
package struct Claim: Sendable {
  /// What was claimed, in the order of the starts.
  package var leases: [Lease]
  /// The quota that holds now, for the gate before each send.
  package var quota: Quota
  /// When the next permit may start.
  package var nextPermit: Instant
  /// What is left of the batch; nil when all that was asked for was claimed, so that there may be more.
  package var rest: Rest?
  /// Whether nobody has said a limit, so that answers teach it.
  package var isLearning = false
  /// Whether the quota is a limit that is known, and not only what is tried until one is.
  package var isLimitKnown = true
  /// What everything that uses the key waits for, whoever was told so; nil while nothing does.
  package var wait: KeyWait?
  /// When it was made: its instants are of that clock. Nil in tests that do not care.
  package var at: Moment?

  /// What is left when a claim finds less than it was asked for.
  package struct Rest: Hashable, Sendable {
    /// The batch, as of the claim.
    package var tally: Tally
    /// When the next item of the batch is due, perhaps already; nil when none is waiting.
    package var nextDue: Instant?
    /// The batch's accounts that may not be sent to and have something ready.
    package var holds: [AccountHold] = []
    /// The batch's accounts with something in doubt.
    package var doubts: [Doubt] = []
  }
}

/// What attempts are sent under. It stays with each, so that whoever judges it later knows how late it may land.
package struct AttemptTerms: Hashable, Sendable {
  /// A create can land this late.
  package let settleDelay: Duration
  /// How long a request may take.
  package let requestTimeout: Duration

  /// Those of a run that nobody has told otherwise.
  package static let standard = AttemptTerms(settleDelay: .seconds(60), requestTimeout: .seconds(30))

  /// Makes terms.
  package init(settleDelay: Duration, requestTimeout: Duration) {
    self.settleDelay = settleDelay
    self.requestTimeout = requestTimeout
  }
}

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
