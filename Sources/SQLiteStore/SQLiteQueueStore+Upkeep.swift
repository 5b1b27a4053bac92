// The upkeep of the queue's file: whether it is well, what is saved when it was deleted or replaced under a process, and how
// what was erased goes from its bytes, too.

package import DurableQueue
import Foundation
import GRDB

extension SQLiteQueueStore {
  /// Looks at the file; reads all of it.
  package func health() throws -> QueueHealth {
    let problems = try wrapped(findProblems)
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let system = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    return QueueHealth(
      problems: problems, networkName: FileSystemCheck.networkName(of: folder),
      isReadableByOthers: ((attributes?[.posixPermissions] as? Int) ?? 0) & 0o077 != 0,
      freeByteCount: (system?[.systemFreeSize] as? NSNumber)?.int64Value,
      byteCount: ["", "-wal"].reduce(0) { $0 + (QueueFile.size(path + $1) ?? 0) }, schema: QueueSchema.version)
  }

  /// What is wrong in the file. One look that meets a page which cannot be read does not keep the others from theirs.
  private func findProblems() throws -> [String] {
    let looks: [(Database) throws -> [String]] = [
      { try [QueueSchema.firstDamage($0)].compactMap(\.self) },
      { try String.fetchAll($0, sql: "PRAGMA integrity_check(20)") },
      {
        try Row.fetchAll($0, sql: "PRAGMA foreign_key_check").map {
          "a row of \($0[0] as String? ?? "?") leads to none of \($0[2] as String? ?? "?")"
        }
      },
    ]
    var problems: [String] = []
    var broken: String?
    for look in looks {
      do {
        problems += try pool.read(look)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
        broken = error.message
      }
    }
    return problems.filter { $0 != "ok" } + [broken].compactMap(\.self)
  }

  /// See `Store`: in the file itself if that is there, takes all that the log has, and has no other log beside it; else in a
  /// new file beside it. Where it cannot be saved, no part of a file is left.
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

  /// A larger file is written anew through a file, not through memory.
  private static let mostInMemory: Int64 = 64 * 1_024 * 1_024

  /// See `Store`.
  package func scrub(waiting limit: Duration) throws -> Remains? {
    try refuseIfReplaced()
    do {
      try rewrite()
    } catch let error as QueueError where [.diskFull, .busy, .other].contains(error.code) {
      // The log is emptied all the same: what it has may be all that there is.
      _ = try emptyLog(waiting: .zero)
      return error.code == .busy ? .busy(error.detail) : .notWritten(error.detail)
    }
    return try emptyLog(waiting: limit)
  }

  private func rewrite() throws {
    let isLarge = QueueFile.size(path) ?? .max > Self.mostInMemory
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
      if try checkpoint(), !QueueFile(path: path).hasLog { return nil }
      guard ContinuousClock.now < deadline else { break }
      usleep(50_000)
    }
    return .readers(LockHolder.readers(queue: path))
  }

  /// See `Store`.
  package func rescuedCopies() -> [String] {
    QueueFile(path: path).endings(after: ".rescued-").sorted().map { path + ".rescued-" + $0 }
  }
}
