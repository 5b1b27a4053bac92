// What a person wants to be looked at, and what the look has shown.

package import Pacing
package import Provisioning

/// An item that is to be looked at, as a row of a batch names it.
package struct LookTarget: Hashable, Sendable {
  /// The item.
  package let item: ItemID
  /// Its version when it was chosen.
  package let version: Int
  /// Where it is in its life.
  package let state: ItemState
  /// The row's line.
  package let line: Int
  /// The item's name.
  package let name: String
  /// Its account.
  package let account: BatchAccount
  /// The id of what was made or found.
  package let remoteID: String?
  /// What it was made with, as far as is known; canonical JSON.
  package let made: String
  /// What the row asks for; canonical JSON.
  package let wanted: String
}

/// What a look has shown of an item.
package struct Look: Hashable, Sendable {
  /// The item.
  package let target: LookTarget
  /// The service's entry.
  package let entry: RemoteItem
  /// What it is made with, told like a definition; canonical JSON.
  package let shown: String
  /// When it was asked for.
  package let askedAt: Instant

  /// Makes one.
  package init(_ target: LookTarget, _ entry: RemoteItem, shown: String, askedAt: Instant) {
    (self.target, self.entry, self.shown, self.askedAt) = (target, entry, shown, askedAt)
  }
}
