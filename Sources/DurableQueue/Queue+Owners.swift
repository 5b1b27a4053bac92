// Owners: the processes that claim. An owner lives exactly as long as the kernel holds the `flock` on its file, so no
// clock, heartbeat or expiry is in the question of who is alive.

import Foundation
import GRDB
import Pacing
package import Provisioning

/// This process as an owner; while it lives, what it has claimed is its own.
package final class Ownership: Sendable {
  /// The owner's id.
  package let id: OwnerID
  private let lock: FileLock

  init(id: OwnerID, lock: FileLock) {
    self.id = id
    self.lock = lock
  }

  fileprivate func removeFile() { lock.removeFile() }
}

/// A process that may hold items.
package struct OwnerProcess: Hashable, Sendable {
  /// The process's number.
  package let process: Int32
  /// Whether it was stopped (SIGSTOP, Ctrl-Z), so that what it holds waits for it.
  package let isStopped: Bool
}

extension Queue {
  /// The processes that may hold items now.
  ///
  /// - Parameter batch: only those that work on this one, or did not say on which; nil: all.
  package func processesAtWork(on batch: BatchID? = nil) throws -> [OwnerProcess] {
    let processes = try read { db in
      try Int32.fetchAll(
        db,
        sql: """
          SELECT pid FROM owner WHERE ended_at IS NULL AND (?1 IS NULL OR batch_id IS NULL OR batch_id = ?1) ORDER BY id
          """, arguments: [batch?.rawValue])
    }
    // Whose process is gone holds nothing for long: the next run takes it back.
    return processes.filter { kill($0, 0) == 0 }.map {
      OwnerProcess(process: $0, isStopped: LockHolder.isStopped($0))
    }
  }

  private func ownerPath(_ id: Int64) -> String { "\(path).owner-\(id)" }

  /// Registers this process. Its lock is held before anybody can see its row.
  ///
  /// - Parameter batch: what it works on; nil: nothing that others must leave to it.
  package func becomeOwner(of batch: BatchID? = nil) throws -> Ownership {
    let now = time.moment()
    return try writeAlone { db in
      try db.execute(
        sql: "INSERT INTO owner (pid, started_at, batch_id, boot) VALUES (?, ?, ?, ?)",
        arguments: [getpid(), now.wall.microseconds, batch?.rawValue, now.sinceBoot.boot])
      let id = db.lastInsertedRowID
      guard let lock = try FileLock.acquire(ownerPath(id)) else {
        throw QueueError(.busy, path: ownerPath(id), detail: "a new owner's file is locked")
      }
      return Ownership(id: OwnerID(id), lock: lock)
    }
  }

  /// Ends an ownership that holds no items any more.
  package func end(_ ownership: Ownership) async throws {
    let id = ownership.id
    let now = time.now()
    try await write { db in
      try db.execute(
        sql: "UPDATE owner SET ended_at = ? WHERE id = ?", arguments: [now.microseconds, id.rawValue])
    }
    ownership.removeFile()
  }

  /// Reclaims what owners held that are gone: each of their items is in doubt from now on, because it may have been
  /// sent. An owner that is stopped still holds its lock and keeps its items.
  ///
  /// - Returns: how many items were reclaimed.
  @discardableResult
  package func reclaim(except own: OwnerID? = nil) throws -> Int {
    let owners = try read { db in
      try Int64.fetchAll(
        db, sql: "SELECT id FROM owner WHERE ended_at IS NULL AND id IS NOT ?", arguments: [own?.rawValue])
    }
    var count = 0
    for owner in owners {
      guard let lock = try FileLock.acquire(ownerPath(owner)) else { continue }
      count += try writeAlone { db in try reclaim(owner, db) }
      lock.removeFile()
    }
    return count
  }

  func reclaim(_ owner: Int64, _ db: Database) throws -> Int {
    let now = time.moment()
    let items = try Row.fetchAll(
      db, sql: "SELECT id, ordinal, version FROM item WHERE owner_id = ?", arguments: [owner])
    let outcome = Outcome(.ownerGone)
    for item in items {
      let lease = Lease.Handle(item: ItemID(item["id"]), ordinal: item["ordinal"], version: item["version"])
      _ = try settle(Answer(lease: lease, outcome: outcome), at: now, db)
    }
    try db.execute(sql: "UPDATE owner SET ended_at = ? WHERE id = ?", arguments: [now.wall.microseconds, owner])
    return items.count
  }
}
