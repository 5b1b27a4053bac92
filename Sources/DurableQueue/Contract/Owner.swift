// A process that claims.

import Pacing
package import Provisioning

/// This process as an owner; while it lives, what it has claimed is its own.
package final class Ownership: Sendable {
  /// The owner's id.
  package let id: OwnerID
  let lock: any OwnerLock

  init(id: OwnerID, lock: any OwnerLock) {
    self.id = id
    self.lock = lock
  }
}

/// A process that may hold items.
package struct OwnerProcess: Hashable, Sendable {
  /// The process's number.
  package let process: Int32
  /// Whether it was stopped (SIGSTOP, Ctrl-Z), so that what it holds waits for it.
  package let isStopped: Bool
  /// Whether the number means that process here; in another container it counts for itself.
  package var isHere = true

  /// Makes one.
  package init(process: Int32, isStopped: Bool, isHere: Bool = true) {
    self.process = process
    self.isStopped = isStopped
    self.isHere = isHere
  }
}
