// What is in doubt, what the service lists, and what that settles.

package import Pacing
package import Provisioning

/// A list of an account as it came.
package struct RemoteList: Hashable, Sendable {
  /// Its entries.
  package var items: [RemoteItem]
  /// Whether it holds as many entries as the service says there are.
  package var isWhole: Bool
  /// When it was asked for.
  package var asked: Moment
  /// How far the service's clock is ahead of ours (negative: behind), as the reply showed; nil when it does not tell.
  package var clockSkew: Duration?
  /// Since when the asking process knows of doubts whose age the clocks cannot tell.
  package var watch: DoubtWatch

  /// Makes a list.
  package init(
    items: [RemoteItem], isWhole: Bool, asked: Moment, clockSkew: Duration? = nil, watch: DoubtWatch = DoubtWatch()
  ) {
    self.items = items
    self.isWhole = isWhole
    self.asked = asked
    self.clockSkew = clockSkew
    self.watch = watch
  }
}

/// What a list may settle.
package struct ReconcileRules: Hashable, Sendable {
  /// A create can land this late; "absent" counts only in a list asked for later than that.
  package var settleDelay: Duration
  /// So many attempts, then an item that is absent has failed.
  package var maxAttempts: Int
  /// Whether what exists under a name of ours is taken over, whoever made it; otherwise it is a conflict.
  package var adoptsExisting: Bool
  /// How much earlier than our attempt an item may have been made, by the service's clock brought to ours.
  package let clockTolerance = Duration.seconds(2)
  /// How much later than a create may land an item may have been made: a Date has whole seconds, and took some time to
  /// come.
  package let lateTolerance = Duration.seconds(5)
  /// The skew that is assumed while no reply has shown it: the service refuses clocks that are five minutes off, so that
  /// it cannot be more.
  package let largestSkew = Duration.seconds(300)

  /// Makes rules; the defaults are the command's.
  package init(settleDelay: Duration = .seconds(60), maxAttempts: Int = 5, adoptsExisting: Bool = false) {
    self.settleDelay = settleDelay
    self.maxAttempts = maxAttempts
    self.adoptsExisting = adoptsExisting
  }
}

/// What a list settled.
package struct Reconciliation: Hashable, Sendable {
  /// Items by the state they went to.
  package var moved: [ItemState: Int] = [:]
  /// Names of items that the list shows more than once: the service has made something twice.
  package var duplicateNames: [String] = []
  /// Entries that do not look like what was sent; their detail tells whether they are ours all the same.
  package var differing: [RemoteItem] = []
}

/// An account of a batch with something in doubt.
package struct Doubt: Hashable, Sendable {
  /// The account.
  package let account: BatchAccount
  /// How long until the first of its doubts is late enough that the clocks can tell of; nil when they tell of none.
  package let remaining: Duration?
  /// The doubts of which the clocks cannot tell.
  package var unproven: [UnprovenDoubt] = []
}

/// A doubt whose age the clocks cannot tell: it was written before the machine's last start, on another machine, or before
/// the clock was set back.
package struct UnprovenDoubt: Hashable, Sendable {
  /// The item.
  package let item: ItemID
  /// The item's version: tells one doubt of the item from another.
  package let version: Int
  /// How late what is in doubt may land.
  package let delay: Duration
}

/// When this process first read each doubt whose age the clocks cannot tell.
package struct DoubtWatch: Hashable, Sendable {
  private struct Key: Hashable {
    let item: ItemID
    let version: Int
  }

  private var firstRead: [Key: Duration] = [:]

  /// Knows of none.
  package init() {}

  /// Notes what is unproven now, and forgets what is not any more.
  ///
  /// - Parameter elapsed: the time since the machine's start.
  package mutating func note(_ doubts: [UnprovenDoubt], at elapsed: Duration) {
    let keys = doubts.map { Key(item: $0.item, version: $0.version) }
    firstRead = Dictionary(keys.map { ($0, firstRead[$0] ?? elapsed) }) { first, _ in first }
  }

  /// When the process first read a doubt, since the machine's start; nil when it has not, or the clocks can tell.
  package func firstRead(of item: ItemID, version: Int) -> Duration? { firstRead[Key(item: item, version: version)] }
}
