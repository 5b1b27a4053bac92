// The state table of the design, section 3, written down a second time: what is not in it cannot happen.

import Testing

@testable import Provisioning

@Suite struct ItemStateTests {
  @Test(arguments: stateTable)
  private func `a row of the state table`(row: Row) {
    for state in row.from {
      for event in row.events {
        #expect(state.after(event) == row.transition(state), "\(row.name): \(state), \(event)")
      }
    }
  }

  @Test func `what is not in the state table cannot happen`() {
    let possible = Set(stateTable.flatMap(\.pairs))
    var impossibleCount = 0
    for state in ItemState.allCases {
      for event in allEvents where !possible.contains(Pair(state: state, event: event)) {
        #expect(state.after(event) == nil, "\(state), \(event)")
        impossibleCount += 1
      }
    }
    #expect(impossibleCount + possible.count == ItemState.allCases.count * allEvents.count)
  }

  @Test func `no two rows of the state table are about the same thing`() {
    let pairs = stateTable.flatMap(\.pairs)
    #expect(Set(pairs).count == pairs.count)
  }

  @Test func `an item has a time to be claimed exactly when it is ready`() {
    for (pair, transition) in everyTransition {
      #expect((transition.due != nil) == (transition.state == .ready), "\(pair)")
    }
  }

  @Test func `whatever failed says why`() {
    for (pair, transition) in everyTransition where transition.state == .failed {
      #expect(transition.reason != nil, "\(pair)")
    }
  }

  @Test func `nothing that happens takes a done item back`() {
    #expect(allEvents.allSatisfy { ItemState.done.after($0) == nil })
  }

  @Test func `an attempt without a definite answer never makes an item ready`() {
    for kind in Outcome.Kind.allCases where !kind.isDefinite {
      for earlierUnanswered in [false, true] {
        let transition = ItemState.leased.after(.answered(kind, earlierUnanswered: earlierUnanswered))
        #expect(transition?.state == .inDoubt, "\(kind)")
      }
    }
  }

  @Test func `a run has something to do for ready, leased and in doubt`() {
    #expect(ItemState.allCases.filter(\.isUnfinished) == [.ready, .leased, .inDoubt])
  }

  @Test func `states keep the names that stand in files`() {
    #expect(ItemState.allCases.map(\.rawValue) == ["ready", "leased", "in_doubt", "done", "failed", "cancelled"])
  }

  private var everyTransition: [(Pair, Transition)] {
    ItemState.allCases.flatMap { state in
      allEvents.compactMap { event in
        state.after(event).map { (Pair(state: state, event: event), $0) }
      }
    }
  }
}

/// A state and what happens to an item in it.
private struct Pair: Hashable {
  let state: ItemState
  let event: ItemEvent
}

/// A row of the table: whatever of `events` happens to an item in one of the states `from` makes `transition` of it.
private struct Row: CustomTestStringConvertible {
  let name: String
  let from: [ItemState]
  let events: [ItemEvent]
  let transition: @Sendable (ItemState) -> Transition

  init(
    _ name: String, _ from: [ItemState], _ events: [ItemEvent],
    _ transition: @escaping @Sendable @autoclosure () -> Transition
  ) {
    self.init(name, from, events) { _ in transition() }
  }

  init(
    _ name: String, _ from: [ItemState], _ events: [ItemEvent],
    to transition: @escaping @Sendable (ItemState) -> Transition
  ) {
    (self.name, self.from, self.events, self.transition) = (name, from, events, transition)
  }

  var testDescription: String { name }
  var pairs: [Pair] { from.flatMap { state in events.map { Pair(state: state, event: $0) } } }
}

private let stateTable: [Row] = [
  Row("ready and due, claimed: leased", [.ready], [.claimed], Transition(state: .leased)),
  Row("leased, made: done", [.leased], answers(.made), Transition(state: .done, usesAttempt: true)),
  Row(
    "leased, refused, every earlier attempt definite: failed", [.leased],
    [.answered(.refused, earlierUnanswered: false)],
    Transition(state: .failed, reason: .refused, usesAttempt: true)),
  Row(
    "leased, refused, an earlier attempt unanswered: in doubt", [.leased],
    [.answered(.refused, earlierUnanswered: true)],
    Transition(state: .inDoubt, reason: .refused, usesAttempt: true)),
  Row(
    "leased, throttled: ready after the scope's wait, no attempt used", [.leased], answers(.throttled),
    Transition(state: .ready, due: .afterScopeWait, reason: .throttled)),
  Row(
    "leased, key quota: ready after the scope's wait, no attempt used", [.leased], answers(.keyQuota),
    Transition(state: .ready, due: .afterScopeWait, reason: .keyQuota)),
  Row(
    "leased, account quota: ready, no attempt used", [.leased], answers(.quota),
    Transition(state: .ready, due: .now, reason: .quota)),
  Row(
    "leased, account refused: ready, no attempt used", [.leased], answers(.accountRefused),
    Transition(state: .ready, due: .now, reason: .accountRefused)),
  Row(
    "leased, denied: ready, no attempt used", [.leased], answers(.denied),
    Transition(state: .ready, due: .now, reason: .denied)),
  Row(
    "leased, not offered: ready, no attempt used", [.leased], answers(.notOffered),
    Transition(state: .ready, due: .now, reason: .notOffered)),
  Row(
    "leased, misdirected: ready, no attempt used", [.leased], answers(.misdirected),
    Transition(state: .ready, due: .now, reason: .misdirected)),
  Row(
    "leased, unreachable: ready after backoff, no attempt used", [.leased], answers(.unreachable),
    Transition(state: .ready, due: .afterBackoff, reason: .unreachable)),
  Row(
    "leased, not sent after all: ready, no attempt used", [.leased], answers(.notSent),
    Transition(state: .ready, due: .now, reason: .notSent)),
  Row(
    "leased, no usable answer: in doubt", [.leased], answers(.unknown),
    Transition(state: .inDoubt, reason: .unknown, usesAttempt: true)),
  Row(
    "leased, a foreign answer: in doubt", [.leased], answers(.foreign),
    Transition(state: .inDoubt, reason: .foreign, usesAttempt: true)),
  Row(
    "leased, the owner is gone: in doubt", [.leased], answers(.ownerGone),
    Transition(state: .inDoubt, reason: .ownerGone, usesAttempt: true)),
  Row(
    "in doubt, or ready after an answer that never came, listed and ours: done", [.inDoubt, .ready], [.listedOurs],
    Transition(state: .done)),
  Row(
    "in doubt, listed and not ours: failed, conflict", [.inDoubt], [.listedForeign],
    Transition(state: .failed, reason: .conflict)),
  Row(
    "ready, listed before we ever sent it: failed, conflict", [.ready], [.listedForeign],
    Transition(state: .failed, reason: .conflict)),
  Row(
    "in doubt, absent after a refusal: failed with that refusal", [.inDoubt],
    [true, false].map { .listedAbsent(after: .refusal, attemptsLeft: $0) },
    Transition(state: .failed, reason: .refused)),
  Row(
    "in doubt, absent after no answer, attempts left: ready", [.inDoubt],
    [.listedAbsent(after: .silence, attemptsLeft: true), .listedAbsent(after: .foreign, attemptsLeft: true)],
    Transition(state: .ready, due: .now)),
  Row(
    "in doubt, absent after no answer, none left: failed", [.inDoubt],
    [.listedAbsent(after: .silence, attemptsLeft: false)], Transition(state: .failed, reason: .unknown)),
  Row(
    "in doubt, absent after a second foreign answer, or one when none are left: failed with the page's title",
    [.inDoubt],
    [true, false].map { .listedAbsent(after: .foreignAgain, attemptsLeft: $0) }
      + [.listedAbsent(after: .foreign, attemptsLeft: false)], Transition(state: .failed, reason: .foreign)),
  Row(
    "any but done, a late answer says success: done", [.ready, .leased, .inDoubt, .failed, .cancelled], [.lateSuccess],
    Transition(state: .done)),
  Row("failed, adopted by a person: done", [.failed], [.adopted], Transition(state: .done)),
  Row("failed, run or retry: ready", [.failed], [.requeued(hasID: false)], Transition(state: .ready, due: .now)),
  Row(
    "failed or cancelled with an id, run or retry: looked at first", [.failed, .cancelled], [.requeued(hasID: true)],
    Transition(state: .inDoubt, reason: .conflict)),
  Row(
    "cancelled, retry or in a roster again: ready", [.cancelled], [.requeued(hasID: false)],
    Transition(state: .ready, due: .now)),
  Row(
    "ready, cancelled: cancelled", [.ready], [.cancelled], Transition(state: .cancelled, reason: .cancelled)),
  Row("leased or in doubt, cancelled: flagged", [.leased, .inDoubt], [.cancelled]) {
    Transition(state: $0, flagsCancel: true)
  },
]

private let allEvents: [ItemEvent] =
  [
    .claimed, .listedOurs, .listedForeign, .lateSuccess, .requeued(hasID: false), .requeued(hasID: true), .cancelled,
    .adopted,
  ]
  + Outcome.Kind.allCases.flatMap(answers)
  + LastWord.allCases.flatMap { lastWord in
    [true, false].map { .listedAbsent(after: lastWord, attemptsLeft: $0) }
  }

private func answers(_ kind: Outcome.Kind) -> [ItemEvent] {
  [.answered(kind, earlierUnanswered: false), .answered(kind, earlierUnanswered: true)]
}
