import Pacing
import Provisioning
import TestSupport

@testable import DurableQueue

/// The steps of beginning and ending a run, each in a transaction of its own.
extension Queue {
  func setWindows(_ windows: [Window], of scope: KeyScopeID) throws {
    try writeExclusively { db in try Self.setWindows(windows, of: scope, db) }
  }

  func liftHolds(of batch: BatchID) throws { try writeExclusively { db in try Self.liftHolds(of: batch, db) } }

  func ignoreWait(of scope: KeyScopeID, batch: BatchID) throws {
    try writeExclusively { db in try Self.endDues(of: batch, after: Self.ignoreWait(of: scope, db), db) }
  }

  @discardableResult
  func reclaim() throws -> Int {
    let (count, locks) = try writeExclusively { db in
      let gone = try takeOverGone(except: nil, db)
      return (try reclaim(gone.map(\.owner), db), gone.map(\.lock))
    }
    for lock in locks { lock.remove() }
    try removeLeftovers()
    return count
  }

  func beginRun(with scope: KeyScopeID) throws {
    try writeExclusively { db in try ScopeRow.beginRun(scope, at: db.now.wall, db) }
  }
}
