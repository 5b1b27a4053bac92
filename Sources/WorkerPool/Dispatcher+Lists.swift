// The dispatcher's lists: the probe of each account before the first create, and the lists that settle what is in doubt.
// One is under way at a time, each takes a permit like any request.

import DurableQueue
import Pacing
import Provisioning

/// Which lists are wanted and how far the one under way is.
struct Lists: Hashable, Sendable {
  enum Step: Hashable {
    case idle
    case askingPermit
    case waiting(start: Instant)
    case asking
  }

  /// Accounts that were not listed yet, the next one first.
  var waiting: [BatchAccount] = []
  /// Accounts with something in doubt, as of the last claim that looked.
  var doubts: [Doubt] = []
  /// Accounts whose list was refused, so that nothing of theirs can be settled in this run.
  var refused: [BatchAccount: Outcome] = [:]
  /// Since when lists have come that settled nothing.
  var undecidedSince: Instant?
  /// When each account was last listed for what is in doubt.
  var lastListed: [BatchAccount: Instant] = [:]
  var step = Step.idle
  /// No permit is asked for before this.
  var notBefore = Instant(microseconds: 0)

  mutating func permitAnswered(start: Instant?, next: Instant) {
    if let start {
      step = .waiting(start: start)
    } else {
      step = .idle
      // The first instant at which that permit can be granted, so that claims, which reach ahead, do not always win.
      notBefore = max(notBefore, next - Quota.longestHorizon)
    }
  }
}

extension Dispatcher {
  /// Goes on with the probe; when every account was listed the run starts claiming.
  mutating func advanceProbe(at now: Instant) -> [Action] {
    guard lists.step != .idle || !lists.waiting.isEmpty else {
      phase = .running
      nextClaim = now
      return []
    }
    var actions = advanceList(of: lists.waiting.first, notBefore: now, at: now)
    if let wake = listWake(notBefore: now, at: now) { actions.append(.alarm(wake)) }
    return actions
  }

  /// Goes on with the list of the account whose doubt is due.
  mutating func advanceReconcile(at now: Instant) -> [Action] {
    guard let (account, due) = nextReconcile else {
      // Another process has settled it meanwhile, and nobody needs the permit any more.
      if case .waiting = lists.step { lists.step = .idle }
      return []
    }
    return advanceList(of: account, notBefore: due, at: now)
  }

  /// The account to list next for what is in doubt, and when: late enough for its oldest doubt, and not sooner than a
  /// quarter of the settle delay after its last list.
  var nextReconcile: (account: BatchAccount, due: Instant)? {
    let delay = rules.reconcile.settleDelay
    return lists.doubts.filter { lists.refused[$0.account] == nil }.map { doubt in
      let again = lists.lastListed[doubt.account].map { $0 + delay / 4 } ?? doubt.oldest
      return (doubt.account, max(doubt.oldest + delay, again))
    }.min { $0.1 < $1.1 }
  }

  /// When the list under way, or the next one, wants to be looked at again; nil while an answer is awaited.
  func listWake(notBefore: Instant, at now: Instant) -> Instant? {
    switch lists.step {
    case .askingPermit, .asking: nil
    case .waiting(let start): max(start, pace.waitEnd ?? start)
    case .idle: max(notBefore, lists.notBefore, pace.waitEnd ?? now)
    }
  }

  private mutating func advanceList(of account: BatchAccount?, notBefore: Instant, at now: Instant) -> [Action] {
    guard let account, let wake = listWake(notBefore: notBefore, at: now) else { return [] }
    guard now >= wake else {
      if phase == .probing, wake - now > rules.maxWait { end(paused(until: wake, at: now), at: now) }
      return []
    }
    if case .waiting = lists.step {
      lists.step = .asking
      return [.list(account)]
    }
    lists.step = .askingPermit
    return [.takePermit]
  }

  /// What the probe's answer means; an account that was listed or held is not asked for again.
  mutating func noteList(
    _ reply: ListReply, of account: BatchAccount, askedAt: Instant, at now: Instant
  ) -> [Action] {
    lists.lastListed[account] = now
    switch reply {
    case .listed(let items, let isWhole):
      pace.noteListed()
      if lists.waiting.contains(account) {
        lists.waiting.removeAll { $0 == account }
        return [.markTaken(items, account)]
      }
      return [.reconcile(RemoteList(items: items, isWhole: isWhole, askedAt: askedAt), account)]
    case .failed(let outcome):
      return noteFailedList(outcome, of: account, at: now)
    }
  }

  private mutating func noteFailedList(_ outcome: Outcome, of account: BatchAccount, at now: Instant) -> [Action] {
    if outcome.kind.haltsRun {
      lists.step = .idle
      end(.halted(outcome), at: now)
      return []
    }
    if outcome.kind == .keyQuota {
      lists.step = .idle
      end(.paused(.keyQuota, message: outcome.message, until: outcome.retryAfter.map { now + $0 }), at: now)
      return []
    }
    // A list that is refused outright says that this account cannot be worked with, whatever the wording.
    if outcome.kind.holdsAccount || outcome.kind == .refused {
      lists.waiting.removeAll { $0 == account }
      var outcome = outcome
      if !outcome.kind.holdsAccount { outcome.kind = .accountRefused }
      lists.refused[account] = outcome
      return [.holdAccount(account, outcome)]
    }
    lists.step = .idle
    return waitAfter(outcome, sentAt: now, isList: true, at: now).map {
      [.holdKey(until: $0.until, emptiesBucket: $0.emptiesBucket, $0.reason)]
    } ?? []
  }

  /// What a list settled is on disk; what became ready is claimed at once.
  mutating func noteReconciliation(_ reconciliation: Reconciliation, at now: Instant) {
    lists.step = .idle
    lists.doubts = []
    lists.undecidedSince = reconciliation.moved.isEmpty ? lists.undecidedSince ?? now : nil
    fresh = nil
    nextClaim = now
    if !reconciliation.duplicateNames.isEmpty { end(.duplicates(reconciliation.duplicateNames), at: now) }
  }
}
