// What happened to one item.

package import Pacing
package import Provisioning

/// An item with every attempt that was made for it, and what else happened to it.
package struct ItemHistory: Hashable, Sendable {
  /// One attempt.
  package struct Attempt: Hashable, Sendable {
    /// Its number; rises with every claim.
    package let ordinal: Int
    /// The instant from which it might be sent.
    package let startAt: Instant
    /// When it ended; nil while it is under way.
    package let endedAt: Instant?
    /// What it learned; nil while it is under way.
    package let outcome: Outcome.Kind?
    /// Whether the attempts limit counts it.
    package let isUsed: Bool
    /// The HTTP status.
    package let status: Int?
    /// What the service or the network said.
    package let message: String?
    /// The service's id of the request.
    package let requestID: String?
    /// From sending to the answer.
    package let latency: Duration?
  }

  /// One list of its account.
  package struct Listing: Hashable, Sendable {
    /// When it was asked for.
    package let askedAt: Instant
    /// How that went.
    package let outcome: Outcome.Kind
    /// Whether it held as many entries as the service said there are.
    package let isWhole: Bool
    /// How many entries it had.
    package let entryCount: Int
    /// The HTTP status; nil when no reply came.
    package let status: Int?
    /// What the service or the network said.
    package let message: String?
    /// The service's id of the request.
    package let requestID: String?
    /// From sending to the answer.
    package let latency: Duration
  }

  /// One wait of everything that uses a key.
  package struct Wait: Hashable, Sendable {
    /// Since when.
    package let from: Instant
    /// Nothing was sent before this.
    package let until: Instant
    /// Why.
    package let reason: Reason
    /// What the service or the network said.
    package let message: String?
  }

  /// Its account.
  package let account: String
  /// Its name.
  package let name: String
  /// Where it is in its life.
  package let state: ItemState
  /// Why it failed or waits.
  package let reason: Reason?
  /// What was said about that.
  package let message: String?
  /// When it may be claimed; nil unless it is ready.
  package let due: Instant?
  /// Since when it is in doubt; nil unless it is.
  package let doubtAt: Instant?
  /// The target's id.
  package let remoteID: String?
  /// Whether it was found in a list rather than told by its own answer.
  package let isAdopted: Bool
  /// Canonical JSON, as it was or will be sent.
  package let definition: String
  /// Its attempts, the oldest first.
  package let attempts: [Attempt]
  /// The lists of its account since its batch was imported and until it was finished, the oldest first.
  package let listings: [Listing]
  /// The waits of the keys of its endpoint in that time, the oldest first.
  package let waits: [Wait]
  /// Why its account may not be sent to; nil when it may.
  package let hold: AccountHold?
  /// When it was done, failed or cancelled.
  package let finishedAt: Instant?
  /// Whether it is cancelled unless it turns out to be made.
  package let isToBeCancelled: Bool
  /// With which roster it has left; nil while a course has it.
  package let departure: Departure?
}
