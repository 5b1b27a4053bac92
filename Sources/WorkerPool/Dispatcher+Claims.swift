// Claiming: when it is worth a transaction, and what is done where there is nothing to claim.

import DurableQueue
import Pacing
import Provisioning

extension Dispatcher {
  /// A claim never leases more than twice what may be in flight.
  private var room: Int { 2 * concurrency - parked.count - inFlight.count }

  /// When to claim: when it is worth a transaction; nil while it is not, or while one is under way.
  var claimWake: Instant? {
    let isWorthIt = parked.isEmpty ? room > 0 : room >= concurrency
    guard !isClaiming, isWorthIt, let nextClaim else { return nil }
    return max(nextClaim, pace.waitEnd ?? nextClaim)
  }

  mutating func claimIfUseful(at now: Instant) -> Action? {
    guard let claimWake, now >= claimWake else { return nil }
    return claim(upTo: room)
  }

  mutating func claim(upTo limit: Int) -> Action {
    claimStep = .claiming(after: remedy)
    remedy = .none
    return .claim(upTo: limit)
  }

  mutating func noteClaim(_ claim: Claim, at moment: Moment) -> [Action] {
    let now = moment.wall
    let step = claimStep
    claimStep = .idle
    pace.setQuota(claim.quota, isLearning: claim.isLearning, at: now)
    pace.isLimitKnown = claim.isLimitKnown
    if let wait = claim.wait { pace.wait(wait) }
    parked = (parked + claim.leases).sorted { $0.start < $1.start }
    remainder = claim.rest.map { .known($0, nextPermit: claim.nextPermit) } ?? .unknown
    // A quarter of a second before the permits that were taken run out; and every second, because another process may
    // set a higher limit meanwhile.
    let nextPermit = min(claim.nextPermit - rules.horizon / 2, max(now, pace.waitEnd ?? now) + .seconds(1))
    if let rest = claim.rest {
      noteDoubts(rest.doubts, at: moment)
      nextClaim = rest.nextDue.map { max(now, nextPermit, $0) }
    } else {
      nextClaim = max(now, nextPermit)
    }
    guard claim.leases.isEmpty else {
      (others, lists.lack) = (.none, .none)
      return []
    }
    return claim.rest.map { tryRemedy(for: $0, after: step) } ?? []
  }

  /// What others hold may be a dead process's, whose lock tells; what is ready and not to be claimed is another batch's,
  /// whose run may have ended.
  private mutating func tryRemedy(for rest: Claim.Rest, after step: ClaimStep) -> [Action] {
    guard case .claiming(let tried) = step, phase == .running || isClosing(phase) else { return [] }
    let isAnothers = rest.nextDue == nil && rest.holds.isEmpty && rest.tally[.ready] > 0
    if isAnothers, tried == .none {
      claimStep = .reclaiming(for: .assigned)
    } else if rest.tally[.leased] > 0, tried != .reclaimed {
      claimStep = .reclaiming(for: .reclaimed)
    } else {
      return []
    }
    return [.reclaim]
  }

  mutating func noteReclaim(_ count: Int, at now: Instant) -> [Action] {
    let step = claimStep
    claimStep = .idle
    if step == .reclaiming(for: .assigned), phase == .running || isClosing(phase) {
      claimStep = .assigning
      return [.assign]
    }
    if count > 0 { claimAgain(after: .reclaimed, at: now) }
    return []
  }

  mutating func claimAgain(after remedy: Remedy, at now: Instant) {
    (claimStep, remainder, nextClaim, self.remedy) = (.idle, .unknown, now, remedy)
  }
}
