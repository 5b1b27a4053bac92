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

  /// How long a lock of another process is waited for unless the caller says otherwise.
  package static let standardLockWait = Duration.seconds(60)

  /// Opens the queue, making the file (mode 0600) and its folder (0700) if need be, and brings its tables up to date.
  ///
  /// Opening and migrating happen under a lock beside the file: three first openers at once were seen to get
  /// "database is locked" in spite of a timeout.
  ///
  /// - Parameters:
  ///   - lockWait: how long another process's lock is waited for, here and in every command.
  ///   - allowsNetwork: whether the file may be on a network file system, where SQLite's log is unsafe.
  /// - Throws: `QueueError`.
  package convenience init(
    path: String, time: any TimeSource, lockWait: Duration = Queue.standardLockWait, allowsNetwork: Bool = false
  ) throws {
    do {
      try self.init(opening: path, time: time, lockWait, allowsNetwork: allowsNetwork)
    } catch {
      throw QueueError.wrapping(error, path: path)
    }
  }

  private init(opening path: String, time: any TimeSource, _ lockWait: Duration, allowsNetwork: Bool) throws {
    try Self.makeFile(path, allowsNetwork: allowsNetwork)
    // SQLite follows a symlink to the database; the locks beside it must stand beside the same file.
    let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    self.path = path
    self.time = time
    guard let lock = try FileLock.acquire(path + ".lock", upTo: lockWait) else { throw QueueError.busy(path) }
    defer { withExtendedLifetime(lock) {} }
    try Self.refuseForeignFile(path)
    let checkpointer = Checkpointer(path: path)
    self.checkpointer = checkpointer
    pool = try DatabasePool(path: path, configuration: Self.configuration(checkpointer, lockWait))
    try Self.prepare(pool, path)
    writer = GroupCommitWriter(writer: pool) { db in try checkpointer.noteCommit(db) }
  }

  /// Closes the file; nothing may be under way.
  package func close() throws { try pool.close() }

  private static func configuration(_ checkpointer: Checkpointer, _ lockWait: Duration) -> Configuration {
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
      db.add(function: KeptDefinition.function)
      // SQLite 3.40 can corrupt a WAL when two connections checkpoint as a third commits: one place checkpoints.
      try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
      // Otherwise each savepoint takes 64 KB for its journal and gives them back: a third of the speed is left.
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
    }
    return configuration
  }

  private static func makeFile(_ path: String, allowsNetwork: Bool) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw QueueError(.cannotOpen, path: path, detail: "its folder cannot be made")
    }
    if !allowsNetwork, let name = FileSystemCheck.networkName(of: folder.path) {
      throw QueueError(.networkFileSystem, path: path, detail: name)
    }
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw QueueError(errno == EROFS ? .readOnly : .cannotOpen, path: path, detail: String(cString: strerror(errno)))
    }
    Foundation.close(descriptor)
  }

  /// Looks at the file before anything in it is changed; opening it for writing would already switch it to our journal.
  private static func refuseForeignFile(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0, status.st_size > 0 else { return }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    do {
      let file = try DatabaseQueue(path: path, configuration: configuration)
      try file.read { db in try QueueSchema.check(db, path) }
      try file.close()
    } catch let error as DatabaseError
      where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK && QueueSchema.isOurs(fileAt: path)
    {
      // A first import was cut off; the next opening for writing undoes it, and all is checked then.
    }
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

  /// How many commands wait for a commit; for tests.
  var waitingCommandCount: Int { writer.waitingCount }

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

  /// Runs something on the writer outside of a transaction.
  func onWriter(_ body: (Database) throws -> Void) throws {
    do {
      try pool.writeWithoutTransaction(body)
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
  /// Whether the file says by its first bytes that it is ours.
  fileprivate static func isOurs(fileAt path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path), let header = try? file.read(upToCount: 72), header.count == 72
    else { return false }
    return header[68..<72].reduce(0) { $0 << 8 | Int($1) } == applicationID
  }

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
