// Who is alive: an owner lives exactly as long as the kernel holds the `flock` on its file.

package import DurableQueue
import Foundation

/// The lock of an owner of this process, or of one that is gone.
private final class OwnerFile: OwnerLock {
  private let lock: FileLock
  /// Nil for one of another process.
  private let place: QueuePlace?

  init(_ lock: FileLock, at place: QueuePlace? = nil) {
    self.lock = lock
    self.place = place
    place?.note(lock: lock.path)
  }

  deinit { place?.forget(lock: lock.path) }

  func remove() {
    place?.forget(lock: lock.path)
    lock.removeFile()
  }
}

extension SQLiteQueueStore {
  private func ownerPath(_ id: Int64) -> String { "\(path).owner-\(id)" }

  /// What tells this process apart from others.
  package var ownIdentity: String? { ProcessIdentity(of: getpid())?.text }

  /// Takes the lock of an owner of this process.
  package func lock(owner: Int64) throws -> any OwnerLock {
    guard let lock = try FileLock.acquire(ownerPath(owner), of: path) else {
      throw QueueError(.busy, path: ownerPath(owner), detail: "a new owner's file is locked")
    }
    return OwnerFile(lock, at: place)
  }

  /// Takes the lock of an owner that seems to be gone; made where it is missing.
  package func takeOver(owner: Int64) throws -> (any OwnerLock)? {
    try FileLock.acquire(ownerPath(owner), of: path).map { OwnerFile($0) }
  }

  /// Whether an owner's process lives: it does while it holds its lock. Where the file was deleted, nobody can see the
  /// lock, and the process itself is looked for.
  package func isAlive(_ owner: OwnerRow) throws -> Bool {
    switch try FileLock.holder(of: ownerPath(owner.id), of: path) {
    case .somebody: return true
    case .nobody: return false
    case .missing: break
    }
    if let isAlive = identity(of: owner)?.isAlive(as: owner.process) { return isAlive }
    // Its number says nothing here: it lives as long as anybody else has the file open.
    return place.isShared
  }

  /// What can be told of an owner's process that lives.
  package func process(of owner: OwnerRow) -> OwnerProcess {
    let identity = identity(of: owner)
    let isHere = identity?.isAlive(as: owner.process) ?? (identity == nil)
    return OwnerProcess(
      process: owner.process, isStopped: isHere && Proc.isStopped(owner.process), isHere: isHere)
  }

  private func identity(of owner: OwnerRow) -> ProcessIdentity? { owner.identity.flatMap { ProcessIdentity($0) } }

  /// The owners whose files are left.
  package func leftOwners() -> [Int64] {
    QueueFile(path: path).endings(after: ".owner-").compactMap { Int64($0) }
  }
}
