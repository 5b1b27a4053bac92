// The key by which an item is known to every roster, batch and run.

/// What makes an item the same item: where it is, whose it is, and what it is called. Never its position in a roster.
///
/// A rehearsal against the sandbox has another origin than the real service, so it never passes for the real run.
package struct ItemKey: Hashable, Sendable {
  /// The target's name, in lower case.
  package let target: String
  /// Scheme, host and port of the endpoint, for example `https://api.example.com`.
  package let origin: String
  /// The account that the item belongs to at the target.
  package let account: String
  /// The item's name, unique within the account.
  package let name: String

  /// Makes a key of its four parts.
  package init(target: String, origin: String, account: String, name: String) {
    self.target = target
    self.origin = origin
    self.account = account
    self.name = name
  }
}
