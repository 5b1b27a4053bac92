// The one place that checkpoints.

import GRDB

extension Queue {
  /// Copies the write-ahead log into the file and empties it, if nobody else is at it; otherwise does nothing.
  ///
  /// SQLite 3.40 has the WAL-reset bug: two checkpointers and a commit in a tight race can corrupt. So no connection
  /// checkpoints by itself, the lock admits one checkpointer of all processes, and `TRUNCATE` holds the write lock. (The
  /// last connection to close checkpoints too, but only while it holds the file exclusively.)
  package func checkpoint() throws {
    guard let lock = try FileLock.acquire(path + ".checkpoint", waits: false) else { return }
    defer { withExtendedLifetime(lock) {} }
    do {
      try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      // A reader holds on to the log; the next checkpoint takes it.
    } catch {
      throw QueueError.wrapping(error, path: path)
    }
  }
}
