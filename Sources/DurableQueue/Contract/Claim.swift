// What is claimed: items with permits and starts.

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

    /// Makes a handle.
    package init(item: ItemID, ordinal: Int, version: Int) {
      self.item = item
      self.ordinal = ordinal
      self.version = version
    }
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
    package var holds: [AccountHold]

    /// The batch's accounts with something in doubt.
    package var doubts: [Doubt]

    /// Makes one; for tests.
    package init(tally: Tally, nextDue: Instant? = nil, holds: [AccountHold] = [], doubts: [Doubt] = []) {
      self.tally = tally
      self.nextDue = nextDue
      self.holds = holds
      self.doubts = doubts
    }
  }

  /// Makes a claim; for tests.
  package init(leases: [Lease], quota: Quota, nextPermit: Instant, rest: Rest? = nil) {
    self.leases = leases
    self.quota = quota
    self.nextPermit = nextPermit
    self.rest = rest
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
