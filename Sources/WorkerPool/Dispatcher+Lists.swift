// The dispatcher's lists: the probe of each account before the first create. One is under way at a time, each takes a
// permit like any request.

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
  var step = Step.idle
  /// No permit is asked for before this.
  var notBefore = Instant(microseconds: 0)

  mutating func permitAnswered(start: Instant?, next: Instant) {
    if let start {
      step = .waiting(start: start)
    } else {
      step = .idle
      notBefore = max(notBefore, next)
    }
  }
}

extension Dispatcher {
  /// Goes on with the probe; when every account was listed the run starts claiming.
  mutating func advanceLists(at now: Instant) -> [Action] {
    switch lists.step {
    case .askingPermit, .asking: return []
    case .waiting(let start):
      guard now >= start, let account = lists.waiting.first else { return [.alarm(start)] }
      lists.step = .asking
      return [.list(account)]
    case .idle: return nextList(at: now)
    }
  }

  private mutating func nextList(at now: Instant) -> [Action] {
    guard !lists.waiting.isEmpty else {
      phase = .running
      nextClaim = now
      return []
    }
    let earliest = max(lists.notBefore, pace.waitEnd ?? now)
    guard now >= earliest else {
      if earliest - now > rules.maxWait {
        end(paused(until: earliest, at: now), at: now)
        return []
      }
      return [.alarm(earliest)]
    }
    lists.step = .askingPermit
    return [.takePermit]
  }

  /// What the probe's answer means; an account that was listed or held is not asked for again.
  mutating func noteList(_ reply: ListReply, of account: BatchAccount, at now: Instant) -> [Action] {
    switch reply {
    case .listed(let items, _):
      lists.waiting.removeAll { $0 == account }
      pace.noteAnswer()
      return [.markTaken(items, account)]
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
      return [.holdAccount(account, outcome)]
    }
    lists.step = .idle
    return waitAfter(outcome, sentAt: now, isList: true, at: now).map {
      [.holdKey(until: $0.until, emptiesBucket: $0.emptiesBucket, $0.reason)]
    } ?? []
  }
}
