// What can go wrong with the queue's file, and the one place that words it.

import GRDB

/// A failure of the queue, not of an item. No value that was bound to a statement is ever in it.
package struct QueueError: Error, CustomStringConvertible, Hashable {
  /// What kind of failure it is.
  package enum Code: Hashable, Sendable {
    /// The file cannot be opened or made.
    case cannotOpen
    /// The file is no SQLite file, or not one of ours.
    case notOurs
    /// A newer Rollcall wrote it.
    case newerSchema
    /// The file is damaged.
    case corrupt
    /// The disk is full.
    case diskFull
    /// The file or its folder is read-only.
    case readOnly
    /// Another process held the write lock too long.
    case busy
    /// The file is on a network file system.
    case networkFileSystem
    /// Anything else that SQLite reports.
    case other
  }

  /// What kind of failure it is.
  package let code: Code
  /// The queue's file.
  package let path: String
  /// What the system or SQLite said.
  package let detail: String

  /// Makes an error.
  package init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }

  /// One sentence: what, and which file.
  package var description: String {
    switch code {
    case .cannotOpen: "The queue \(path) cannot be opened: \(detail)."
    case .notOurs: "The file \(path) is not a Rollcall queue: \(detail)."
    case .newerSchema: "The queue \(path) was written by a newer Rollcall."
    case .corrupt: "The queue \(path) is damaged: \(detail)."
    case .diskFull: "The disk is full; the queue \(path) cannot grow."
    case .readOnly: "The queue \(path) cannot be written: \(detail)."
    case .busy: "The queue \(path) is locked: \(detail)."
    case .networkFileSystem: "The queue \(path) is on a network file system (\(detail)), where it could be damaged."
    case .other: "The queue \(path) failed: \(detail)."
    }
  }

  /// The lock was waited for and did not come: who has it.
  static func busy(_ path: String) -> QueueError {
    let holder = LockHolder.describe(queue: path) ?? "another process"
    return QueueError(.busy, path: path, detail: "\(holder) has held it for longer than this one waits")
  }

  /// Turns what GRDB threw into our error; anything else stays as it is.
  static func wrapping(_ error: any Error, path: String) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    let code: Code =
      switch error.resultCode {
      case .SQLITE_CANTOPEN: .cannotOpen
      case .SQLITE_NOTADB: .notOurs
      case .SQLITE_CORRUPT: .corrupt
      case .SQLITE_FULL: .diskFull
      case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
      default: .other
      }
    if code == .busy { return busy(path) }
    return QueueError(
      code, path: path, detail: code == .other ? "\(detail) (\(error.extendedResultCode.rawValue))" : detail)
  }
}
