// What a run is doing, for people.

import Pacing

extension Dispatcher {
  func status(at now: Instant) -> Pool.Status {
    var status = Pool.Status()
    status.inFlightCount = inFlight.count
    status.wait = pace.wait
    status.madeCount = madeCount
    status.incompleteAccounts = lists.neverWhole
    (status.quota, status.isLimitKnown) = (pace.quota, pace.isLimitKnown)
    status.isProbing = phase == .probing
    status.nextLook = nextLook(at: now)
    return status
  }

  /// When what is in doubt is asked for next, as far as that is known.
  private func nextLook(at now: Instant) -> Instant? {
    switch phase {
    case .running, .closing: break
    case .probing, .ending, .over: return nil
    }
    // While an answer is awaited there is nothing to wake for.
    if lists.open != nil || lists.step == .asking { return now }
    return nextReconcile.map { max($0.due, readWake(at: now) ?? $0.due) }
  }
}
