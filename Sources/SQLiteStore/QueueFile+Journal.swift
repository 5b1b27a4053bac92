// A journal that a killed process left is played back on a copy first: it may be another file's, or an older time's, and
// SQLite plays it back into whatever it finds.

import DurableQueue
import Foundation
import GRDB

extension QueueFile {
  /// What the copy and its neighbours are called, beside the file.
  private static let copySuffix = ".journal-look"
  private static let suffixes = ["", "-journal", "-wal", "-shm"]

  /// Refuses a journal that does not belong to the file as it is now; the file is not touched.
  ///
  /// Must be called under the lock of the opening, while nobody has the file open.
  func refuseStrangeJournal() throws {
    let copy = QueueFile(path: path + Self.copySuffix)
    // Of a process that was killed here.
    copy.remove()
    defer { copy.remove() }
    for suffix in ["", "-wal", "-journal"] { try copyNeighbour(suffix, to: copy) }
    do {
      if let problem = try problem(in: copy) { throw strangeLog("-journal", "with \(path)-journal, \(problem)") }
    } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
      throw strangeLog("-journal", "with \(path)-journal, \(error.message ?? "it is malformed")")
    }
  }

  /// What is wrong with the copy once its journal is played back.
  private func problem(in copy: QueueFile) throws -> String? {
    try copy.opened { file in
      try file.read { db in
        try QueueSchema.check(db, path)
        // A transaction counts one change. What was changed more often since the journal was begun, or less often, is a
        // file of another time, also where everything in it fits together.
        if let then = copy.changeCount, let now = changeCount, now != then, now != then + 1 {
          return "the file is of another time: it was changed \(now) times, and the journal is of change \(then)"
        }
        return try QueueSchema.firstProblem(db)
      }
    }
  }

  private func copyNeighbour(_ suffix: String, to copy: QueueFile) throws {
    let source = open(path + suffix, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else {
      if errno == ENOENT, !suffix.isEmpty { return }
      throw QueueError.refused(path, at: path + suffix, errno)
    }
    defer { close(source) }
    let target = open(copy.path + suffix, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw QueueError.refused(path, at: copy.path + suffix, errno, isMade: true) }
    defer { close(target) }
    while true {
      let count = sendfile(target, source, nil, 1 << 24)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw QueueError.refused(path, at: copy.path + suffix, errno, isMade: true) }
      if count == 0 { return }
    }
  }

  private func remove() { for suffix in Self.suffixes { unlink(path + suffix) } }
}
