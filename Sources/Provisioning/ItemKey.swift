// The key by which an item is known to every roster, batch and run.

/// What makes an item the same item: where it is, whose it is, and what it is called. Never its position in a roster.
///
/// A rehearsal against the sandbox has another base URL than the real service, so it never passes for the real run.
package struct ItemKey: Hashable, Sendable {
  /// Where an item is, and whose.
  package struct Account: Hashable, Sendable {
    /// The service's name, in lower case.
    package let service: String
    /// Where the service is.
    package let baseURL: BaseURL
    /// The account at the service; the empty text where it has none.
    package let name: String

    /// Makes one of its three parts.
    package init(service: String, baseURL: BaseURL, name: String) {
      (self.service, self.baseURL, self.name) = (service, baseURL, name)
    }
  }

  /// Where it is, and whose.
  package let account: Account
  /// The item's name, unique within the account.
  package let name: String

  /// Makes a key of its parts.
  package init(account: Account, name: String) { (self.account, self.name) = (account, name) }
}
