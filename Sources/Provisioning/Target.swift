// A target as the pool sees it: something that creates one item from a definition and lists what an account has.
// Nothing here throws: whatever happens to a request is an outcome, and the pool decides what follows.

package import Pacing

/// A service that items are made at. Each call signs anew, has its own deadline, and never retries by itself.
package protocol Target: Sendable {
  /// The target's name in item keys, in lower case.
  var name: String { get }
  /// Scheme, host and port of the endpoint.
  var baseURL: BaseURL { get }

  /// Asks for one item by its definition, canonical JSON. The answer is exactly what this request learned.
  func create(_ definition: String) async -> Outcome

  /// Asks what an account has: the probe before the first create, and the list that settles what is in doubt.
  func list(account: String) async -> ListReply

  /// Asks the same where only entries of some names matter; the others may be left out, and count only.
  ///
  /// - Parameter names: gives them; called only where the list is so long that it matters. When it throws, the list tells less
  ///   than there is.
  func list(account: String, naming names: @escaping NameLookup) async -> ListReply

  /// Asks for all that the service knows of one entry of a list, when the entry alone does not look like ours.
  func detail(of item: RemoteItem) async -> DetailReply

  /// Whether an entry is what a definition asked for, as far as the entry tells; of its detail, if that was asked for,
  /// only what the definition says is compared.
  func isMade(_ item: RemoteItem, from definition: String) -> Bool

  /// What an entry with its detail is made with, told like a definition: with the fields of that definition alone, because
  /// the service fills in others by itself. Nil where the detail does not tell.
  func definition(of item: RemoteItem, like definition: String) -> String?
}

extension Target {
  /// All entries, where a target leaves none out.
  package func list(account: String, naming names: @escaping NameLookup) async -> ListReply {
    await list(account: account)
  }

  /// What was asked for, where a target's entries tell no more than that they fit.
  package func definition(of item: RemoteItem, like definition: String) -> String? {
    isMade(item, from: definition) ? definition : nil
  }
}

/// Gives the names of which a list's entries matter; an account may have a million.
package typealias NameLookup = @Sendable () throws -> Set<String>

/// What came of asking for a list.
package enum ListReply: Hashable, Sendable {
  /// The list came; `isWhole` when it holds as many entries as the service says there are. `clockSkew`: how far the
  /// service's clock is ahead of ours (negative: behind), nil when the reply does not tell. `entryCount`: how many entries
  /// came, nil when these are all.
  case listed([RemoteItem], isWhole: Bool, clockSkew: Duration? = nil, entryCount: Int? = nil)
  /// It did not come; the outcome says why and is never `made`.
  case failed(Outcome)
}

/// What came of asking for an entry's detail.
package enum DetailReply: Hashable, Sendable {
  /// The entry, with its detail.
  case told(RemoteItem)
  /// It did not come; the outcome says why and is never `made`.
  case failed(Outcome)
}

/// One entry of a target's list.
package struct RemoteItem: Hashable, Sendable {
  /// The target's id.
  package var id: String
  /// Its name, unique within the account.
  package var name: String
  /// What its maker wrote; nil and empty mean the same.
  package var description: String?
  /// The image it was made from; nil when the list does not tell.
  package var image: String?
  /// When it was made, by the service's clock; nil when it does not tell.
  package var createdAt: Instant?
  /// All that the service told of it, as JSON that only the target can read; nil unless it was asked for.
  package var detail: String?

  /// Makes an entry.
  package init(
    id: String, name: String, description: String? = nil, image: String? = nil, createdAt: Instant? = nil,
    detail: String? = nil
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.image = image
    self.createdAt = createdAt
    self.detail = detail
  }
}
