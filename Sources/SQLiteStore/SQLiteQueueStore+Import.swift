// The first import of a queue: nobody else has the file open yet, and all of it is new, so it is written once instead of into
// the write-ahead log, out of it again and into the file.

package import DurableQueue
import GRDB

extension SQLiteQueueStore {
  /// Runs the transaction of an import.
  package func importing<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
    let lock = try disableLog()
    let result = Result { try exclusive(body) }
    // What was committed stays so; where a stranger reads the file for too long, the next opening enables the log.
    if let lock { _ = Result { try enableLog(lock) } }
    return try result.get()
  }

  /// Switches a queue without any batch from the write-ahead log to a rollback journal, if no other process has it open.
  ///
  /// - Returns: the lock that keeps others from opening it; nil when the log stays.
  private func disableLog() throws -> FileLock? {
    guard try reading({ try $0.one("SELECT 1 FROM batch LIMIT 1") == nil }),
      let lock = try FileLock.acquire(path + ".lock", of: path)
    else { return nil }
    // A reader of our own would be in the way too.
    pool.invalidateReadOnlyConnections()
    let isAlone = try onWriter { db in
      guard try Bool.fetchOne(db, sql: "SELECT NOT EXISTS (SELECT 1 FROM batch)") == true else { return false }
      let isAlone = try checkpointer.withoutWaiting {
        try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") == "delete"
      }
      // The removal of the journal is the commit, and must survive a power cut: FULL does not sync the folder.
      if isAlone { try db.execute(sql: "PRAGMA synchronous = EXTRA") }
      return isAlone
    }
    guard isAlone else { return nil }
    try place.note(inLog: false)
    return lock
  }

  /// Back to the log, before others may open the file.
  private func enableLog(_ lock: FileLock) throws {
    try onWriter { db in
      guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else { throw QueueError.busy(path) }
      try db.execute(sql: "PRAGMA synchronous = FULL")
      // The log and its memory are made by whoever first reads.
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema")
    }
    try place.note()
    withExtendedLifetime(lock) {}
  }
}
