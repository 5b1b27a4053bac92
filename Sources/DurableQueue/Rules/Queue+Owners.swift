// Owners: the processes that claim. An owner lives exactly as long as the kernel holds the `flock` on its file, so no
// clock, heartbeat or expiry is in the question of who is alive.

import Foundation
import Pacing
package import Provisioning

extension Queue {
  /// The processes that may hold items now.
  ///
  /// - Parameter batch: only those that work on this one, or did not say on which; nil: all.
  package func processesAtWork(on batch: BatchID? = nil) throws -> [OwnerProcess] {
    let owners = try read { db in
      try db.all(
        """
        SELECT * FROM owner WHERE ended_at IS NULL AND (?1 IS NULL OR batch_id IS NULL OR batch_id = ?1) ORDER BY id
        """, [batch?.rawValue]
      ).map(OwnerRow.init)
    }
    // Whose process is gone holds nothing for long: the next run takes it back.
    return try owners.filter(store.isAlive).map(store.process)
  }

  /// Registers this process. Its lock is held before anybody can see its row.
  ///
  /// - Parameter batch: what it works on; nil: nothing that others must leave to it.
  package func becomeOwner(of batch: BatchID? = nil) throws -> Ownership {
    try writeAlone { db in
      let now = db.now
      let id = try db.insert(
        "INSERT INTO owner (pid, process_identity, started_at, batch_id, boot) VALUES (?, ?, ?, ?, ?)",
        [
          getpid(), store.ownIdentity, now.wall.microseconds, batch?.rawValue, now.sinceBoot.boot,
        ])
      return Ownership(id: OwnerID(id), lock: try store.lock(owner: id))
    }
  }

  /// Ends an ownership that holds no items any more.
  ///
  /// - Throws: `QueueError`, also when the queue was deleted or replaced since the last claim.
  package func end(_ ownership: Ownership) async throws {
    let id = ownership.id
    try await write { db in
      let now = db.now.wall
      try db.run("UPDATE owner SET ended_at = ? WHERE id = ?", [now.microseconds, id.rawValue])
    }
    try refuseIfReplaced()
    ownership.lock.remove()
  }

  /// Reclaims what owners held that are gone: each of their items is in doubt from now on, because it may have been
  /// sent. An owner that is stopped still holds its lock and keeps its items.
  ///
  /// - Returns: how many items were reclaimed.
  @discardableResult
  package func reclaim(except own: OwnerID? = nil) throws -> Int {
    let owners = try read { db in
      try db.all("SELECT * FROM owner WHERE ended_at IS NULL AND id IS NOT ?", [own?.rawValue]).map(OwnerRow.init)
    }
    var count = 0
    for owner in owners where try !store.isAlive(owner) {
      // Made where it is missing, so that two who reclaim do it one after the other.
      guard let lock = try store.takeOver(owner: owner.id) else { continue }
      count += try writeAlone { db in try reclaim(owner.id, db) }
      lock.remove()
    }
    if own == nil { try removeLeftovers() }
    return count
  }

  /// Removes the locks of owners that have ended: of processes that were killed before they could.
  private func removeLeftovers() throws {
    for id in store.leftOwners() {
      let hasEnded = try read { db in
        try db.value("SELECT ended_at IS NOT NULL FROM owner WHERE id = ?", [id], as: Bool.self)
      }
      guard hasEnded == true, case .success(let lock?) = Result(catching: { try store.takeOver(owner: id) }) else {
        continue
      }
      lock.remove()
    }
  }

  func reclaim(_ owner: Int64, _ db: any Transaction) throws -> Int {
    let now = db.now
    let items = try db.all("SELECT id, ordinal, version FROM item WHERE owner_id = ?", [owner])
    let outcome = Outcome(.ownerGone)
    for item in items {
      let lease = Lease.Handle(
        item: ItemID(try item.get("id")), ordinal: try item.get("ordinal"), version: try item.get("version"))
      _ = try settle(Answer(lease: lease, outcome: outcome), at: now, db)
    }
    try db.run("UPDATE owner SET ended_at = ? WHERE id = ?", [now.wall.microseconds, owner])
    return items.count
  }
}

extension OwnerRow {
  fileprivate init(_ row: Row) throws {
    id = try row.get("id")
    process = try row.get("pid")
    identity = try row.get("process_identity")
  }
}
