// The durable queue: one SQLite file with batches, items, attempts, scopes and owners. It stores key, scope and an
// opaque JSON definition and knows no service. The extensions of `Queue` hold one stage of an item's life each.

import Foundation
import GRDB
package import Pacing

/// The queue in one SQLite file; several processes may have it open at once.
package final class Queue: Sendable {
  /// The file's path.
  package let path: String
  let time: any TimeSource
  let pool: DatabasePool
  let checkpointer: Checkpointer
  private let writer: GroupCommitWriter

  /// Opens the queue, making the file (mode 0600) and its folder (0700) if need be, and brings its tables up to date.
  ///
  /// Opening and migrating happen under a lock beside the file: three first openers at once were seen to get
  /// "database is locked" in spite of a timeout.
  ///
  /// - Throws: `QueueError`.
  package convenience init(path: String, time: any TimeSource) throws {
    do {
      try self.init(opening: path, time: time)
    } catch {
      throw QueueError.wrapping(error, path: path)
    }
  }

  private init(opening path: String, time: any TimeSource) throws {
    try Self.makeFile(path)
    // SQLite follows a symlink to the database; the locks beside it must stand beside the same file.
    let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    self.path = path
    self.time = time
    let lock = try FileLock.acquire(path + ".lock", waits: true)
    defer { withExtendedLifetime(lock) {} }
    let checkpointer = Checkpointer(path: path)
    self.checkpointer = checkpointer
    pool = try DatabasePool(path: path, configuration: Self.configuration(checkpointer))
    try Self.prepare(pool, path)
    writer = GroupCommitWriter(writer: pool) { db in try checkpointer.noteCommit(db) }
  }

  /// Closes the file; nothing may be under way.
  package func close() throws { try pool.close() }

  private static func configuration(_ checkpointer: Checkpointer) -> Configuration {
    var configuration = Configuration()
    // SQLite's own timeout naps ever longer and starves one of several writers; short naps treat all alike.
    configuration.busyMode = .callback { tries in
      if checkpointer.givesUpWhenBusy { return false }
      usleep(500)
      return tries < 120_000
    }
    // Every id that is written was read in the same transaction; looking its row up again would cost a tenth of the
    // speed. The tests check all references whenever a queue is closed.
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      // SQLite 3.40 can corrupt a WAL when two connections checkpoint as a third commits: one place checkpoints.
      try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
      // Otherwise each savepoint takes 64 KB for its journal and gives them back: a third of the speed is left.
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
    }
    return configuration
  }

  private static func makeFile(_ path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw QueueError(.cannotOpen, path: path, detail: "its folder cannot be made")
    }
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw QueueError(errno == EROFS ? .readOnly : .cannotOpen, path: path, detail: String(cString: strerror(errno)))
    }
    Foundation.close(descriptor)
  }

  private static func prepare(_ pool: DatabasePool, _ path: String) throws {
    try pool.writeWithoutTransaction { db in
      try QueueSchema.check(db, path)
      // Set here because opening a pool sets NORMAL after `prepareDatabase`; an outcome must survive a power cut.
      try db.execute(sql: "PRAGMA synchronous = FULL")
    }
    try QueueSchema.migrator.migrate(pool)
  }

  // MARK: - Reading and writing

  /// Runs a command through the group commit.
  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do {
      return try await writer.submit(body)
    } catch {
      throw QueueError.wrapping(error, path: path)
    }
  }

  /// From now on nothing that waits for a group commit is committed before `flush`; for tests that step a pool.
  package func stepByHand() { writer.stepByHand() }

  /// Commits all that waits, on this thread.
  ///
  /// - Returns: whether anything waited.
  @discardableResult
  package func flush() -> Bool { writer.flush() }

  /// Runs one long transaction of its own, on the caller's thread.
  func writeAlone<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      var result: Value?
      try pool.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          result = try body(db)
          return .commit
        }
      }
      guard let result else { throw QueueError(.other, path: path, detail: "the transaction did not run") }
      return result
    } catch {
      throw QueueError.wrapping(error, path: path)
    }
  }

  /// Reads one state of the file, undisturbed by writers.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try pool.read(body)
    } catch {
      throw QueueError.wrapping(error, path: path)
    }
  }
}

extension QueueSchema {
  /// Refuses a file that is not ours or that a newer Rollcall wrote, before anything in it is changed.
  static func check(_ db: Database, _ path: String) throws {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let tableCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    guard application == applicationID || (application == 0 && tableCount == 0) else {
      throw QueueError(.notOurs, path: path, detail: "it is another program's database")
    }
    if try migrator.hasBeenSuperseded(db) { throw QueueError(.newerSchema, path: path, detail: "") }
  }
}
