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
        SELECT * FROM owner WHERE ended_at IS NULL AND (batch_id = ?1 OR batch_id IS NULL OR ?1 IS NULL) ORDER BY id
        """, [batch?.rawValue]
      ).map(OwnerRow.init)
    }
    // Whose process is gone holds nothing for long: the next run takes it back.
    return try owners.filter(store.isAlive).map(store.process)
  }

  /// Registers this process. Its lock is held before anybody can see its row. Blocks while others write.
  ///
  /// - Parameter batch: what it works on; nil: nothing that others must leave to it.
  package func becomeOwner(of batch: BatchID? = nil) throws -> Ownership {
    try writeExclusively { db in try becomeOwner(of: batch, db) }
  }

  func becomeOwner(of batch: BatchID?, _ db: any Transaction) throws -> Ownership {
    let now = db.now
    let id = try db.insert(
      "INSERT INTO owner (pid, process_identity, started_at, batch_id, boot) VALUES (?, ?, ?, ?, ?)",
      [getpid(), store.ownIdentity, now.wall.microseconds, batch?.rawValue, now.sinceBoot.boot])
    return Ownership(id: OwnerID(id), lock: try store.lock(owner: id))
  }

  /// Ends an ownership that holds no items any more.
  ///
  /// - Throws: `QueueError`, also when the queue was deleted or replaced since the last claim.
  package func end(_ ownership: Ownership) async throws {
    let id = ownership.id
    try await write { db in try Self.end(id, db) }
    try refuseIfReplaced()
    ownership.lock.remove()
  }

  static func end(_ owner: OwnerID, _ db: any Transaction) throws {
    try db.run("UPDATE owner SET ended_at = ? WHERE id = ?", [db.now.wall.microseconds, owner.rawValue])
  }

  /// Reclaims, for a run under way, what owners held that are gone: each of their items is in doubt from now on, because it
  /// may have been sent. An owner that is stopped still holds its lock and keeps its items.
  ///
  /// - Returns: how many items were reclaimed.
  package func reclaim(for own: OwnerID) async throws -> Int {
    let gone = try read { db in try takeOverGone(except: own, db) }
    guard !gone.isEmpty else { return 0 }
    let owners = gone.map(\.owner)
    let count = try await write { db in try self.reclaim(owners, db) }
    for owner in gone { owner.lock.remove() }
    return count
  }

  /// Takes the locks of owners that are gone, so that two who reclaim do it one after the other.
  func takeOverGone(except own: OwnerID?, _ db: any Transaction) throws -> [(owner: OwnerID, lock: any OwnerLock)] {
    try db.all("SELECT * FROM owner WHERE ended_at IS NULL AND (id <> ?1 OR ?1 IS NULL)", [own?.rawValue])
      .map(OwnerRow.init)
      .filter { try !store.isAlive($0) }
      .compactMap { owner in try store.takeOver(owner: owner.id).map { (OwnerID(owner.id), $0) } }
  }

  /// Removes the locks of owners that have ended: of processes that were killed before they could.
  func removeLeftovers() throws {
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

  /// Ends owners, and writes what they held in doubt.
  ///
  /// - Returns: how many items that were.
  func reclaim(_ owners: [OwnerID], _ db: any Transaction) throws -> Int {
    for owner in owners { try Self.end(owner, db) }
    return try owners.reduce(0) { try $0 + takeBack(from: $1, db) }
  }

  private func takeBack(from owner: OwnerID, _ db: any Transaction) throws -> Int {
    let items = try db.all("SELECT id, ordinal, version FROM item WHERE owner_id = ?", [owner.rawValue])
    for item in items {
      let lease = Lease.Handle(
        item: ItemID(try item.get("id")), ordinal: try item.get("ordinal"), version: try item.get("version"))
      _ = try settle(Answer(lease: lease, outcome: Outcome(.ownerGone)), at: db.now, db)
    }
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
