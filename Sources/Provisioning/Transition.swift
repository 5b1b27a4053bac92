// What a move of the state table writes, all of it, so that the queue's SQL can be made from it.

/// What an event makes of an item.
package struct Transition: Hashable, Sendable {
  /// When a ready item may be claimed.
  package enum Due: Hashable, Sendable {
    case now
    /// When the wait is over that its answer has brought, if it has.
    case afterWait
  }

  /// What becomes of the count of used attempts.
  package enum Attempts: Hashable, Sendable {
    case kept
    /// The attempt that ended counts.
    case counted
    /// It begins anew; the history stays.
    case fromZero
  }

  /// What becomes of the mark that the item was withdrawn while it may have been on its way.
  package enum Flag: Hashable, Sendable {
    case kept
    /// It is to be cancelled unless it proves made.
    case set
    /// It is wanted again, or settled.
    case cleared
  }

  /// What becomes of the definition.
  package enum Definition: Hashable, Sendable {
    case kept
    /// The newest that was stored for later takes its place.
    case newest
    /// The newer roster's takes its place.
    case given
    /// The newer roster's is stored for later, because another may have been sent.
    case givenForLater
  }

  /// What becomes of the id of what was made or found.
  package enum ID: Hashable, Sendable {
    case kept
    /// It is stored, if the answer or the look has told one.
    case stored
    /// A look has not shown it.
    case forgotten
  }

  /// The state it comes from; nil when it is new.
  package let from: ItemState?
  /// The state it goes to, perhaps the one it had.
  package internal(set) var state: ItemState
  /// When it may be claimed; not nil exactly for a move to `ready`.
  package internal(set) var due: Due?
  /// Why it failed, waits or is not wanted; nil when there is nothing to explain.
  package var reason: Reason?
  /// Whether the message that stands with it stays; otherwise that of the answer or the look takes its place.
  package internal(set) var keepsMessage = false
  /// The count of used attempts.
  package internal(set) var attempts = Attempts.kept
  /// Whether an attempt of it has an unknown outcome from now on.
  package internal(set) var marksUnknown = false
  /// The mark that it was withdrawn.
  package internal(set) var flag = Flag.kept
  /// The definition.
  package internal(set) var definition = Definition.kept
  /// The id of what was made or found.
  package internal(set) var id = ID.kept
  /// Whether it was found rather than made by an answer; nil: as it was.
  package internal(set) var isAdopted: Bool?
  /// Whether a look has shown what is there; so does whatever makes an item done.
  package internal(set) var isSeen = false
  /// Whether it belongs to the asking batch from now on.
  package internal(set) var joinsBatch = false

  /// Whether the state changes; otherwise the item is only marked, and a lease of it stays good.
  package var isMove: Bool { from != state }
  /// Whether the attempts limit counts the attempt that ended.
  package var usesAttempt: Bool { attempts == .counted }
  /// Whether nothing is left to do for the item.
  package var isFinished: Bool { !state.isUnfinished }

  /// The first thing that happens to an item.
  package static let imported = Transition(nil, .ready, due: .now)

  init(
    _ from: ItemState?, _ state: ItemState, _ reason: Reason? = nil, due: Due? = nil,
    _ more: (inout Transition) -> Void = { _ in }
  ) {
    (self.from, self.state, self.reason, self.due) = (from, state, reason, due)
    more(&self)
  }

  /// Makes of it what becomes of an item that nobody wants: done, and it says so, if it proves made, else cancelled.
  mutating func heedFlag() {
    guard isMove, state != .leased, state != .inDoubt else { return }
    reason = .cancelled
    if state != .done { (state, due, id, definition) = (.cancelled, nil, .forgotten, .kept) }
    flag = .cleared
  }
}
