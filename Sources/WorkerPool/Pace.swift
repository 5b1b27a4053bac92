// The dispatcher's own view of the pace: the gate before each send, and what the whole key scope waits for.

import DurableQueue
import Pacing
import Provisioning

struct Pace: Sendable {
  /// A second, in-memory gate with the quota of the file: starts that are late after a stall would otherwise bunch up.
  private(set) var quota = Quota.untilLearned
  private var gate = QuotaState()

  /// What everything waits for; nil when nothing waits.
  private(set) var wait: KeyWait?
  /// Nothing is sent or claimed before this; nil when nothing waits.
  var waitEnd: Instant? { wait?.until }

  /// Throttles in a row. Requests that were on the wire when one came belong to it and are not counted again.
  private var throttleCount = 0
  private var unreachableCount = 0

  /// Creates in a row that brought no answer. From `breakerThreshold` on the breaker is open: nothing is sent for a wait
  /// that doubles, then one request alone tries; each success lets twice as many out at once.
  private var noAnswerCount = 0
  private var openCount = 0
  private static let breakerThreshold = 10
  /// How many may be in flight, whatever the concurrency.
  private(set) var allowance = Int.max
  private var unreachableSince: Instant?
  /// Since when creates have been throttled and none went through.
  private var throttledSince: Instant?

  /// Whether the quota is a limit that is known, and not only what is tried until one is.
  var isLimitKnown = false
  /// Whether answers teach the limit.
  private(set) var isLearning = false

  /// Takes the quota of the file. What was taken under a much slower one does not hold the faster one back, unless the
  /// service has asked to wait.
  mutating func setQuota(_ quota: Quota, isLearning: Bool, at now: Instant) {
    let isMuchFaster = quota.rate.interval * 2 <= self.quota.rate.interval
    if isMuchFaster, waitEnd ?? now <= now { gate = quota.rescaled(gate, from: self.quota, at: now) }
    (self.quota, self.isLearning) = (quota, isLearning)
  }

  private var gateQuota: Quota { Quota(rate: quota.rate, burst: quota.burst) }

  /// Takes a permit of the gate if one can start now.
  mutating func maySend(at now: Instant) -> Bool {
    if let waitEnd, now < waitEnd { return false }
    // The windows were kept at the claim; what was used of them before this run is in the file alone.
    let grant = gateQuota.grant(upTo: 1, from: gate, at: now, within: .zero)
    guard !grant.starts.isEmpty else { return false }
    gate = grant.state
    return true
  }

  /// When the gate opens next; now if it is open.
  func nextSend(at now: Instant) -> Instant {
    let next = gateQuota.grant(upTo: 0, from: gate, at: now, within: .zero).next
    return max(next, waitEnd ?? next)
  }

  /// The service answered: it can be reached and lets us in.
  mutating func noteAnswer() {
    throttleCount = 0
    throttledSince = nil
    unreachableCount = 0
    unreachableSince = nil
    noAnswerCount = 0
    openCount = 0
    allowance = allowance.multipliedReportingOverflow(by: 2).overflow ? .max : allowance * 2
  }

  /// A list came: the service can be reached. Whether it answers creates is for creates to show.
  mutating func noteListed() {
    unreachableCount = 0
    if openCount == 0 { unreachableSince = nil }
  }

  /// A create brought no answer: when the next one may try, if the breaker is open now; nil while it is closed.
  mutating func waitEnd(noAnswer backoff: Backoff, sentAt: Instant, at now: Instant) -> Instant? {
    noAnswerCount += 1
    guard noAnswerCount >= Self.breakerThreshold else { return nil }
    allowance = 1
    if let waitEnd, sentAt < waitEnd, waitEnd > now { return waitEnd }
    openCount += 1
    unreachableSince = unreachableSince ?? now
    return now + backoff.ceiling(after: openCount)
  }

  mutating func wait(_ new: KeyWait) {
    guard new.until > waitEnd ?? Instant(microseconds: .min) else { return }
    wait = new
    if new.reason == .throttled { gate = quota.emptied(gate, until: new.until) }
  }

  /// Takes every instant along with a clock that was set.
  mutating func shift(by step: Duration) {
    wait = wait.map { KeyWait(until: $0.until + step, reason: $0.reason, message: $0.message, asked: $0.asked) }
    unreachableSince = unreachableSince.map { $0 + step }
    throttledSince = throttledSince.map { $0 + step }
    gate.theoretical = gate.theoretical + step
    gate.notBefore = gate.notBefore + step
  }

  /// When a throttled scope may go on: when the service says, else after full jitter.
  mutating func waitEnd(
    after backoff: Backoff, asked: Duration?, sentAt: Instant, at now: Instant,
    using generator: inout any RandomNumberGenerator & Sendable
  ) -> Instant {
    let end = waitEnd
    let isSameEvent = end.map { sentAt < $0 } ?? false
    if !isSameEvent { throttleCount += 1 }
    throttledSince = throttledSince ?? now
    // Less than a second is no reason to stop backing off.
    if let asked, asked >= .seconds(1) { return max(now + asked, end ?? now) }
    if isSameEvent, let end, end > now { return end }
    return now + backoff.wait(after: throttleCount, using: &generator)
  }

  /// When to try again a service that cannot be reached, or whose list does not come: 1 s, doubling.
  mutating func waitEnd(unreachable backoff: Backoff, sentAt: Instant, at now: Instant) -> Instant {
    if let waitEnd, sentAt < waitEnd, waitEnd > now { return waitEnd }
    unreachableCount += 1
    unreachableSince = unreachableSince ?? now
    return now + backoff.ceiling(after: unreachableCount)
  }

  /// Whether by `end`, when the next request may start, nothing but failures, or nothing but throttles, will have come
  /// back for longer than `most`.
  func isGettingNowhere(longerThan most: Duration, at end: Instant) -> Bool {
    [unreachableSince, throttledSince].compactMap(\.self).contains { end - $0 > most }
  }
}

/// The items whose creates were answered by something else since the service itself last answered one: one row may be
/// filtered for what stands in it, ten in a row are a proxy, a firewall or a sign-in page that answers everything.
struct ForeignStreak: Sendable {
  /// So many different items in a row end the run.
  private static let most = 10

  private var items: Set<ItemID> = []

  /// Takes the answer to a create.
  ///
  /// - Returns: whether the run is over because of it.
  mutating func note(_ outcome: Outcome, of item: ItemID) -> Bool {
    switch outcome.kind {
    case .foreign: items.insert(item)
    // Nobody has answered, or not the service.
    case _ where outcome.page != nil: break
    case .unknown, .notSent, .ownerGone, .unreachable: break
    default: items.removeAll()
    }
    return outcome.kind == .foreign && items.count >= Self.most
  }
}

extension Reason {
  /// Why a row waits that was not sent for this reason: only what was sent has an unknown answer.
  var ofUnsent: Reason { self == .unknown || self == .foreign ? .notSent : self }
}
