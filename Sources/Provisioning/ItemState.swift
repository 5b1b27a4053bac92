// The life of an item: six states, and one table of what each event does. The queue's SQL and the README follow it.

/// Where an item is in its life; the raw value stands in the database and in the files.
package enum ItemState: String, CaseIterable, Sendable {
  /// To be sent when it is due.
  case ready
  /// Claimed by an owner.
  case leased
  /// Sent, and nobody knows what became of it; people see "answer unknown, will check".
  case inDoubt = "in_doubt"
  /// It exists; its remote id is kept.
  case done
  /// It was refused, or its attempts are used up.
  case failed
  /// It is not wanted any more.
  case cancelled

  /// Whether a run still has something to do for it.
  package var isUnfinished: Bool { self == .ready || self == .leased || self == .inDoubt }
}

/// What can happen to an item.
package enum ItemEvent: Hashable, Sendable {
  /// An owner took it, to send it.
  case claimed
  /// Its attempt was answered, or certainly was not; `earlierUnanswered`: an earlier attempt has no definite answer.
  case answered(Outcome.Kind, earlierUnanswered: Bool)
  /// The list shows it and it is ours; for a ready item: an attempt without an answer had landed late after all, or a
  /// person wants what exists to be taken over.
  case listedOurs
  /// The list shows its name and it is not ours; for a ready item: the list showed it before we ever sent it.
  case listedForeign
  /// A whole list, asked for late enough, does not show it.
  case listedAbsent(after: LastWord, attemptsLeft: Bool)
  /// An attempt that the item has moved on from was answered after all: it had succeeded.
  case lateSuccess
  /// `run` or `retry` wants it tried again, or a roster has it again; `hasID`: something of its name was found.
  case requeued(hasID: Bool)
  /// A person cancelled it, or it left its roster.
  case cancelled
  /// A person has looked at what a conflict found and takes it over.
  case adopted
}

/// What the last answer about an item was before a list did not show it.
package enum LastWord: CaseIterable, Hashable, Sendable {
  /// Nobody answered.
  case silence
  /// The service refused it.
  case refusal
  /// Something answered in the service's place, for the first time.
  case foreign
  /// Something has answered in the service's place again.
  case foreignAgain
}

/// What an event makes of an item.
package struct Transition: Hashable, Sendable {
  /// When a ready item may be claimed.
  package enum Due: Hashable, Sendable {
    /// At once.
    case now
    /// When its scope may send again.
    case afterScopeWait
    /// After a backoff of its own.
    case afterBackoff
  }

  /// The state it goes to, perhaps the one it had.
  package var state: ItemState
  /// When it may be claimed; not nil exactly for `ready`.
  package var due: Due?
  /// Why it failed or waits; nil when there is nothing to explain.
  package var reason: Reason?
  /// Whether the attempts limit counts the attempt that ended.
  package var usesAttempt = false
  /// Whether it is to be cancelled unless it proves done.
  package var flagsCancel = false
}

extension ItemState {
  /// The state table: what `event` makes of an item in this state; nil when it cannot happen to it.
  package func after(_ event: ItemEvent) -> Transition? {
    switch (self, event) {
    case (.ready, .claimed): Transition(state: .leased)
    case (.leased, .answered(let kind, let earlierUnanswered)): Self.after(kind, earlierUnanswered)
    case (.inDoubt, .listedOurs), (.ready, .listedOurs): Transition(state: .done)
    case (.inDoubt, .listedForeign), (.ready, .listedForeign): Transition(state: .failed, reason: .conflict)
    case (.inDoubt, .listedAbsent(let lastWord, let attemptsLeft)): Self.whenAbsent(lastWord, attemptsLeft)
    case (.done, .lateSuccess): nil
    case (_, .lateSuccess): Transition(state: .done)
    case (.failed, .requeued(hasID: true)), (.cancelled, .requeued(hasID: true)):
      Transition(state: .inDoubt, reason: .conflict)
    case (.failed, .requeued), (.cancelled, .requeued): Transition(state: .ready, due: .now)
    case (.failed, .adopted): Transition(state: .done)
    case (.ready, .cancelled): Transition(state: .cancelled, reason: .cancelled)
    case (.leased, .cancelled), (.inDoubt, .cancelled): Transition(state: self, flagsCancel: true)
    default: nil
    }
  }

  /// The rows of the table for what is not there.
  private static func whenAbsent(_ lastWord: LastWord, _ attemptsLeft: Bool) -> Transition {
    switch lastWord {
    case .refusal: Transition(state: .failed, reason: .refused)
    case .foreignAgain: Transition(state: .failed, reason: .foreign)
    case _ where attemptsLeft: Transition(state: .ready, due: .now)
    case .foreign: Transition(state: .failed, reason: .foreign)
    case .silence: Transition(state: .failed, reason: .unknown)
    }
  }

  /// The rows of the table for an attempt that ended.
  private static func after(_ kind: Outcome.Kind, _ earlierUnanswered: Bool) -> Transition {
    let reason = Reason(kind)
    return switch kind {
    case .made: Transition(state: .done, usesAttempt: true)
    case .refused: Transition(state: earlierUnanswered ? .inDoubt : .failed, reason: reason, usesAttempt: true)
    case .unknown, .foreign, .ownerGone: Transition(state: .inDoubt, reason: reason, usesAttempt: true)
    case .throttled, .keyQuota: Transition(state: .ready, due: .afterScopeWait, reason: reason)
    case .unreachable: Transition(state: .ready, due: .afterBackoff, reason: reason)
    case .quota, .accountRefused, .denied, .notOffered, .misdirected, .notSent:
      Transition(state: .ready, due: .now, reason: reason)
    }
  }
}
