// The dispatcher's main phase: claim ahead, send as permits fall due, settle what comes back, and see when it is over.

import DurableQueue
import Pacing
import Provisioning

extension Dispatcher {
  mutating func advanceRun(at now: Instant) -> [Action] {
    var actions = sendWhatIsDue(at: now)
    if let claim = claimIfUseful(at: now) { actions.append(claim) }
    actions += advanceRead(at: now)
    endIfOver(at: now)
    guard phase == .running else { return actions }
    if let wake = nextWake(at: now) { actions.append(.alarm(wake)) }
    return actions
  }

  /// Sends nothing more; what is in doubt is settled as far as lists come, then the run ends.
  mutating func advanceClosing(_ end: RunEnd, until deadline: Instant, at now: Instant) -> [Action] {
    var actions = release(until: nil, reason: nil)
    guard now < deadline else {
      startEnding(end, at: now)
      return actions
    }
    actions += advanceRead(at: now)
    // The read may have ended the closing.
    guard isClosing(phase) else { return actions }
    let isQuiet = inFlight.isEmpty && settlingCount == 0 && !isClaiming
    if isQuiet, remainder == .unknown { return actions + [claim(upTo: 0)] }
    let wake = readWake(at: now)
    let isWaiting = lists.step == .idle && isQuiet
    if isWaiting, wake.map({ $0 > deadline }) ?? true {
      startEnding(end, at: now)
      return actions
    }
    // While something is under way its answer is the next event.
    return actions + (wake.map { [.alarm($0)] } ?? [])
  }

  // MARK: - Sending

  private mutating func sendWhatIsDue(at now: Instant) -> [Action] {
    // A permit is for its own moment: after a stall, others have used the time since.
    let isStale = parked.first.map { now - $0.start > rules.horizon } ?? false
    var actions: [Action] = isStale ? release(until: nil, reason: nil, startingBefore: now - rules.horizon) : []
    while inFlight.count < mostInFlight, let lease = parked.first, now >= lease.start, pace.maySend(at: now) {
      parked.removeFirst()
      inFlight[lease.handle] = now
      actions.append(.send(lease))
    }
    return actions
  }

  /// The concurrency, or less while the breaker lets the first ones out.
  private var mostInFlight: Int { min(concurrency, pace.allowance) }

  /// How many may be on the wire: as many as were asked for, or as the pace needs at the latency that was seen.
  var concurrency: Int {
    guard rules.adaptsConcurrency, let usualLatency else { return rules.concurrency }
    let needed = Int((pace.quota.rate.perSecond * usualLatency.seconds * 1.5).rounded(.up)) + 1
    return max(rules.concurrency, min(Rules.mostConcurrency, needed))
  }

  // MARK: - Settling

  mutating func noteAnswer(_ outcome: Outcome, of lease: Lease, _ latency: Duration, at now: Instant) -> [Action] {
    let sentAt = inFlight.removeValue(forKey: lease.handle) ?? now
    usualLatency = usualLatency.map { ($0 * 7 + latency) / 8 } ?? latency
    settlingCount += 1
    remainder = .unknown
    var answer = Answer(lease: lease.handle, outcome: outcome, latency: latency)
    if let end = end(after: outcome, at: now) { self.end(end, at: now) }
    if foreign.note(outcome, of: lease.handle.item) {
      end(.paused(KeyWait(until: now, reason: .foreign, message: outcome.message), until: nil), at: now)
    }
    if outcome.kind.isAnswerOfService { pace.noteAnswer() }
    if outcome.kind.isAnswerOfService, pace.isLearning { answer.teaches = scope }
    answer.wait = waitAfter(outcome, sentAt: sentAt, at: now) ?? pauseAfter(outcome, at: now)
    answer.due = answer.wait?.wait.until
    var actions: [Action] = [.settle(answer, due: answer.due)]
    if let wait = answer.wait?.wait {
      // Only what was sent has an unknown answer; what was not is simply not sent.
      actions += release(until: wait.until, reason: wait.reason.ofUnsent)
    } else if outcome.kind.holdsAccount {
      actions += release(until: nil, reason: Reason(outcome.kind), only: lease.account)
    }
    return actions
  }

  mutating func noteSettlement(_ settlement: Settlement, due: Instant?, at now: Instant) {
    settlingCount -= 1
    remainder = .unknown
    if case .settled(.failed) = settlement { failedCount += 1 }
    if settlement == .settled(.done) || settlement == .overtaken(.done) { madeCount += 1 }
    guard case .settled(.ready) = settlement else { return }
    nextClaim = min(nextClaim ?? .max, max(now, due ?? now))
  }

  /// How long everything that uses the key must wait because of an answer; nil: not at all. A read that does not come
  /// is asked for again by and by; a create that brings no answer is in doubt and not sent again.
  mutating func waitAfter(_ outcome: Outcome, sentAt: Instant, isRead: Bool = false, at now: Instant) -> ScopeWait? {
    guard let reason = Reason(outcome.kind) else { return nil }
    let until: Instant
    switch outcome.kind {
    case .throttled:
      until = pace.waitEnd(after: .throttled, asked: outcome.retryAfter, sentAt: sentAt, at: now, using: &generator)
    case .unreachable,
      .unknown where isRead,
      .foreign where isRead:
      let own = pace.waitEnd(unreachable: rules.unreachableWait, sentAt: sentAt, at: now)
      until = max(own, now + (outcome.retryAfter ?? .zero))
    case .unknown:
      let own = pace.waitEnd(noAnswer: rules.unreachableWait, sentAt: sentAt, at: now)
      guard let end = [own, outcome.retryAfter.map { now + $0 }].compactMap(\.self).max() else { return nil }
      until = end
    case .keyQuota:
      guard let asked = outcome.retryAfter else { return nil }
      until = now + asked
    default: return nil
    }
    let wait = KeyWait(until: until, reason: reason, message: outcome.message, asked: outcome.askedWait)
    pace.wait(wait)
    let isTooLong = until - now > rules.maxWait || pace.isGettingNowhere(longerThan: rules.maxWait, at: until)
    if isTooLong { end(.paused(wait, until: until), at: now) }
    return ScopeWait(wait, of: scope, sentAt: sentAt, decidedAt: now)
  }

  /// What everything that uses the key waits for although the request was answered: the service tells that its limit is
  /// used up.
  private mutating func pauseAfter(_ outcome: Outcome, at now: Instant) -> ScopeWait? {
    guard let pause = outcome.pause, pause > .zero else { return nil }
    let until = now + pause
    let wait = KeyWait(until: until, reason: .usedUp, asked: outcome.askedWait)
    pace.wait(wait)
    if pause > rules.maxWait { end(.paused(wait, until: until), at: now) }
    return ScopeWait(wait, of: scope, decidedAt: now)
  }

  // MARK: - The end

  /// With nothing under way, a fresh claim tells what is left and so whether the run is over.
  private mutating func endIfOver(at now: Instant) {
    guard parked.isEmpty, inFlight.isEmpty, settlingCount == 0, !isClaiming, lists.step == .idle, lists.open == nil
    else { return }
    guard case .known(let rest, let nextPermit) = remainder else {
      nextClaim = now
      return
    }
    if rest.tally.unfinishedCount == 0 {
      end(.finished, at: now)
    } else if rest.nextDue != nil || nextReconcile != nil {
      others = .none
      let longest = rules.maxWait + rules.reconcile.settleDelay
      if rest.nextDue == nil, case .decisions(let since) = lists.lack, now - since > longest {
        end(.undecided, at: now)
        return
      }
      let list = readWake(at: now)
      // Not `nextClaim`, which looks every second whether the limit has changed.
      let permit = nextPermit - rules.horizon / 2
      let send = rest.nextDue.map { max(now, permit, $0, pace.waitEnd ?? now) }
      let due = [send, list].compactMap(\.self).min() ?? now
      guard due - now > rules.maxWait else { return }
      let isListFar = nextReconcile.map { $0.due - now > rules.maxWait } ?? false
      let isSettling = send == nil && isListFar && pace.waitEnd ?? now <= now
      end(isSettling ? .settling(until: due) : paused(until: due, at: now), at: now)
    } else {
      endOrLookAgain(rest.tally, holds: rest.holds, at: now)
    }
  }

  private mutating func endOrLookAgain(_ tally: Tally, holds: [AccountHold], at now: Instant) {
    let refused = lists.refused.map { account, outcome in
      AccountHold(account: account.account, reason: Reason(outcome.kind) ?? .accountRefused, message: outcome.message)
    }
    let known = Set(holds.map(\.account))
    let all = (holds + refused.filter { !known.contains($0.account) }).sorted { $0.account < $1.account }
    if tally[.leased] == 0, !all.isEmpty {
      end(.held(all), at: now)
    } else if case .hold(tally, let since) = others {
      if now - since > rules.maxWait { end(.othersHold, at: now) }
    } else {
      // Others who get on are waited for, however long they take.
      others = .hold(tally, since: now)
    }
    if phase == .running, nextClaim ?? now <= now { nextClaim = now + rules.lookAgain }
  }

  /// The earliest instant at which something can be done that cannot be done now.
  private func nextWake(at now: Instant) -> Instant? {
    var instants: [Instant] = []
    if let first = parked.first, inFlight.count < mostInFlight {
      instants.append(max(first.start, pace.nextSend(at: now)))
    }
    instants += [claimWake, readWake(at: now), rules.deadline].compactMap(\.self)
    return instants.min()
  }

  /// The end of a run that would have to wait too long: for the service, or for our own quota.
  func paused(until: Instant, at now: Instant) -> RunEnd {
    .paused(pace.wait.flatMap { $0.until > now ? $0 : nil }, until: until)
  }

  /// How the run ends because every request would fare like the one that was answered so; nil: it goes on.
  func end(after outcome: Outcome, at now: Instant) -> RunEnd? {
    if outcome.kind.haltsRun { return .halted(outcome) }
    guard outcome.kind == .keyQuota else { return nil }
    let until = outcome.retryAfter.map { now + $0 }
    let wait = KeyWait(until: until ?? now, reason: .keyQuota, message: outcome.message, asked: outcome.askedWait)
    return .paused(wait, until: until)
  }
}

extension Outcome.Kind {
  /// Whether the service itself answered, so that it can be reached and is not throttling.
  var isAnswerOfService: Bool { self == .made || self == .refused || self == .exists }
}

extension Instant {
  /// The end of time.
  static let max = Instant(microseconds: .max)
}
