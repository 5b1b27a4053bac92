// What is in doubt, and since when a process knows of it.

import Pacing
package import Provisioning

/// An account of a batch with something in doubt.
package struct Doubt: Hashable, Sendable {
  /// The account.
  package let account: BatchAccount
  /// How long until the first of its doubts is late enough that the clocks can tell of; nil when they tell of none.
  package let remaining: Duration?
  /// The doubts of which the clocks cannot tell.
  package let unproven: [UnprovenDoubt]

  /// Makes one.
  package init(account: BatchAccount, remaining: Duration?, unproven: [UnprovenDoubt] = []) {
    self.account = account
    self.remaining = remaining
    self.unproven = unproven
  }
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

  /// Makes one.
  package init(item: ItemID, version: Int, delay: Duration) {
    self.item = item
    self.version = version
    self.delay = delay
  }
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
