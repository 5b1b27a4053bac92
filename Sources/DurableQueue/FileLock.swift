// Locks that the kernel frees at the holder's death, whatever the cause: `flock` on small files beside the queue.

import Foundation
import Pacing

/// A held `flock`; let go when it is released or its process ends. Close-on-exec, so that no child keeps it.
package final class FileLock: Sendable {
  private let descriptor: Int32
  private let path: String

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Takes the lock on the file, making the file (mode 0600) if need be.
  ///
  /// - Parameter limit: how long to wait for another holder; then nil is returned.
  /// - Throws: `QueueError` when the file cannot be made or locked.
  static func acquire(_ path: String, upTo limit: Duration = .zero) throws -> FileLock? {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    let lock = FileLock(descriptor: descriptor, path: path)
    let deadline = ContinuousClock.now + limit
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK else { throw failure(path) }
      // A holder that is stopped would be waited for without an end.
      guard ContinuousClock.now < deadline else { return nil }
      usleep(1_000)
    }
    return lock
  }

  /// Removes the file while the lock is held, so that nobody locks a file that is about to go.
  func removeFile() { unlink(path) }

  private static func failure(_ path: String) -> QueueError {
    QueueError(.cannotOpen, path: path, detail: String(cString: strerror(errno)))
  }
}
