// The one place that checkpoints.

import DurableQueue
import Foundation
import GRDB
import Synchronization

/// Copies the write-ahead log into the file, when it has grown and when asked.
///
/// SQLite 3.40 has the WAL-reset bug: two checkpointers and a commit in a tight race can corrupt. So no connection
/// checkpoints by itself, a lock admits one checkpointer of all processes, and `TRUNCATE` holds the write lock. (The last
/// connection to close checkpoints too, but only while it holds the file exclusively.)
final class Checkpointer: Sendable {
  /// The log is copied when it is larger than this; a small run never gets there.
  private static let largestLog: Int64 = 16 * 1_024 * 1_024
  /// How many commits pass between two looks at its size.
  private static let commitsPerLook = 64

  private let path: String
  private let commitCount = Atomic<Int>(0)
  private let isImpatient = Atomic<Bool>(false)

  init(path: String) { self.path = path }

  /// Whether a busy handler should give up at once: a checkpoint that finds a reader in its way does what it can and
  /// leaves the rest to the next one, rather than keep every writer waiting.
  var givesUpWhenBusy: Bool { isImpatient.load(ordering: .relaxed) }

  /// Called after each commit, on the writer.
  func noteCommit(_ db: Database) throws {
    let count = commitCount.add(1, ordering: .relaxed).newValue
    guard count % Self.commitsPerLook == 0, QueueFile.size(path + "-wal") ?? 0 > Self.largestLog else { return }
    try checkpoint(db)
  }

  /// Copies and empties the log as far as nobody is at it; on the writer, outside a transaction.
  ///
  /// - Returns: whether the file has all that the log had.
  @discardableResult
  func checkpoint(_ db: Database) throws -> Bool {
    guard let lock = try FileLock.acquire(path + ".checkpoint", of: path) else { return false }
    defer { withExtendedLifetime(lock) {} }
    return try withoutWaiting {
      let count = try db.checkpoint(.truncate)
      // Both are -1 where the file is not in the log's mode.
      return count.walFrameCount == count.checkpointedFrameCount
    }
  }

  /// Runs something that waits for nobody; false where somebody was in its way.
  func withoutWaiting(_ body: () throws -> Bool) throws -> Bool {
    isImpatient.store(true, ordering: .relaxed)
    defer { isImpatient.store(false, ordering: .relaxed) }
    do {
      return try body()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      return false
    }
  }
}

extension SQLiteQueueStore {
  /// See `Store`. A file that no longer stands at its path is left alone: the log there may be another's.
  @discardableResult
  package func checkpoint() throws -> Bool {
    guard !place.isLost || place.hasFile else { return false }
    return try onWriter { db in try checkpointer.checkpoint(db) }
  }
}
