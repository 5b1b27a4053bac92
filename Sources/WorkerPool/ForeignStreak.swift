// When answers that are not the service's stop a run: one row may be filtered for what stands in it, ten in a row are a
// proxy, a firewall or a sign-in page that answers everything.

import Provisioning

/// The items whose creates were answered by something else since the service itself last answered one.
struct ForeignStreak: Sendable {
  /// So many different items in a row end the run.
  private static let most = 10

  private var items: Set<ItemID> = []

  /// Takes the answer to a create.
  ///
  /// - Returns: whether the run is over because of it.
  mutating func note(_ outcome: Outcome, of item: ItemID) -> Bool {
    switch outcome.kind {
    case .foreign: items.insert(item)
    // Nobody has answered, or not the service.
    case _ where outcome.page != nil: break
    case .unknown, .notSent, .ownerGone, .unreachable: break
    default: items.removeAll()
    }
    return outcome.kind == .foreign && items.count >= Self.most
  }
}

extension Reason {
  /// Why a row waits that was not sent for this reason: only what was sent has an unknown answer.
  var ofUnsent: Reason { self == .unknown || self == .foreign ? .notSent : self }
}
