// Beginning and ending a run: one transaction each. Were they several, two runs whose rosters share items could pass each
// other: each would take them before the other says that it works on its batch.

import Pacing
package import Provisioning

extension Queue {
  /// Begins a run: takes back what processes hold that are gone, makes the batch's items its own, tries again what was
  /// asked for, lifts holds, sets the limit, puts instants right, says how long it will take, and registers this process.
  /// Blocks while others write.
  ///
  /// - Returns: nil when the batch has no unfinished item, so that there is nothing to run.
  /// - Throws: `QueueError`; then nothing of it was done.
  package func begin(_ request: RunRequest) throws -> RunStart? {
    // Before all else: when this fails nothing has begun.
    try removeLeftovers()
    var locks: [any OwnerLock] = []
    let start = try writeExclusively { db -> RunStart? in
      let batch = request.batch
      let gone = try takeOverGone(except: nil, db)
      locks = gone.map(\.lock)
      let isAnythingToDo = try Self.tally(of: batch, db).unfinishedCount > 0 || isTriedAgain(batch, request.requeue, db)
      // Scopes, then owners, then items: see `Transaction`.
      let key = isAnythingToDo ? try prepareKey(for: request, db) : nil
      try Self.liftHolds(of: batch, setBy: gone.map(\.owner), db)
      let ownership = isAnythingToDo ? try becomeOwner(of: batch, db) : nil
      _ = try reclaim(gone.map(\.owner), db)
      _ = try assign(batch, db) + tryAgain(batch, request.requeue, db)
      guard let key, let ownership else { return nil }
      try Self.endDues(of: batch, after: key.latestDue, db)
      let tally = try Self.tally(of: batch, db)
      try Self.noteForecast(of: tally, of: batch, with: key.scope, db)
      let number = try Self.noteRun(
        of: batch, verb: request.verb, since: request.startedAt, by: ownership.id, db)
      return RunStart(
        ownership: ownership, scope: key.scope, number: number, tally: tally, clockFinding: key.finding)
    }
    for lock in locks { lock.remove() }
    return start
  }

  /// Sets the limit that was asked for, and puts right what the key waits for.
  ///
  /// - Returns: the key, what its instants tell of the clock, and no later than when its items are due.
  private func prepareKey(
    for request: RunRequest, _ db: any Transaction
  ) throws -> (scope: KeyScopeID, finding: ClockFinding?, latestDue: Instant) {
    let scope = try keyScope(baseURL: request.baseURL, fingerprint: request.fingerprint, db)
    switch request.limit {
    case .none: break
    case .quota(let quota): try Self.setLimit(quota, source: .flag, of: scope, db)
    case .windows(let windows): try Self.setWindows(windows, of: scope, db)
    }
    // Before this process has a row: the newest instant is what others have left.
    var (finding, latestDue) = try Self.rightWait(of: scope, db)
    if request.ignoresWait { latestDue = try Self.ignoreWait(of: scope, db) }
    try ScopeRow.beginRun(scope, at: db.now.wall, db)
    return (scope, finding, latestDue)
  }

  /// As the plan says it: the probe of each account takes a permit too.
  private static func noteForecast(
    of tally: Tally, of batch: BatchID, with scope: KeyScopeID, _ db: any Transaction
  ) throws {
    let now = db.now.wall
    let count = try tally[.ready] + accountsWithReadyItems(of: batch, db).count
    let done = try ScopeRow(scope, db).limit.forecast(of: count, at: now)
    try noteForecast(done - now, of: batch, db)
  }

  /// Ends a run, which holds no items any more: how it ended, with what key, and how many items it has made.
  ///
  /// - Returns: the standstill that it belongs to; nil when it made something or simply ended.
  /// - Throws: `QueueError`, also when the queue was deleted or replaced since the last claim.
  package func end(
    _ ownership: Ownership, as end: RunEnd, with scope: KeyScopeID, madeCount: Int
  ) async throws -> Standstill? {
    let owner = ownership.id
    let standstill = try await write { db in
      let standstill = try Self.noteEnd(end, of: owner, with: scope, madeCount: madeCount, db)
      try Self.end(owner, db)
      return standstill
    }
    try refuseIfReplaced()
    ownership.lock.remove()
    return standstill
  }
}
