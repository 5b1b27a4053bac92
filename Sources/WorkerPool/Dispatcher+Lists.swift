// The dispatcher's reads: the probe of each account before the first create, the lists that settle what is in doubt, and
// the details of entries that do not look like ours. One is under way at a time, each takes a permit like any request.

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

  /// A list that came, with entries of which the details are asked for before it is looked at again.
  struct Open: Hashable {
    let account: BatchAccount
    var list: RemoteList
    var look = Look.first
  }

  /// How often a list is looked at.
  enum Look: Hashable {
    case first
    /// The details of these entries are asked for before the second look.
    case details(of: [RemoteItem])
    /// An entry whose detail did not come waits for the next list.
    case second
  }

  /// What lists have not brought.
  enum Lack: Hashable {
    case none
    /// Since when they have come and settled nothing.
    case decisions(since: Instant)
  }

  /// A read that is wanted.
  enum Read: Hashable {
    case list(BatchAccount)
    case detail(RemoteItem)
  }

  /// Accounts that were not listed yet, the next one first.
  var waiting: [BatchAccount] = []
  /// Accounts with something in doubt, and when the first of it is late enough, as of the last claim that looked.
  var doubts: [BatchAccount: Instant] = [:]
  /// Accounts whose list was refused, so that nothing of theirs can be settled in this run.
  var refused: [BatchAccount: Outcome] = [:]
  var lack = Lack.none
  /// How often the probe of an account has brought a list that is not whole; after `mostIncomplete` the run goes on.
  var incomplete: [BatchAccount: Int] = [:]
  private static let mostIncomplete = 3
  /// When each account was last listed for what is in doubt.
  var lastListed: [BatchAccount: Instant] = [:]
  /// The list that is being settled by.
  var open: Open?
  var step = Step.idle
  /// No permit is asked for before this.
  var notBefore = Instant(microseconds: 0)

  /// Notes that the probe of an account brought a list that is not whole, to be asked for again after a wait.
  ///
  /// - Returns: whether it never will be.
  mutating func noteIncomplete(_ account: BatchAccount, after backoff: Backoff, at now: Instant) -> Bool {
    incomplete[account, default: 0] += 1
    notBefore = now + backoff.ceiling(after: incomplete[account] ?? 1)
    return incomplete[account] ?? 0 >= Self.mostIncomplete
  }

  /// Accounts whose list was never whole.
  var neverWhole: [String] {
    incomplete.filter { $0.value >= Self.mostIncomplete }.keys.map(\.account).sorted()
  }

  mutating func permitAnswered(_ permit: Permit) {
    if let start = permit.start {
      step = .waiting(start: start)
    } else {
      step = .idle
      // The first instant at which that permit can be granted, so that claims, which reach ahead, do not always win.
      notBefore = max(notBefore, permit.next - Quota.longestHorizon)
    }
  }

  /// Takes every instant along with a clock that was set.
  mutating func shift(by duration: Duration) {
    if case .decisions(let since) = lack { lack = .decisions(since: since + duration) }
    lastListed = lastListed.mapValues { $0 + duration }
    doubts = doubts.mapValues { $0 + duration }
    notBefore = notBefore + duration
    if case .waiting(let start) = step { step = .waiting(start: start + duration) }
  }
}

extension Dispatcher {
  /// Goes on with the probe; when every account was listed the run starts claiming.
  mutating func advanceProbe(at now: Instant) -> [Action] {
    guard lists.step != .idle || !lists.waiting.isEmpty || lists.open != nil else {
      phase = .running
      nextClaim = now
      return []
    }
    var actions = advanceRead(at: now)
    if let wake = readWake(at: now) { actions.append(.alarm(wake)) }
    return actions
  }

  /// Goes on with the read that is wanted now, if one is.
  mutating func advanceRead(at now: Instant) -> [Action] {
    guard let (read, due) = nextRead(at: now) else {
      // Another process has settled it meanwhile, and nobody needs the permit any more.
      if case .waiting = lists.step { lists.step = .idle }
      return []
    }
    guard let wake = readWake(notBefore: due, at: now) else { return [] }
    guard now >= wake else {
      if phase == .probing, wake - now > rules.maxWait { end(paused(until: wake, at: now), at: now) }
      return []
    }
    guard case .waiting = lists.step else {
      lists.step = .askingPermit
      return [.takePermit]
    }
    lists.step = .asking
    switch read {
    case .list(let account): return [.list(account)]
    case .detail(let entry): return [.detail(entry)]
    }
  }

  /// What to ask for next, and when: the details of the list that is open, then the probe, then the accounts in doubt.
  private func nextRead(at now: Instant) -> (read: Lists.Read, due: Instant)? {
    if let open = lists.open {
      guard case .details(let missing) = open.look else { return nil }
      return missing.first.map { (.detail($0), now) }
    }
    if let account = lists.waiting.first { return (.list(account), now) }
    return nextReconcile.map { (.list($0.account), $0.due) }
  }

  /// The account to list next for what is in doubt, and when: late enough for its oldest doubt, and not sooner than a
  /// quarter of the settle delay after its last list.
  var nextReconcile: (account: BatchAccount, due: Instant)? {
    let delay = rules.reconcile.settleDelay
    return lists.doubts.filter { lists.refused[$0.key] == nil }.map { account, ripe in
      (account, max(ripe, lists.lastListed[account].map { $0 + delay / 4 } ?? ripe))
    }.min { ($0.1, $0.0.account) < ($1.1, $1.0.account) }
  }

  /// Takes what a claim has found in doubt.
  mutating func noteDoubts(_ doubts: [Doubt], at now: Moment) {
    let elapsed = now.sinceBoot.elapsed
    watch.note(doubts.flatMap(\.unproven), at: elapsed)
    lists.doubts = [:]
    for doubt in doubts {
      let watched = doubt.unproven.map { unproven in
        (watch.firstRead(of: unproven.item, version: unproven.version) ?? elapsed) + unproven.delay - elapsed
      }
      guard let remaining = (watched + [doubt.remaining].compactMap(\.self)).min() else { continue }
      lists.doubts[doubt.account] = now.wall + remaining
    }
  }

  /// When the read under way, or the next one, wants to be looked at again; nil while an answer is awaited.
  func readWake(at now: Instant) -> Instant? {
    nextRead(at: now).flatMap { readWake(notBefore: $0.due, at: now) }
  }

  private func readWake(notBefore: Instant, at now: Instant) -> Instant? {
    switch lists.step {
    case .askingPermit, .asking: nil
    case .waiting(let start): max(start, pace.waitEnd ?? start)
    case .idle: max(notBefore, lists.notBefore, pace.waitEnd ?? now)
    }
  }

  // MARK: - Answers

  /// A list that came settles what it can; an account that was listed or held is not probed again.
  mutating func noteList(
    _ reply: ListReply, of account: BatchAccount, asked: Moment, at now: Instant
  ) -> [Action] {
    lists.lastListed[account] = now
    switch reply {
    case .listed(let items, let isWhole, let clockSkew, _):
      pace.noteListed()
      if isWhole { lists.incomplete[account] = nil }
      if isWhole || phase != .probing || lists.noteIncomplete(account, after: rules.unreachableWait, at: now) {
        lists.waiting.removeAll { $0 == account }
      }
      let list = RemoteList(
        items: items, isWhole: isWhole, asked: asked, clockSkew: clockSkew, watch: watch)
      lists.open = Lists.Open(account: account, list: list)
      return [.reconcile(list, account)]
    case .failed(let outcome):
      return noteFailedRead(outcome, of: account, at: now)
    }
  }

  /// The detail of an entry goes into the list that is open; with the last one the list is looked at again.
  mutating func noteDetail(_ reply: DetailReply, at now: Instant) -> [Action] {
    guard var open = lists.open, case .details(var missing) = open.look else { return [] }
    switch reply {
    case .told(let entry):
      pace.noteListed()
      missing.removeAll { $0.id == entry.id }
      open.list.items = open.list.items.map { $0.id == entry.id ? entry : $0 }
    case .failed(let outcome) where outcome.kind == .refused || outcome.kind == .accountRefused:
      // It is not there any more; the next list tells.
      if !missing.isEmpty { missing.removeFirst() }
    case .failed(let outcome):
      // Nothing is sent meanwhile: an item that is ready may be the one that the list has shown.
      return noteFailedRead(outcome, of: open.account, isList: false, at: now)
    }
    open.look = missing.isEmpty ? .second : .details(of: missing)
    lists.open = open
    lists.step = missing.isEmpty ? .asking : .idle
    return missing.isEmpty ? [.reconcile(open.list, open.account)] : []
  }

  private mutating func noteFailedRead(
    _ read: Outcome, of account: BatchAccount, isList: Bool = true, at now: Instant
  ) -> [Action] {
    var outcome = read
    if phase == .probing, isList, read.kind == .foreign { outcome.kind = Outcome.Kind(probeAnsweredBy: read.status) }
    if let end = end(after: outcome, at: now) {
      lists.step = .idle
      self.end(end, at: now)
      return []
    }
    // A list that is refused outright says that this account cannot be worked with, whatever the wording.
    if outcome.kind.holdsAccount || outcome.kind == .refused {
      lists.waiting.removeAll { $0 == account }
      if !outcome.kind.holdsAccount { outcome.kind = .accountRefused }
      lists.refused[account] = outcome
      return [.holdAccount(account, outcome)]
    }
    lists.step = .idle
    guard let wait = waitAfter(outcome, sentAt: now, isRead: true, at: now) else { return [] }
    // What was claimed has permits from before the wait.
    return [.holdKey(wait)] + release(until: wait.wait.until, reason: wait.wait.reason.ofUnsent)
  }

  /// What a list settled is on disk; what became ready is claimed at once, and what it could not tell is asked for.
  mutating func noteReconciliation(_ reconciliation: Reconciliation, at now: Instant) {
    lists.step = .idle
    failedCount += reconciliation.moved[.failed] ?? 0
    madeCount += reconciliation.moved[.done] ?? 0
    if !reconciliation.moved.isEmpty {
      lists.lack = .none
    } else if phase != .probing, lists.lack == .none {
      lists.lack = .decisions(since: now)
    }
    remainder = .unknown
    nextClaim = now
    if !reconciliation.duplicateNames.isEmpty { end(.duplicates(reconciliation.duplicateNames), at: now) }
    if lists.open?.look == .first, !reconciliation.differing.isEmpty {
      lists.open?.look = .details(of: reconciliation.differing)
    } else {
      lists.open = nil
      lists.doubts = [:]
    }
  }
}
