// How a run can end; what people are told of it stands in Words.

package import Pacing
package import Provisioning

/// How a run ended.
package enum RunEnd: Hashable, Sendable {
  /// The batch has no unfinished item.
  case finished
  /// What is left belongs to accounts that may not be sent to.
  case held([AccountHold])
  /// Every request would fare like this one: denied, not offered or misdirected.
  case halted(Outcome)
  /// Going on later is right: the wait is too long. The wait is nil when it is our own quota that asks for it; `until`:
  /// when it may go on, if that is known.
  case paused(KeyWait?, until: Instant?)
  /// What became of the items in doubt can be asked for only then: later than a run waits.
  case settling(until: Instant)
  /// Lists have come, and did not tell what became of the items in doubt, for longer than a run waits.
  case undecided
  /// So many rows have failed that a person must look.
  case tooManyFailed(Int)
  /// The time that was set is over.
  case deadline(Instant)
  /// Others hold what is left, for longer than a run waits.
  case othersHold
  /// The service's list shows these names more than once.
  case duplicates([String])
  /// A person or a supervisor asked to stop.
  case drained
  /// The queue failed.
  case failed(QueueError)
}
