// What a run keeps to.

package import DurableQueue
package import Pacing
import Provisioning

/// What a run keeps to.
package struct Rules: Hashable, Sendable {
  /// Requests on the wire at once, at least 1.
  package var concurrency: Int
  /// Whether more may be on the wire when the pace needs it, up to `mostConcurrency`: nobody has said how many.
  package var adaptsConcurrency = false
  /// So many failed rows end the run; nil: no number does.
  package var haltAfter: Int?
  /// When the run ends whatever is left; nil: never.
  package var deadline: Instant?
  /// The most requests on the wire of a run that adapts.
  package static let mostConcurrency = 64
  /// A wait longer than this ends the run.
  package var maxWait: Duration
  /// How long requests in flight may take to finish once a drain was asked for.
  package var drainTimeout: Duration
  /// What a list may settle.
  package var reconcile: ReconcileRules
  /// How long a request may take.
  package var requestTimeout = Duration.seconds(30)
  /// What the run's attempts are sent under.
  package var terms: AttemptTerms {
    AttemptTerms(settleDelay: reconcile.settleDelay, requestTimeout: requestTimeout)
  }
  /// How far ahead a claim takes permits.
  package let horizon = Quota.longestHorizon
  /// How often a run looks whether others have finished what they hold of its batch.
  package let lookAgain = Duration.seconds(1)
  /// The longest wait after the service could not be reached.
  package let unreachableWait = Backoff(base: .seconds(1), cap: .seconds(30))

  /// Makes rules; the defaults are the command's.
  package init(
    concurrency: Int = 4, maxWait: Duration = .seconds(600), drainTimeout: Duration = .seconds(25),
    reconcile: ReconcileRules = ReconcileRules()
  ) {
    self.reconcile = reconcile
    self.concurrency = max(1, concurrency)
    self.maxWait = maxWait
    self.drainTimeout = drainTimeout
  }
}

extension RunEnd {
  /// Whether lists can still tell what became of the requests in doubt, so that a person who comes to look finds that
  /// done. Where every request is refused they cannot, and a pause leaves it to the run that goes on.
  var settlesDoubtsFirst: Bool {
    switch self {
    case .held, .duplicates, .othersHold, .tooManyFailed: true
    case .finished, .halted, .paused, .settling, .undecided, .drained, .failed, .deadline: false
    }
  }
}
