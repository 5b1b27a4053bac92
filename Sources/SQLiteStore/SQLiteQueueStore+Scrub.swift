// After forgetting: SQLite leaves copies of rows in pages that it has split or merged, in free pages and in its log. What
// was erased must not be found in the files' bytes either.

package import DurableQueue
import Foundation
import GRDB

extension SQLiteQueueStore {
  /// A larger file is written anew through a file, not through memory.
  private static let mostInMemory: Int64 = 64 * 1_024 * 1_024

  /// Writes the file anew, with nothing in it but what is there, and empties its log.
  ///
  /// - Parameter limit: how long readers that hold the log are waited for.
  /// - Returns: what may be left; nil when nothing is.
  /// - Throws: `QueueError`, when the queue was replaced or is busy.
  package func scrub(waiting limit: Duration) throws -> Remains? {
    try refuseIfReplaced()
    do {
      try rewrite()
    } catch let error as QueueError where [.diskFull, .busy, .other].contains(error.code) {
      // The log is emptied all the same: what it has may be all that there is.
      _ = try emptyLog(waiting: .zero)
      return Remains(cause: error.code == .busy ? .busy(error.detail) : .notWritten(error.detail))
    }
    return try emptyLog(waiting: limit)
  }

  private func rewrite() throws {
    var status = stat()
    let isLarge = stat(path, &status) != 0 || Int64(status.st_size) > Self.mostInMemory
    try onWriter { db in
      if isLarge { try db.execute(sql: "PRAGMA temp_store = FILE") }
      defer { if isLarge { _ = Result { try db.execute(sql: "PRAGMA temp_store = MEMORY") } } }
      try db.execute(sql: "VACUUM")
    }
  }

  /// - Returns: who keeps it from being empty; nil when it is.
  private func emptyLog(waiting limit: Duration) throws -> Remains? {
    // A reader of our own would be in the way too.
    pool.releaseMemory()
    let deadline = ContinuousClock.now + limit
    while true {
      if try checkpoint(), isLogEmpty { return nil }
      guard ContinuousClock.now < deadline else { break }
      usleep(50_000)
    }
    return Remains(cause: .readers(LockHolder.readers(queue: path)))
  }

  private var isLogEmpty: Bool {
    var status = stat()
    return stat(path + "-wal", &status) != 0 || status.st_size == 0
  }

  /// Copies of the queue that a run has saved beside it, whole or in part; they hold what was in it then.
  package func rescuedCopies() -> [String] {
    let url = URL(fileURLWithPath: path)
    let prefix = url.lastPathComponent + ".rescued-"
    let folder = url.deletingLastPathComponent().path
    guard case .success(let names) = Result(catching: { try FileManager.default.contentsOfDirectory(atPath: folder) })
    else { return [] }
    return names.filter { $0.hasPrefix(prefix) }.sorted().map { folder + "/" + $0 }
  }
}
