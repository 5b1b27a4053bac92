// How long what is left will take: one reckoning for the plan, the run's own note and its progress.

package import Pacing

extension Limit {
  /// Whether it is one that the service has shown or a person has said. Until it is throttled a run only tries what more it
  /// may have.
  package var isKnown: Bool { source != .standard }

  /// Whether a run has tried more than it starts with, and was never throttled.
  package var isTried: Bool { !isKnown && quota.rate.perSecond > Rate.untilLearned.perSecond }

  /// The pace to count on, by the second: of one that was never throttled what was really sent, because nothing but that
  /// is known to work.
  package var provenPerSecond: Double {
    guard isTried else { return quota.rate.perSecond }
    return max(Rate.untilLearned.perSecond, quota.rate.perSecond * PaceLearner.provenShare)
  }

  /// When so many requests will have started.
  ///
  /// - Parameter state: where the limit stands; unless told nothing was used.
  package func forecast(of count: Int, from state: QuotaState = QuotaState(), at now: Instant) -> Instant {
    guard isTried, let rate = Rate(Int(provenPerSecond * 60), per: .minute) else {
      return quota.forecast(of: count, from: state, at: now)
    }
    return Quota(rate: rate, burst: Quota.untilLearned.burst, windows: quota.windows)
      .forecast(of: count, from: state, at: now)
  }
}
