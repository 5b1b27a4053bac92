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
  private let place: QueuePlace

  init(id: OwnerID, lock: FileLock, place: QueuePlace) {
    self.id = id
    self.lock = lock
    self.place = place
    place.note(lock: lock.path)
  }

  deinit { place.forget(lock: lock.path) }

  fileprivate func removeFile() {
    place.forget(lock: lock.path)
    lock.removeFile()
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
}

extension Queue {
  /// A row of `owner` that has not ended.
  private struct OwnerRow {
    let id: Int64
    let process: Int32
    /// Nil: it was not stored.
    let identity: ProcessIdentity?

    init(_ row: Row) throws {
      id = try row.get("id")
      process = try row.get("pid")
      identity = try (row.get("process_identity") as String?).flatMap { ProcessIdentity($0) }
    }
  }

  /// The processes that may hold items now.
  ///
  /// - Parameter batch: only those that work on this one, or did not say on which; nil: all.
  package func processesAtWork(on batch: BatchID? = nil) throws -> [OwnerProcess] {
    let owners = try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM owner WHERE ended_at IS NULL AND (?1 IS NULL OR batch_id IS NULL OR batch_id = ?1) ORDER BY id
          """, arguments: [batch?.rawValue]
      ).map(OwnerRow.init)
    }
    // Whose process is gone holds nothing for long: the next run takes it back.
    return try owners.filter { try isAlive($0) }.map { owner in
      let isHere = owner.identity?.isAlive(as: owner.process) ?? (owner.identity == nil)
      return OwnerProcess(
        process: owner.process, isStopped: isHere && LockHolder.isStopped(owner.process), isHere: isHere)
    }
  }

  private func ownerPath(_ id: Int64) -> String { "\(path).owner-\(id)" }

  /// Whether an owner's process lives: it does while it holds its lock. Where the file was deleted, nobody can see the
  /// lock, and the process itself is looked for.
  private func isAlive(_ owner: OwnerRow) throws -> Bool {
    switch try FileLock.holder(of: ownerPath(owner.id), of: path) {
    case .somebody: return true
    case .nobody: return false
    case .missing: break
    }
    if let isAlive = owner.identity?.isAlive(as: owner.process) { return isAlive }
    // Its number says nothing here: it lives as long as anybody else has the file open.
    return place.isShared
  }

  /// Registers this process. Its lock is held before anybody can see its row.
  ///
  /// - Parameter batch: what it works on; nil: nothing that others must leave to it.
  package func becomeOwner(of batch: BatchID? = nil) throws -> Ownership {
    let now = time.moment()
    return try writeAlone { db in
      try db.execute(
        sql: "INSERT INTO owner (pid, process_identity, started_at, batch_id, boot) VALUES (?, ?, ?, ?, ?)",
        arguments: [
          getpid(), ProcessIdentity(of: getpid())?.text, now.wall.microseconds, batch?.rawValue, now.sinceBoot.boot,
        ])
      let id = db.lastInsertedRowID
      guard let lock = try FileLock.acquire(ownerPath(id), of: path) else {
        throw QueueError(.busy, path: ownerPath(id), detail: "a new owner's file is locked")
      }
      return Ownership(id: OwnerID(id), lock: lock, place: place)
    }
  }

  /// Ends an ownership that holds no items any more.
  ///
  /// - Throws: `QueueError`, also when the queue was deleted or replaced since the last claim.
  package func end(_ ownership: Ownership) async throws {
    let id = ownership.id
    let now = time.now()
    try await write { db in
      try db.execute(
        sql: "UPDATE owner SET ended_at = ? WHERE id = ?", arguments: [now.microseconds, id.rawValue])
    }
    try refuseIfReplaced()
    ownership.removeFile()
  }

  /// Reclaims what owners held that are gone: each of their items is in doubt from now on, because it may have been
  /// sent. An owner that is stopped still holds its lock and keeps its items.
  ///
  /// - Returns: how many items were reclaimed.
  @discardableResult
  package func reclaim(except own: OwnerID? = nil) throws -> Int {
    let owners = try read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM owner WHERE ended_at IS NULL AND id IS NOT ?", arguments: [own?.rawValue]
      ).map(OwnerRow.init)
    }
    var count = 0
    for owner in owners where try !isAlive(owner) {
      // Made where it is missing, so that two who reclaim do it one after the other.
      guard let lock = try FileLock.acquire(ownerPath(owner.id), of: path) else { continue }
      count += try writeAlone { db in try reclaim(owner.id, db) }
      lock.removeFile()
    }
    if own == nil { try removeLeftovers() }
    return count
  }

  /// Removes the lock files of owners that have ended: of processes that were killed before they could.
  private func removeLeftovers() throws {
    let url = URL(fileURLWithPath: path)
    let prefix = url.lastPathComponent + ".owner-"
    let folder = url.deletingLastPathComponent().path
    // What may not be listed, or is another user's, is left to whoever may.
    guard case .success(let names) = Result(catching: { try FileManager.default.contentsOfDirectory(atPath: folder) })
    else { return }
    for id in names.compactMap({ $0.hasPrefix(prefix) ? Int64($0.dropFirst(prefix.count)) : nil }) {
      let hasEnded = try read { db in
        try Bool.fetchOne(db, sql: "SELECT ended_at IS NOT NULL FROM owner WHERE id = ?", arguments: [id])
      }
      guard hasEnded == true,
        case .success(let lock?) = Result(catching: { try FileLock.acquire(ownerPath(id), of: path) })
      else { continue }
      lock.removeFile()
    }
  }

  func reclaim(_ owner: Int64, _ db: Database) throws -> Int {
    let now = time.moment()
    let items = try Row.fetchAll(
      db, sql: "SELECT id, ordinal, version FROM item WHERE owner_id = ?", arguments: [owner])
    let outcome = Outcome(.ownerGone)
    for item in items {
      let lease = Lease.Handle(
        item: ItemID(try item.get("id")), ordinal: try item.get("ordinal"), version: try item.get("version"))
      _ = try settle(Answer(lease: lease, outcome: outcome), at: now, db)
    }
    try db.execute(sql: "UPDATE owner SET ended_at = ? WHERE id = ?", arguments: [now.wall.microseconds, owner])
    return items.count
  }
}
