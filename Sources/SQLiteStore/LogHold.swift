// A lock on the log that a process has open. SQLite locks the file and the shared memory, never the log: by this one
// another process tells whether the log that stands at the path is the one that is in use.

import DurableQueue
import Foundation

/// A log could not be held; the system's error number.
struct LogHoldError: Error {
  let number: Int32
}

/// A shared `flock` on a log, held as long as this lives.
final class LogHold: Sendable {
  private let descriptor: Int32

  /// Takes it.
  ///
  /// - Throws: `LogHoldError` where the log cannot be opened or locked: others would take it for one that nobody uses.
  init(_ log: String) throws(LogHoldError) {
    let descriptor = open(log, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LogHoldError(number: errno) }
    self.descriptor = descriptor
    // A look of another process holds it for a moment.
    while flock(descriptor, LOCK_SH) != 0 {
      guard errno == EINTR else { throw LogHoldError(number: errno) }
    }
  }

  deinit { close(descriptor) }

  /// Whether anybody holds the log that stands at a path; true where nobody can tell.
  static func isHeld(_ log: String) -> Bool {
    let descriptor = open(log, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EINTR else { return true }
    }
    return false
  }
}
