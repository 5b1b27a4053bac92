// The queue's database in one SQLite file: opening, transactions, and who is alive.

package import DurableQueue
import Foundation
package import GRDB
package import Pacing

/// A queue in one SQLite file; several processes may have it open at once.
package final class SQLiteQueueStore: Store {
  /// The file's path.
  package let path: String
  /// The time that its transactions have.
  package let time: any TimeSource
  /// The connections.
  package let pool: DatabasePool
  let checkpointer: Checkpointer
  /// What is open, to be compared with what stands at the path.
  let place: QueuePlace
  private let writer: GroupCommitWriter

  /// Opens the file: see `Queue`.
  ///
  /// - Throws: `QueueError`.
  init(
    opening file: QueueFile, time: any TimeSource, _ lockWait: Duration, _ onLongCheck: @escaping @Sendable () -> Void
  ) throws {
    let path = file.path
    self.path = path
    self.time = time
    try file.refusePlace()
    // A stranger's file gets no lock beside it.
    try file.refuseStranger()
    guard let lock = try FileLock.acquire(path + ".lock", of: path, upTo: lockWait) else { throw QueueError.busy(path) }
    defer { withExtendedLifetime(lock) {} }
    try file.prepare(onLongCheck)
    let checkpointer = Checkpointer(path: path)
    self.checkpointer = checkpointer
    place = try QueuePlace(path: path)
    pool = try DatabasePool(path: path, configuration: Self.configuration(checkpointer, place, lockWait))
    try Self.prepare(pool, path)
    try place.note()
    writer = GroupCommitWriter(writer: pool, time: time) { db in try checkpointer.noteCommit(db) }
  }

  deinit {
    // Closing the last connection empties the log into the file and removes it with the shared memory, by their names:
    // where others stand under these names now, they would be damaged. The process is about to end anyway.
    if place.isLost || (try? place.check()) == nil { _ = Unmanaged.passRetained(pool) }
  }

  /// Closes the file; nothing may be under way.
  package func close() throws {
    try place.check()
    try pool.close()
    place.forgetAll()
  }

  private static func configuration(
    _ checkpointer: Checkpointer, _ place: QueuePlace, _ lockWait: Duration
  ) -> Configuration {
    var configuration = Configuration()
    // SQLite's own timeout naps ever longer and starves one of several writers; short naps treat all alike.
    configuration.busyMode = .callback { tries in
      if checkpointer.givesUpWhenBusy { return false }
      usleep(500)
      // A nap takes a little longer than it was asked for.
      return tries < lockWait.microseconds / 560
    }
    // Every id that is written was read in the same transaction; looking its row up again would cost a tenth of the
    // speed. The tests check all references whenever a queue is closed.
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      // The place, which has the file open too, goes after the last connection: closing the file frees SQLite's locks.
      withExtendedLifetime(place) {}
      // SQLite 3.40 can corrupt a WAL when two connections checkpoint as a third commits: one place checkpoints.
      try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
      // What is erased or replaced is overwritten, whatever the build of SQLite says.
      try db.execute(sql: "PRAGMA secure_delete = ON")
      // Otherwise each savepoint takes 64 KB for its journal and gives them back: a third of the speed is left.
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
    }
    return configuration
  }

  private static func prepare(_ pool: DatabasePool, _ path: String) throws {
    try pool.writeWithoutTransaction { db in
      try QueueSchema.check(db, path)
      // Set here because opening a pool sets NORMAL after `prepareDatabase`; an outcome must survive a power cut.
      try db.execute(sql: "PRAGMA synchronous = FULL")
    }
    try pool.writeWithoutTransaction { try QueueSchema.make($0) }
  }

  /// Throws when what this process has open no longer stands at its path: it was deleted, replaced, or lost a neighbour.
  package func refuseIfReplaced() throws { try place.check() }
}

extension SQLiteQueueStore {
  /// Runs a body in a group commit.
  package func grouped<Value: Sendable>(
    patiently isPatient: Bool, _ body: @escaping @Sendable (any Transaction) throws -> Value
  ) async throws -> Value {
    do {
      return try await writer.submit(patiently: isPatient, body)
    } catch {
      throw wrapping(error)
    }
  }

  /// Runs a body in a transaction of its own, on the caller's thread.
  package func exclusive<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
    try wrapped {
      try place.check()
      var result: Value?
      try pool.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          result = try body(SQLiteTransaction(db, time))
          return .commit
        }
      }
      guard let result else { throw QueueError(.other, path: path, detail: "the transaction did not run") }
      try place.check()
      return result
    }
  }

  /// Reads one state of the file, undisturbed by writers.
  package func reading<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
    try wrapped {
      let onDatabase = { (db: Database) in try body(SQLiteTransaction(db, self.time)) }
      // A new reader would open what stands at the path now.
      return try place.isLost ? pool.writeWithoutTransaction(onDatabase) : pool.read(onDatabase)
    }
  }

  /// Runs something on the writer outside of a transaction.
  func onWriter<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try wrapped { try pool.writeWithoutTransaction(body) }
  }

  func wrapped<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw wrapping(error) }
  }

  /// From now on nothing that waits for a group commit is committed before `flush`; for tests that step a pool.
  package func stepByHand() { writer.stepByHand() }

  /// How many commands wait for a commit; for tests.
  package var waitingCommandCount: Int { writer.waitingCount }

  /// See `Store`.
  @discardableResult
  package func flush() -> Bool { writer.flush() }
}
