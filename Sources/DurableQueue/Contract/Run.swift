// A run: what it asks of the queue, the process that it is, how it ends, and when that is a person's business.

package import Pacing
package import Provisioning

/// What a person has said of a key's limit.
package enum LimitRequest: Hashable, Sendable {
  /// Nothing: what holds stays.
  case none
  /// This is the limit.
  case quota(Quota)
  /// These hold over long periods, and the pace is learned; without any, what was learned is forgotten too.
  case windows([Window])
}

/// What a run asks of the queue before it sends anything.
package struct RunRequest: Hashable, Sendable {
  /// What is run.
  package var batch: BatchID
  /// Where its items are made.
  package var baseURL: BaseURL
  /// The key's fingerprint.
  package var fingerprint: String
  /// Which items that are over are tried again.
  package var requeue: Requeue
  /// What was said of the key's limit.
  package var limit: LimitRequest
  /// Whether what the key waits for is forgotten, because a person wants to try now.
  package var ignoresWait: Bool
  /// What was asked for, as the run is remembered.
  package var verb: String
  /// When that was; nil: when the run begins.
  package var startedAt: Instant?

  /// Makes a request.
  package init(
    batch: BatchID, baseURL: BaseURL, fingerprint: String, requeue: Requeue = Requeue(), limit: LimitRequest = .none,
    ignoresWait: Bool = false, verb: String = "run", startedAt: Instant? = nil
  ) {
    (self.verb, self.startedAt) = (verb, startedAt)
    (self.batch, self.baseURL, self.fingerprint) = (batch, baseURL, fingerprint)
    (self.requeue, self.limit, self.ignoresWait) = (requeue, limit, ignoresWait)
  }
}

/// A run that has begun.
package struct RunStart: Sendable {
  /// This process as the owner of what the run claims; while it lives, that is its own.
  package let ownership: Ownership
  /// What the rate applies to.
  package let scope: KeyScopeID
  /// Its number among the runs that are remembered.
  package let number: Int64
  /// The batch.
  package let tally: Tally
  /// What tells that this clock, or one that wrote before, was wrong; nil where nothing does.
  package let clockFinding: ClockFinding?
}

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

/// How a run ended.
package enum RunEnd: Hashable, Sendable {
  /// The batch has no unfinished item.
  case finished
  /// What is left belongs to accounts that may not be sent to.
  case held([AccountHold])
  /// Every request would fare like this one: denied, not offered or misdirected.
  case halted(Outcome)
  /// Going on later is right: the wait is too long. The wait is nil when it is our own quota that asks for it; `until`:
  /// when it may go on, if that is known.
  case paused(KeyWait?, until: Instant?)
  /// What became of the items in doubt can be asked for only then: later than a run waits.
  case settling(until: Instant)
  /// Lists have come, and did not tell what became of the items in doubt, for longer than a run waits.
  case undecided
  /// So many rows have failed that a person must look.
  case tooManyFailed(Int)
  /// The time that was set is over.
  case deadline(Instant)
  /// Others hold what is left, for longer than a run waits.
  case othersHold
  /// The service's list shows these names more than once.
  case duplicates([String])
  /// A person or a supervisor asked to stop.
  case drained
  /// The queue failed.
  case failed(QueueError)
}

/// A cause that has kept runs from making anything, or a doubt that they have not settled.
package struct Standstill: Hashable, Sendable {
  /// What stands still.
  package enum Kind: Hashable, Sendable {
    /// Runs have ended alike, and nothing was made.
    case nothingMade
    /// A row's answer is unknown.
    case doubt
  }

  /// So many runs in a row are a person's business.
  package static let mostRuns = 3
  /// So is a cause that has lasted longer than this.
  package static let longest = Duration.seconds(24 * 3_600)

  /// What stands still.
  package let kind: Kind
  /// When the first of the runs ended, or the doubt began.
  package let since: Instant
  /// How many have ended so, in a row, or have not settled it.
  package let runCount: Int

  /// Makes one.
  package init(_ kind: Kind = .nothingMade, since: Instant, runCount: Int) {
    self.kind = kind
    self.since = since
    self.runCount = runCount
  }

  /// Whether a person must look.
  package func needsPerson(at now: Instant) -> Bool {
    runCount >= Self.mostRuns || now - since > Self.longest
  }
}
