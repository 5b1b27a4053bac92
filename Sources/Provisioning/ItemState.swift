// The life of an item, operation *create*: six states, and one table of what each event does. The queue executes it: its
// UPDATEs and the CHECK of its table are made from here, and nothing else changes a state.

/// Where an item is in its life; the raw value stands in the database and in the files.
package enum ItemState: String, CaseIterable, Sendable {
  /// To be sent when it is due.
  case ready
  /// Claimed by an owner.
  case leased
  /// Sent, and nobody knows what became of it; people see "answer unknown, will check".
  case inDoubt = "in_doubt"
  /// It exists; its remote id is stored.
  case done
  /// It was refused, or its attempts are used up.
  case failed
  /// It is not wanted any more.
  case cancelled

  /// Whether a run still has something to do for it.
  package var isUnfinished: Bool { self == .ready || self == .leased || self == .inDoubt }
}

/// What can happen to an item that is there; the first thing that happens to it is `Transition.imported`.
package enum ItemEvent: Hashable, Sendable {
  /// An owner took it, to send it.
  case claimed
  /// Its attempt was answered, or certainly was not; `hasEarlierUnknown`: an earlier attempt has an unknown outcome.
  case answered(Outcome.Kind, hasEarlierUnknown: Bool)
  /// A look shows it and it is ours; for a ready item: an attempt with an unknown outcome had landed late after all.
  case listedOurs
  /// A look shows its name and it is not ours; for a ready item: it was there before anything was sent.
  case listedForeign
  /// A look that is whole, and was asked for late enough, does not show it.
  case listedAbsent(after: LastWord, attemptsLeft: Bool)
  /// An attempt that the item has moved on from was answered after all: it had succeeded.
  case lateSuccess
  /// `run` or `retry` wants it tried again; `hasID`: something of its name was found.
  case requeued(hasID: Bool)
  /// A batch that names it, and on which a run is about to work, takes it from one that nobody works on.
  case assigned
  /// A newer roster names it, with the same definition or another.
  case newerDefinition
  /// Nobody wants it any more.
  case withdrawn(Withdrawal)
  /// A person wants what has its name, whoever made it; its detail was read.
  case takenOver
  /// A list shows what was made.
  case seen
  /// The detail of what was made was read.
  case examined
}

/// Why nobody wants an item any more.
package enum Withdrawal: CaseIterable, Hashable, Sendable {
  /// A person cancelled it.
  case cancelled
  /// The newer version of its roster does not name it.
  case gone
}

/// What the last answer about an item was before a look did not show it.
package enum LastWord: CaseIterable, Hashable, Sendable {
  /// Nobody answered.
  case silence
  /// The service refused it.
  case refusal
  /// The service said that something of its name exists.
  case existing
  /// Something answered in the service's place, for the first time.
  case foreign
  /// Something has answered in the service's place again.
  case foreignAgain
}

extension ItemState {
  /// The state table: what `event` makes of an item in this state; nil when it changes nothing, or cannot happen.
  ///
  /// - Parameter isFlagged: whether it was withdrawn while it was leased or in doubt: it is done if it proves made, else
  ///   cancelled.
  package func after(_ event: ItemEvent, isFlagged: Bool = false) -> Transition? {
    guard var transition = unflagged(event) else { return nil }
    if isFlagged { transition.heedFlag() }
    return transition
  }

  private func unflagged(_ event: ItemEvent) -> Transition? {
    switch (self, event) {
    case (.ready, .claimed): Transition(self, .leased)
    case (.leased, .answered(let kind, let hasEarlierUnknown)): Self.after(kind, hasEarlierUnknown)
    case (.ready, .listedOurs), (.inDoubt, .listedOurs):
      Transition(self, .done) { ($0.id, $0.isAdopted) = (.stored, true) }
    case (.ready, .listedForeign), (.inDoubt, .listedForeign):
      Transition(self, .failed, .conflict) { $0.id = .stored }
    case (.inDoubt, .listedAbsent(let lastWord, let attemptsLeft)): Self.whenAbsent(lastWord, attemptsLeft)
    // A leased item is settled with its lease; the late answer stands with its own attempt.
    case (.leased, .lateSuccess), (.done, .lateSuccess): nil
    case (.cancelled, .lateSuccess): Transition(self, .done, .cancelled) { $0.id = .stored }
    case (_, .lateSuccess): Transition(self, .done) { $0.id = .stored }
    case (.failed, .requeued(hasID: true)), (.cancelled, .requeued(hasID: true)):
      Transition(self, .inDoubt, .conflict) {
        ($0.attempts, $0.keepsMessage, $0.isAdopted, $0.joinsBatch) = (.fromZero, true, false, true)
      }
    case (.failed, .requeued), (.cancelled, .requeued): readyAgain()
    case (.ready, .assigned), (.inDoubt, .assigned): Transition(self, self) { $0.joinsBatch = true }
    case (_, .newerDefinition): afterNewerDefinition()
    case (.ready, .withdrawn(.cancelled)): Transition(self, .cancelled, .cancelled)
    case (.ready, .withdrawn(.gone)): Transition(self, .cancelled, .gone)
    case (.leased, .withdrawn), (.inDoubt, .withdrawn): Transition(self, self) { $0.flag = .set }
    case (.ready, .takenOver), (.inDoubt, .takenOver), (.failed, .takenOver):
      Transition(self, .done) { ($0.id, $0.isAdopted, $0.definition) = (.stored, true, .given) }
    case (.done, .seen): Transition(self, self) { $0.isSeen = true }
    case (.done, .examined): Transition(self, self) { ($0.isSeen, $0.definition) = (true, .given) }
    default: nil
    }
  }

  /// The rows of the table for a newer roster: what may be on its way keeps what was sent.
  private func afterNewerDefinition() -> Transition? {
    switch self {
    case .ready: Transition(self, self) { ($0.definition, $0.joinsBatch) = (.given, true) }
    case .leased, .inDoubt: Transition(self, self) { ($0.definition, $0.flag) = (.givenForLater, .cleared) }
    case .failed: Transition(self, self) { $0.definition = .given }
    case .cancelled: readyAgain(.given)
    case .done: nil
    }
  }

  private func readyAgain(_ definition: Transition.Definition = .newest) -> Transition {
    Transition(self, .ready, due: .now) {
      ($0.attempts, $0.definition, $0.joinsBatch) = (.fromZero, definition, true)
    }
  }

  /// The rows of the table for what is not there.
  private static func whenAbsent(_ lastWord: LastWord, _ attemptsLeft: Bool) -> Transition {
    let reason: Reason? =
      switch lastWord {
      case .refusal: .refused
      case .existing: .conflict
      case .foreignAgain: .foreign
      case _ where attemptsLeft: nil
      case .foreign: .foreign
      case .silence: .unknown
      }
    guard let reason else {
      return Transition(.inDoubt, .ready, due: .now) { ($0.id, $0.definition) = (.forgotten, .newest) }
    }
    return Transition(.inDoubt, .failed, reason) { $0.id = .forgotten }
  }

  /// The rows of the table for an attempt that ended.
  private static func after(_ kind: Outcome.Kind, _ hasEarlierUnknown: Bool) -> Transition {
    let reason = Reason(kind)
    return switch kind {
    case .made: Transition(.leased, .done) { ($0.attempts, $0.id) = (.counted, .stored) }
    case .refused where !hasEarlierUnknown: Transition(.leased, .failed, reason) { $0.attempts = .counted }
    case .exists where !hasEarlierUnknown:
      Transition(.leased, .failed, .conflict) { ($0.attempts, $0.id) = (.counted, .stored) }
    case .refused, .exists: Transition(.leased, .inDoubt, reason) { $0.attempts = .counted }
    case .unknown, .foreign, .ownerGone:
      Transition(.leased, .inDoubt, reason) { ($0.attempts, $0.marksUnknown) = (.counted, true) }
    case .throttled, .keyQuota, .unreachable, .quota, .accountRefused, .denied, .notOffered, .misdirected, .notSent:
      Transition(.leased, .ready, reason, due: .afterWait) { $0.definition = .newest }
    }
  }
}
