// What a process knows of a queue whose files were deleted or replaced under it is saved before it ends.

import DurableQueue
import Foundation
import GRDB

extension SQLiteQueueStore {
  /// Saves what this process knows of a queue whose files no longer stand where they stood: in the file itself if that is
  /// there, takes all that the log has, and has no other log beside it; else in a new file beside it.
  ///
  /// - Returns: the new file; nil when the file itself has everything.
  /// - Throws: `QueueError` when it cannot be saved; no part of a file is left then.
  package func rescue() throws -> String? {
    if place.hasFile, !place.hasStrangeLog, isAllInFile { return nil }
    let copy = try newRescueFile()
    do {
      try onWriter { db in try db.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
    } catch {
      for suffix in ["", "-journal"] { unlink(copy + suffix) }
      throw error
    }
    return copy
  }

  /// Empties the log into the file. That it fails is no matter here: the new file takes everything then.
  private var isAllInFile: Bool {
    guard case .success(let isAll) = Result(catching: { try checkpoint() }) else { return false }
    return isAll && place.hasFile && !place.hasStrangeLog
  }

  /// An empty file, which is filled by the copy and keeps its mode.
  private func newRescueFile() throws -> String {
    for ordinal in 1...100 {
      let copy = "\(path).rescued-\(getpid())" + (ordinal == 1 ? "" : "-\(ordinal)")
      let descriptor = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor >= 0 {
        Foundation.close(descriptor)
        return copy
      }
      // A process of the same number had left one.
      guard errno == EEXIST, ordinal < 100 else { throw QueueError.refused(path, at: copy, errno, isMade: true) }
    }
    throw QueueError(.cannotOpen, path: path, detail: "a hundred files \(path).rescued-\(getpid()) are there")
  }
}
