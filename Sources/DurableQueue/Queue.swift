// The durable queue: batches, items, attempts, scopes and owners in a database. It stores key, scope and an opaque JSON
// definition and knows no service. The extensions of `Queue` hold one stage of an item's life each, written over
// `Transaction`: which engine runs it is the store's.

import Foundation

/// The queue in one database; several processes may have it open at once.
///
/// A verb that is `async` never blocks a thread. Any other that writes says that it blocks while others write, which may
/// be for as long as a lock is waited for; it belongs on a thread of its own (`onOwnThread`). What only reads blocks no
/// longer than it reads.
package final class Queue: Sendable {
  /// The database.
  package let store: any Store

  /// Makes a queue of a database whose tables are up to date.
  package init(store: any Store) { self.store = store }

  /// How long a lock of another process is waited for unless the caller says otherwise.
  package static let standardLockWait = Duration.seconds(60)

  /// Closes the database; nothing may be under way.
  package func close() throws { try store.close() }

  /// Where it is, as people write it: the file's path.
  package var path: String { store.path }

  /// Throws when what this process has open no longer stands at its path: it was deleted, replaced, or lost a neighbour.
  package func refuseIfReplaced() throws { try store.refuseIfReplaced() }

  /// Copies the log into the file; see `Store.checkpoint`. Blocks.
  @discardableResult
  package func checkpoint() throws -> Bool { try store.checkpoint() }

  // MARK: - Reading and writing

  /// Runs a command through the group commit.
  @discardableResult
  func write<Value: Sendable>(
    patiently isPatient: Bool = false, _ body: @escaping @Sendable (any Transaction) throws -> Value
  ) async throws -> Value {
    try await store.grouped(patiently: isPatient, body)
  }

  /// Runs one long transaction of its own, on the caller's thread.
  @discardableResult
  func writeExclusively<Value>(_ body: (any Transaction) throws -> Value) throws -> Value { try store.exclusive(body) }

  /// Reads one state of the file, undisturbed by writers.
  func read<Value>(_ body: (any Transaction) throws -> Value) throws -> Value { try store.reading(body) }

  /// Runs what blocks on a thread of its own, so that nobody else's work waits for it.
  package func onOwnThread<Value: Sendable>(
    _ body: @escaping @Sendable (Queue) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try body(self) }) }
    }
  }
}
