// The rules of a run as a value: it takes events and the time and returns actions. It does nothing itself, so every
// rule is tested without a clock, a socket or a file. The `Pool` performs the actions and posts what came of them.
//
//   started ─▶ probing (one list an account) ─▶ running (claim, send, settle) ─▶ ending (release, wait) ─▶ finish
//                                                       └▶ closing (settle what is in doubt) ─▶┘

import DurableQueue
package import Pacing
package import Provisioning

/// Decides what a run does next.
package struct Dispatcher: Sendable {
  enum Phase: Hashable {
    case probing
    case running
    /// Nothing is sent any more, and what is in doubt is settled before the run ends so.
    case closing(RunEnd, until: Instant)
    /// What is in flight may finish.
    case ending(RunEnd, Drain)
    case over
  }

  /// How long what is in flight may take when the run ends.
  enum Drain: Hashable {
    case until(Instant)
    /// No longer: it was given up.
    case abandoned
  }

  /// What is known of what is left of the batch.
  enum Remainder: Hashable {
    /// Nothing, or something has changed since.
    case unknown
    /// What the last claim said, and when the next permit could start then.
    case known(Claim.Rest, nextPermit: Instant)
  }

  /// Whether only others have something of the batch to do.
  enum Others: Hashable {
    case none
    /// Since when the batch has been so.
    case hold(Tally, since: Instant)
  }

  /// What is done before a claim that found nothing is tried once more.
  enum Remedy: Hashable {
    case none
    case assigned
    case reclaimed
  }

  /// How far the claim under way is.
  enum ClaimStep: Hashable {
    case idle
    case claiming(after: Remedy)
    case reclaiming(for: Remedy)
    case assigning
  }

  let rules: Rules
  let scope: KeyScopeID
  var generator: any RandomNumberGenerator & Sendable
  var phase = Phase.probing
  var lists = Lists()
  var pace = Pace()

  /// Claimed and waiting for their start, the earliest first.
  var parked: [Lease] = []
  /// Sent, with the instant.
  var inFlight: [Lease.Handle: Instant] = [:]
  /// Settles whose result is not known yet.
  var settlingCount = 0
  var claimStep = ClaimStep.idle
  /// What was done since the last claim, so that it is not done again for the next one.
  var remedy = Remedy.none
  var isClaiming: Bool { claimStep != .idle }
  /// When to claim next; nil while there is nothing to claim.
  var nextClaim: Instant?
  var remainder = Remainder.unknown
  var others = Others.none
  var clock = ClockWatch()
  /// Since when the run knows of doubts whose age the clocks cannot tell.
  var watch = DoubtWatch()
  var foreign = ForeignStreak()
  /// Rows that have failed in this run.
  var failedCount = 0
  /// Rows that were made in this run, or turned out to be.
  var madeCount = 0
  /// How long a request takes, smoothed; nil before the first answer.
  var usualLatency: Duration?

  /// Makes a dispatcher.
  ///
  /// - Parameter generator: where backoff draws from.
  package init(rules: Rules, scope: KeyScopeID, generator: any RandomNumberGenerator & Sendable) {
    self.rules = rules
    self.scope = scope
    self.generator = generator
  }

  /// Takes an event and says what to do. After `finish` every event is ignored.
  package mutating func handle(_ event: Event, at moment: Moment) -> [Action] {
    guard phase != .over else { return [] }
    let now = moment.wall
    var actions: [Action] = []
    let step = clock.note(moment)
    if step != .zero { actions += shift(by: step) }
    actions += note(event, at: moment)
    if phase == .running || phase == .probing { endIfToldTo(at: now) }
    actions += advance(at: now)
    return actions
  }

  /// Ends at the deadline, and when more rows have failed than a person wants to let pass.
  private mutating func endIfToldTo(at now: Instant) {
    if let deadline = rules.deadline, now >= deadline {
      end(.deadline(deadline), at: now)
    } else if let most = rules.haltAfter, failedCount >= most {
      end(.tooManyFailed(failedCount), at: now)
    }
  }

  private mutating func note(_ event: Event, at moment: Moment) -> [Action] {
    let now = moment.wall
    switch event {
    case .started(let accounts): lists.waiting = accounts
    case .permitAnswered(let permit):
      guard !ClockWatch.isOfAnotherClock(permit.at, at: moment) else {
        lists.step = .idle
        return []
      }
      lists.permitAnswered(permit)
      if let wait = permit.wait { pace.wait(wait) }
    // The clocks that it compares were not the same at its two ends: it is asked for again.
    case .listed(_, _, let asked) where ClockWatch.isSet(between: asked, moment): lists.step = .idle
    case .listed(let account, let reply, let asked): return noteList(reply, of: account, asked: asked, at: now)
    case .detailed(let reply): return noteDetail(reply, at: now)
    case .reconciled(let reconciliation): noteReconciliation(reconciliation, at: now)
    case .listApplied: lists.step = .idle
    case .claimed(let claim):
      guard !ClockWatch.isOfAnotherClock(claim.at, at: moment) else { return giveBack(claim, at: now) }
      return noteClaim(claim, at: moment)
    case .reclaimed(let count): return noteReclaim(count, at: now)
    case .assigned: claimAgain(after: .assigned, at: now)
    case .answered(let lease, let outcome, let latency): return noteAnswer(outcome, of: lease, latency, at: now)
    case .settled(let settlement, let due): noteSettlement(settlement, due: due, at: now)
    case .rang: break
    case .drainRequested: end(.drained, at: now)
    case .queueFailed(let error, let step): noteFailure(error, during: step, at: now)
    }
    return []
  }

  private mutating func noteFailure(_ error: QueueError, during step: Step, at now: Instant) {
    switch step {
    case .list: lists.step = .idle
    case .claim: claimStep = .idle
    case .settle: settlingCount -= 1
    }
    end(.failed(error), at: now)
  }

  /// Starts ending. The first reason stands, but a failure of the queue says more than any other.
  mutating func end(_ end: RunEnd, at now: Instant) {
    switch phase {
    case .ending(.failed, _), .over: return
    case .ending(_, let drain):
      if case .failed = end { phase = .ending(end, drain) }
    case .running where end.settlesDoubtsFirst:
      phase = .closing(end, until: now + rules.maxWait + rules.reconcile.settleDelay)
    case .closing(let first, _):
      // A person who interrupts, a refusal of everything and a failure say more than the first reason; a wait does not.
      let isStronger = if case .paused = end { false } else { !end.settlesDoubtsFirst }
      startEnding(isStronger ? end : first, at: now)
    case .probing, .running: startEnding(end, at: now)
    }
  }

  func isClosing(_ phase: Phase) -> Bool { if case .closing = phase { true } else { false } }

  mutating func startEnding(_ end: RunEnd, at now: Instant) {
    phase = .ending(end, .until(now + rules.drainTimeout))
  }

  private mutating func advance(at now: Instant) -> [Action] {
    let before = phase
    let actions: [Action]
    switch phase {
    case .probing: actions = advanceProbe(at: now)
    case .running: actions = advanceRun(at: now)
    case .closing(let end, let deadline): actions = advanceClosing(end, until: deadline, at: now)
    case .ending(let end, let drain): return advanceEnd(end, drain, at: now)
    case .over: return []
    }
    return phase == before ? actions : actions + advance(at: now)
  }

  /// Releases what has not started, waits for what is in flight, and finishes.
  private mutating func advanceEnd(_ end: RunEnd, _ drain: Drain, at now: Instant) -> [Action] {
    let actions = release(until: nil, reason: nil)
    if case .waiting = lists.step { lists.step = .idle }
    let isIdle = inFlight.isEmpty && settlingCount == 0 && !isClaiming && lists.step == .idle
    if isIdle {
      phase = .over
      return actions + [.finish(end)]
    }
    guard case .until(let deadline) = drain else { return actions }
    guard now >= deadline else { return actions + [.alarm(deadline)] }
    phase = .ending(end, .abandoned)
    return actions + [.abandon]
  }

  /// Gives back what was claimed and not sent, of one account or of all, not to be claimed before `until`.
  mutating func release(
    until: Instant?, reason: Reason?, only account: AccountScopeID? = nil, startingBefore limit: Instant = .max
  ) -> [Action] {
    func isReleased(_ lease: Lease) -> Bool {
      (account == nil || lease.account == account) && (lease.start < limit || limit == .max)
    }
    let released = parked.filter(isReleased)
    parked.removeAll(where: isReleased)
    settlingCount += released.count
    if !released.isEmpty { remainder = .unknown }
    return released.map { lease in
      .settle(Answer(lease: lease.handle, outcome: Outcome(.notSent), due: until, reason: reason), due: until)
    }
  }
}
