// Locks that the kernel frees at the holder's death, whatever the cause: `flock` on small files beside the queue, and on its
// log.

import DurableQueue
import Foundation

/// A held `flock`; let go when it is released or its process ends. Close-on-exec, so that no child keeps it.
package final class FileLock: Sendable {
  private let descriptor: Int32
  /// The file.
  let path: String

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Takes the lock on the file, making the file (mode 0600) if need be.
  ///
  /// - Parameters:
  ///   - queue: the queue's file, for errors.
  ///   - limit: how long to wait for another holder; then nil is returned.
  /// - Throws: `QueueError` when the file cannot be made or locked.
  static func acquire(_ path: String, of queue: String, upTo limit: Duration = .zero) throws -> FileLock? {
    let deadline = ContinuousClock.now + limit
    for _ in 0..<100 {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw QueueError.refused(queue, at: path, errno, isMade: errno == ENOENT) }
      let lock = FileLock(descriptor: descriptor, path: path)
      guard try lock.wait(until: deadline, for: queue) else { return nil }
      // A lock on a file that was deleted meanwhile keeps nobody out.
      if lock.isInPlace { return lock }
    }
    throw QueueError(.cannotOpen, path: queue, detail: "\(path) is replaced again and again")
  }

  /// What a look at the lock of somebody else shows.
  enum Holder: Hashable {
    /// A process that lives.
    case somebody
    /// Nobody: who held it is gone.
    case nobody
    /// The file is not there, so the lock does not tell.
    case missing
  }

  /// Whether a process holds the lock; the file is left as it is.
  static func holder(of path: String, of queue: String) throws -> Holder {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return .missing }
      throw QueueError.refused(queue, at: path, errno)
    }
    defer { close(descriptor) }
    // Shared, so that two who look at once do not take each other for the holder.
    return try locks(descriptor, LOCK_SH, at: path, of: queue) ? .nobody : .somebody
  }

  private func wait(until deadline: ContinuousClock.Instant, for queue: String) throws -> Bool {
    while try !Self.locks(descriptor, LOCK_EX, at: path, of: queue) {
      // A holder that is stopped would be waited for without an end.
      guard ContinuousClock.now < deadline else { return false }
      usleep(1_000)
    }
    return true
  }

  /// Locks an open file if nobody has a lock that forbids it.
  fileprivate static func locks(
    _ descriptor: Int32, _ operation: Int32, at path: String, of queue: String
  ) throws -> Bool {
    while flock(descriptor, operation | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK else { throw QueueError.refused(queue, at: path, errno) }
      return false
    }
    return true
  }

  /// Whether the file that is locked still stands at its path.
  var isInPlace: Bool {
    var (open, there) = (stat(), stat())
    return fstat(descriptor, &open) == 0 && stat(path, &there) == 0 && open.st_dev == there.st_dev
      && open.st_ino == there.st_ino
  }

  /// Removes the file while the lock is held, so that nobody locks a file that is about to go.
  func removeFile() { if isInPlace { unlink(path) } }
}

/// A shared `flock` on a log, held as long as this lives.
final class LogHold: Sendable {
  private let descriptor: Int32

  /// Takes it.
  ///
  /// - Throws: `QueueError` where the log cannot be opened or locked: others would take it for one that nobody uses.
  init(_ log: String, of queue: String) throws {
    descriptor = open(log, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw QueueError.refused(queue, at: log, errno) }
    // A look of another process holds it for a moment.
    while flock(descriptor, LOCK_SH) != 0 {
      guard errno == EINTR else { throw QueueError.refused(queue, at: log, errno) }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether anybody holds the log that stands at a path; true where nobody can tell.
  static func isHeld(_ log: String) -> Bool {
    let descriptor = open(log, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    guard case .success(true) = Result(catching: { try FileLock.locks(descriptor, LOCK_EX, at: log, of: log) })
    else { return true }
    return false
  }
}
