// A queue in one SQLite file.

package import DurableQueue
import Files
import Foundation
package import Pacing

extension Queue {
  /// Opens the queue, making the file (mode 0600) and its folder (0700) if need be, and makes its tables.
  ///
  /// Opening and making tables happen under a lock beside the file: three first openers at once were seen to get
  /// "database is locked" in spite of a timeout.
  ///
  /// - Parameters:
  ///   - lockWait: how long another process's lock is waited for, here and in every command.
  ///   - allowsNetwork: whether the file may be on a network file system, where SQLite's log is unsafe.
  ///   - onLongCheck: called when the check of a file whose last process was killed takes longer than a second.
  /// - Throws: `QueueError`.
  package convenience init(
    path: String, time: any TimeSource, lockWait: Duration = Queue.standardLockWait, allowsNetwork: Bool = false,
    onLongCheck: @escaping @Sendable () -> Void = {}
  ) throws {
    do {
      try QueueFile.make(path, allowsNetwork: allowsNetwork)
      // SQLite follows a symlink to the database; the locks beside it must stand beside the same file.
      let file = QueueFile(path: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
      let store = try SQLiteQueueStore(opening: file, time: time, lockWait, onLongCheck)
      self.init(store: store)
    } catch {
      throw QueueError.wrapping(error, path: path)
    }
  }

  /// Whether there is a file at the path, or what is left of a queue whose file is gone.
  ///
  /// - Throws: `QueueError` where the system does not let this process look.
  package static func exists(at path: String) throws -> Bool {
    switch FileLook(path) {
    case .there: return true
    case .refused(let refusal): throw QueueError.refused(path, at: path, refusal.code)
    case .absent:
      try QueueFile(path: path).refuseLogOfNothing()
      return false
    }
  }
}
