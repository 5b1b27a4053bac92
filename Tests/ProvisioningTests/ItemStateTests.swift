import Testing

@testable import Provisioning

/// What must hold of the state table, over every state, flag and event. The table itself stands in one place.
@Suite struct ItemStateTests {
  /// An item as the table sees it.
  private struct Place: Hashable {
    var state: ItemState
    var isFlagged = false
  }

  /// One thing that can happen, and what it makes of an item.
  private struct Move: Hashable {
    let place: Place
    let event: ItemEvent
    let transition: Transition
    var to: Place {
      Place(
        state: transition.state,
        isFlagged: transition.flag == .set || (place.isFlagged && transition.flag == .kept))
    }
  }

  private static let plainEvents: [ItemEvent] = [
    .claimed, .listedOurs, .listedForeign, .lateSuccess, .requeued(hasID: false), .requeued(hasID: true), .assigned,
    .newerDefinition, .takenOver, .seen, .examined,
  ]
  private static let events: [ItemEvent] =
    plainEvents + Withdrawal.allCases.map { .withdrawn($0) }
    + Outcome.Kind.allCases.flatMap { kind in
      [false, true].map { .answered(kind, hasEarlierUnknown: $0) }
    }
    + LastWord.allCases.flatMap { lastWord in
      [true, false].map { .listedAbsent(after: lastWord, attemptsLeft: $0) }
    }

  private static let moves: [Move] = ItemState.allCases.flatMap { state in
    // Only what may be on its way can be flagged.
    (state == .leased || state == .inDoubt ? [false, true] : [false]).flatMap { isFlagged in
      events.compactMap { event in
        state.after(event, isFlagged: isFlagged).map {
          Move(place: Place(state: state, isFlagged: isFlagged), event: event, transition: $0)
        }
      }
    }
  }

  private func expect(_ moves: [Move], _ rule: (Move) -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(!moves.isEmpty, "the rule is about nothing", sourceLocation: sourceLocation)
    for move in moves where !rule(move) {
      Issue.record("\(move.place), \(move.event): \(move.transition)", sourceLocation: sourceLocation)
    }
  }

  private func moves(to state: ItemState) -> [Move] {
    Self.moves.filter { $0.transition.state == state && $0.transition.isMove }
  }

  // MARK: - Where moves lead

  @Test func `a move says where it comes from`() {
    expect(Self.moves) { $0.transition.from == $0.place.state }
  }

  @Test func `nothing takes a done item back, and only a look notes something of it`() {
    expect(Self.moves.filter { $0.place.state == .done }) { move in
      !move.transition.isMove && move.transition.isSeen && [.seen, .examined].contains(move.event)
    }
    #expect(ItemState.done.after(.seen)?.definition == .kept)
    #expect(ItemState.done.after(.examined)?.definition == .given)
  }

  @Test func `only an answer that says made, a look or a person makes an item done`() {
    expect(moves(to: .done)) { move in
      switch move.event {
      case .answered(.made, _), .lateSuccess, .listedOurs, .takenOver: true
      default: false
      }
    }
  }

  @Test func `an item is leased by a claim alone, from ready alone, and left by an answer alone`() {
    expect(moves(to: .leased)) { $0.event == .claimed && $0.place.state == .ready }
    expect(Self.moves.filter { $0.place.state == .leased && $0.transition.isMove }) { move in
      if case .answered = move.event { true } else { false }
    }
    for kind in Outcome.Kind.allCases {
      for earlier in [false, true] {
        #expect(ItemState.leased.after(.answered(kind, hasEarlierUnknown: earlier)) != nil, "\(kind)")
      }
    }
  }

  @Test func `the late answer of an item that was claimed again leaves it to that lease`() {
    #expect(ItemState.leased.after(.lateSuccess) == nil)
    for state in ItemState.allCases where state != .leased && state != .done {
      #expect(state.after(.lateSuccess)?.state == .done, "\(state)")
    }
  }

  @Test func `what is in doubt is sent again only after a look that did not show it, with attempts left`() {
    expect(moves(to: .ready).filter { $0.place.state == .inDoubt }) { move in
      switch move.event {
      case .listedAbsent(after: .silence, attemptsLeft: true), .listedAbsent(after: .foreign, attemptsLeft: true): true
      default: false
      }
    }
  }

  @Test func `an unknown outcome leads in doubt, and is remembered`() {
    for kind in Outcome.Kind.allCases {
      for earlier in [false, true] {
        let transition = ItemState.leased.after(.answered(kind, hasEarlierUnknown: earlier))
        #expect(transition?.marksUnknown == !kind.isDefinite, "\(kind)")
        if !kind.isDefinite { #expect(transition?.state == .inDoubt, "\(kind)") }
      }
    }
    expect(Self.moves.filter(\.transition.marksUnknown)) { $0.transition.state == .inDoubt }
  }

  @Test func `after an unknown outcome no answer fails an item: a look does`() {
    expect(moves(to: .failed)) { move in
      if case .answered(_, hasEarlierUnknown: true) = move.event { false } else { true }
    }
    for kind in [Outcome.Kind.refused, .exists] {
      #expect(ItemState.leased.after(.answered(kind, hasEarlierUnknown: true))?.state == .inDoubt, "\(kind)")
      #expect(ItemState.leased.after(.answered(kind, hasEarlierUnknown: false))?.state == .failed, "\(kind)")
    }
  }

  @Test func `what the service did not do goes back to be sent`() {
    for kind in Outcome.Kind.allCases where kind.isDefinite && ![.made, .refused, .exists].contains(kind) {
      let transition = ItemState.leased.after(.answered(kind, hasEarlierUnknown: true))
      #expect(transition?.state == .ready && transition?.usesAttempt == false, "\(kind)")
      #expect(transition?.reason == Reason(kind), "\(kind): it says what it waits for")
    }
  }

  @Test func `what was refused is never sent again by a look, and a second foreign answer is the last`() {
    for lastWord in LastWord.allCases {
      let left = ItemState.inDoubt.after(.listedAbsent(after: lastWord, attemptsLeft: true))
      let none = ItemState.inDoubt.after(.listedAbsent(after: lastWord, attemptsLeft: false))
      #expect(none?.state == .failed, "\(lastWord)")
      #expect(left?.state == (lastWord == .silence || lastWord == .foreign ? .ready : .failed), "\(lastWord)")
    }
  }

  @Test func `a name that is somebody else's is a conflict, however it is learned`() {
    let transitions = [
      ItemState.ready.after(.listedForeign), ItemState.inDoubt.after(.listedForeign),
      ItemState.leased.after(.answered(.exists, hasEarlierUnknown: false)),
    ]
    for transition in transitions {
      #expect(transition?.state == .failed && transition?.reason == .conflict && transition?.id == .stored)
    }
  }

  @Test func `an unfinished item always has a way to done, and one to an end that is not done`() {
    func reachable(from start: Place) -> Set<Place> {
      var found: Set<Place> = [start]
      var open = [start]
      while let place = open.popLast() {
        for move in Self.moves where move.place == place && found.insert(move.to).inserted { open.append(move.to) }
      }
      return found
    }
    for move in Self.moves where move.transition.state.isUnfinished {
      let states = Set(reachable(from: move.to).map(\.state))
      #expect(states.contains(.done) && (states.contains(.failed) || states.contains(.cancelled)), "\(move)")
    }
  }

  @Test func `what is over is done, or can be tried again`() {
    for state in ItemState.allCases where !state.isUnfinished && state != .done {
      #expect(state.after(.requeued(hasID: false))?.state == .ready, "\(state)")
      #expect(state.after(.requeued(hasID: true))?.state == .inDoubt, "\(state): a look comes first")
    }
    expect(Self.moves.filter { !$0.place.state.isUnfinished && $0.transition.state.isUnfinished }) { move in
      switch move.event {
      case .requeued: true
      case .newerDefinition: move.place.state == .cancelled
      default: false
      }
    }
  }

  @Test func `only what was never sent is cancelled at once`() {
    for withdrawal in Withdrawal.allCases {
      #expect(ItemState.ready.after(.withdrawn(withdrawal))?.state == .cancelled)
      for state in [ItemState.leased, .inDoubt] {
        let transition = state.after(.withdrawn(withdrawal))
        #expect(transition?.isMove == false && transition?.flag == .set, "\(state)")
      }
      for state in [ItemState.done, .failed, .cancelled] {
        #expect(state.after(.withdrawn(withdrawal)) == nil, "\(state)")
      }
    }
    #expect(ItemState.ready.after(.withdrawn(.cancelled))?.reason == .cancelled)
    #expect(ItemState.ready.after(.withdrawn(.gone))?.reason == .gone)
  }

  @Test func `what a person takes over is done, as it was found, and is never on its way or over otherwise`() {
    expect(Self.moves.filter { $0.event == .takenOver }) { move in
      [.ready, .inDoubt, .failed].contains(move.place.state) && move.transition.state == .done
        && move.transition.definition == .given
    }
  }

  // MARK: - What moves write

  @Test func `an item has a time to be claimed exactly when it becomes ready`() {
    expect(Self.moves) { ($0.transition.due != nil) == ($0.transition.isMove && $0.transition.state == .ready) }
    #expect(Transition.imported.due == .now && Transition.imported.state == .ready && Transition.imported.from == nil)
    expect(moves(to: .ready)) { ($0.transition.due == .afterWait) == ($0.place.state == .leased) }
  }

  @Test func `whatever failed or was cancelled says why, and a claim forgets why it waited`() {
    expect(moves(to: .failed) + moves(to: .cancelled)) { $0.transition.reason != nil }
    expect(moves(to: .leased)) { $0.transition.reason == nil && !$0.transition.keepsMessage }
  }

  @Test func `an attempt counts when it was answered and may have been carried out, and only then`() {
    expect(Self.moves.filter(\.transition.usesAttempt)) { move in
      if case .answered = move.event { move.transition.state != .ready } else { false }
    }
    for kind in Outcome.Kind.allCases {
      let used = ItemState.leased.after(.answered(kind, hasEarlierUnknown: false))?.usesAttempt
      #expect(used == ([.made, .refused, .exists].contains(kind) || !kind.isDefinite), "\(kind)")
    }
  }

  @Test func `attempts begin anew exactly when what was over is tried again`() {
    expect(Self.moves) { move in
      (move.transition.attempts == .fromZero)
        == (!move.place.state.isUnfinished && move.transition.state.isUnfinished)
    }
  }

  @Test func `what may be on its way keeps the definition that was sent`() {
    expect(Self.moves.filter { [.leased, .inDoubt].contains($0.transition.state) }) { move in
      [.kept, .givenForLater].contains(move.transition.definition)
    }
    expect(Self.moves.filter { $0.transition.definition == .givenForLater }) { !$0.transition.isMove }
    expect(moves(to: .ready)) { [.newest, .given].contains($0.transition.definition) }
  }

  @Test func `an id is stored where something is there, and forgotten only when a look does not show it`() {
    expect(Self.moves.filter { $0.transition.id == .stored }) { move in
      move.transition.state == .done || move.transition.reason == .conflict
    }
    expect(moves(to: .done)) { $0.transition.id == .stored }
    expect(Self.moves.filter { $0.transition.id == .forgotten }) { move in
      if case .listedAbsent = move.event { true } else { move.place.isFlagged && move.transition.state == .cancelled }
    }
  }

  @Test func `what a look or a person has found is told from what an answer said was made`() {
    for move in moves(to: .done) {
      let isFound = move.event == .listedOurs || move.event == .takenOver
      #expect((move.transition.isAdopted == true) == isFound, "\(move)")
    }
    expect(Self.moves.filter { $0.transition.isAdopted == false }) { $0.transition.state == .inDoubt }
  }

  @Test func `an item joins a batch when that makes it ready or takes it, and never while it is leased`() {
    expect(Self.moves.filter(\.transition.joinsBatch)) { move in
      switch move.event {
      case .requeued, .assigned, .newerDefinition: move.place.state != .leased
      default: false
      }
    }
    expect(Self.moves.filter { $0.event == .assigned }) { !$0.transition.isMove && $0.transition.joinsBatch }
  }

  // MARK: - Withdrawn on its way

  @Test func `a flagged item is never ready or failed, and is done as 'cancelled, but made'`() {
    let flagged = Self.moves.filter { $0.place.isFlagged && $0.transition.isMove }
    expect(flagged) { ![.ready, .failed].contains($0.transition.state) }
    expect(flagged.filter(\.transition.isFinished)) { $0.transition.reason == .cancelled }
    for move in flagged where move.transition.isFinished {
      let unflagged = move.place.state.after(move.event)
      #expect((move.transition.state == .done) == (unflagged?.state == .done), "\(move)")
      #expect(move.transition.attempts == unflagged?.attempts, "\(move)")
    }
  }

  @Test func `a flag is set on what may be on its way, and goes when it is settled or wanted again`() {
    expect(Self.moves.filter { $0.transition.flag == .set }) { [.leased, .inDoubt].contains($0.place.state) }
    expect(Self.moves.filter { $0.place.isFlagged }) { move in
      (move.transition.flag == .cleared) == (move.transition.isFinished || move.event == .newerDefinition)
    }
    expect(Self.moves) { [.leased, .inDoubt].contains($0.to.state) || !$0.to.isFlagged }
  }

  @Test func `what was cancelled and turns out to be made says both`() {
    let transition = ItemState.cancelled.after(.lateSuccess)
    #expect(transition?.state == .done && transition?.reason == .cancelled)
  }

  // MARK: - Names

  @Test func `a run has something to do for ready, leased and in doubt`() {
    #expect(ItemState.allCases.filter(\.isUnfinished) == [.ready, .leased, .inDoubt])
  }

  @Test func `states keep the names that stand in files`() {
    #expect(ItemState.allCases.map(\.rawValue) == ["ready", "leased", "in_doubt", "done", "failed", "cancelled"])
  }
}
