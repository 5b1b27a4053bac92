// The ids of the queue's rows: one-field structs, so that one kind is never taken for another.

/// A batch: one roster as it was imported. People see the number.
package struct BatchID: Hashable, Sendable {
  /// The row's id in the queue, from 1.
  package let rawValue: Int64
  /// Wraps a row's id.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// An item: one remote thing.
package struct ItemID: Hashable, Sendable {
  /// The row's id in the queue.
  package let rawValue: Int64
  /// Wraps a row's id.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// An owner: a process that claims.
package struct OwnerID: Hashable, Sendable {
  /// The row's id in the queue; never used again for another process.
  package let rawValue: Int64
  /// Wraps a row's id.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// A key scope: a base URL together with an access key; rates belong to it.
package struct KeyScopeID: Hashable, Sendable {
  /// The row's id in the queue.
  package let rawValue: Int64
  /// Wraps a row's id.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// An account scope: a base URL together with an account; holds belong to it.
package struct AccountScopeID: Hashable, Sendable {
  /// The row's id in the queue.
  package let rawValue: Int64
  /// Wraps a row's id.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }
}
