// Who writes into a folder: one process at a time, by an `flock` on a file in it that is gone afterwards.

import Foundation

/// A folder's lock; let go, and its file removed, when it is released. The kernel frees it at the holder's death.
package final class FolderLock {
  /// The name of the lock's file.
  static let name = ".rollcall.lock"

  private let folder: Folder
  private let descriptor: Int32
  /// False where the file system has no locks.
  package let isHeld: Bool

  private init(folder: Folder, descriptor: Int32, isHeld: Bool) {
    self.folder = folder
    self.descriptor = descriptor
    self.isHeld = isHeld
  }

  deinit {
    // While it is held, so that nobody locks a file that is about to go.
    unlinkat(folder.descriptor, Self.name, 0)
    close(descriptor)
  }

  /// Takes the lock of a folder; `busy` when another holder does not let go in time.
  package static func acquire(_ folder: Folder, upTo limit: Duration) throws(FileError) -> FolderLock {
    let deadline = ContinuousClock.now + limit
    while true {
      let descriptor = openat(
        folder.descriptor, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw FileError(folder.path(of: name), .system(errno)) }
      if let lock = try attempt(folder, descriptor) { return lock }
      let holder = holder(descriptor)
      close(descriptor)
      guard ContinuousClock.now < deadline else { throw FileError(folder.path, .busy(holder)) }
      usleep(1_000)
    }
  }

  /// One try; nil when somebody else has it, or had it and has removed the file.
  private static func attempt(_ folder: Folder, _ descriptor: Int32) throws(FileError) -> FolderLock? {
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK || errno == EINTR { return nil }
      return FolderLock(folder: folder, descriptor: descriptor, isHeld: false)
    }
    guard let open = FileFacts.of(descriptor: descriptor), let named = try FileFacts.of(name, in: folder),
      open.identity == named.identity
    else { return nil }
    let text = Array("\(getpid())\n".utf8)
    // For people who wait; a full disk does not matter.
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
    return FolderLock(folder: folder, descriptor: descriptor, isHeld: true)
  }

  private static func holder(_ descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
