// How the system's and SQLite's errors become the queue's.

import DurableQueue
import Files
import Foundation
import GRDB
import Provisioning

extension QueueError {
  /// The system did not let this process at one of the queue's files.
  ///
  /// - Parameters:
  ///   - path: the queue's file.
  ///   - file: the one that was tried: that file, its folder or a neighbour.
  ///   - number: the system's reason (`errno`).
  ///   - isMade: whether the file was to be made.
  static func refused(_ path: String, at file: String, _ number: Int32, isMade: Bool = false) -> QueueError {
    let refusal = FileRefusal(file, number, folderIsWanted: isMade)
    let code: Code =
      switch number {
      case EACCES, EPERM: .forbidden
      case EROFS: .readOnly
      case ENOSPC, EDQUOT: .diskFull
      default: .cannotOpen
      }
    return QueueError(code, path: path, detail: refusal.sentence, refusal: refusal)
  }

  /// The lock was waited for and did not come: who has it.
  static func busy(_ path: String) -> QueueError {
    let holder = LockHolder.describe(queue: path) ?? "another process"
    return QueueError(.busy, path: path, detail: "\(holder) has held it for longer than this one waits")
  }

  /// Turns what GRDB threw into our error; anything else stays as it is.
  static func wrapping(_ error: any Error, path: String) -> any Error {
    if let gone = error as? ForgottenBatch {
      return QueueError(.forgotten, path: path, detail: "Batch \(gone.batch.rawValue)")
    }
    guard let error = error as? DatabaseError else { return error }
    let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    if error.resultCode == .SQLITE_IOERR, isFull(path) { return QueueError(.diskFull, path: path, detail: detail) }
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

  /// Whether the file's disk has no room for the next pages. SQLite calls it an I/O error where its shared memory or a
  /// journal cannot grow.
  private static func isFull(_ path: String) -> Bool {
    var system = statvfs()
    return statvfs(path, &system) == 0 && UInt64(system.f_bavail) * UInt64(system.f_frsize) < 64 * 1_024
  }
}
