import Pacing
import Provisioning
import Testing

@testable import DurableQueue
@testable import WorkerPool

/// What is in doubt is settled before a person is called, as far as lists come.
@Suite struct DispatcherClosingTests {
  private typealias Rig = DispatcherRig
  private static let hold = AccountHold(account: "acc", reason: .quota, message: nil)

  /// A run that is closing because a row has failed, with one request in flight and one in doubt.
  private func closing() -> DispatcherRig {
    var rules = Rules()
    rules.haltAfter = 1
    var rig = Rig.sending(8, rules)
    _ = rig.answer(1, Outcome(.unknown))
    _ = rig.settled(.settled(.inDoubt))
    rig.finish(3)
    rig.finish(4)
    _ = rig.answer(2, Outcome(.refused))
    _ = rig.settled(.settled(.failed))
    for number in 5...7 as ClosedRange<Int64> { rig.finish(number) }
    #expect(rig.dispatcher.isClosing(rig.dispatcher.phase))
    return rig
  }

  /// The same with nothing in flight.
  private func quiet() -> DispatcherRig {
    var rig = closing()
    while let lease = rig.dispatcher.inFlight.keys.first { rig.finish(lease.item.rawValue) }
    while rig.dispatcher.settlingCount > 0 { _ = rig.settled(.settled(.ready)) }
    return rig
  }

  @Test func `nothing is sent any more, and what was claimed is given back`() {
    var rig = closing()
    let actions = rig.claimed([rig.lease(9)])
    #expect(actions.sent.isEmpty && actions.released.count == 1)
  }

  @Test func `it waits for what is in flight, looks what is left, lists, and ends`() {
    var rig = quiet()
    #expect(rig.dispatcher.claimStep == .claiming(after: .none))
    let actions = rig.foundNothing([.inDoubt: 1, .failed: 1], doubts: [Rig.doubt(after: .seconds(60))])
    #expect(actions == [.alarm(rig.now + .seconds(60))])
    #expect(rig.ring(after: .seconds(60)) == [.takePermit])
    #expect(rig.permit() == [.list(Rig.account)])
    _ = rig.listed()
    #expect(rig.post(.reconciled(Reconciliation(moved: [.done: 1]))) == [.claim(upTo: 0)])
    #expect(rig.foundNothing([.done: 1, .failed: 1]) == [.finish(.tooManyFailed(1))])
  }

  @Test func `it does not wait for a list that comes later than it may wait`() {
    var rig = quiet()
    #expect(
      rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .seconds(700))]).end == .tooManyFailed(1))
  }

  @Test func `it ends at its own deadline, whatever is in doubt`() {
    var rig = quiet()
    _ = rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .seconds(100))])
    #expect(rig.ring(after: .seconds(660)).end == .tooManyFailed(1))
  }

  @Test func `what a dead process holds is taken back before a person is called`() {
    var rig = quiet()
    #expect(rig.foundNothing([.leased: 1, .failed: 1]) == [.reclaim])
    #expect(rig.post(.reclaimed(1)) == [.claim(upTo: 0)])
    _ = rig.foundNothing([.inDoubt: 1, .failed: 1], doubts: [Rig.doubt(after: .seconds(60))])
    #expect(rig.dispatcher.isClosing(rig.dispatcher.phase))
  }

  @Test func `a person who stops it, a refusal of everything and a failure say more; a wait does not`() {
    let failure = QueueError(.other, path: "/q", detail: "d")
    var drained = quiet()
    _ = drained.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .seconds(60))])
    var (halted, failed, paused) = (drained, drained, drained)
    #expect(drained.post(.drainRequested).end == .drained)
    for rig in [0, 1] {
      _ = rig == 0 ? halted.ring(after: .seconds(60)) : paused.ring(after: .seconds(60))
      _ = rig == 0 ? halted.permit() : paused.permit()
    }
    #expect(halted.listFailed(Outcome(.denied)).end == .halted(Outcome(.denied)))
    #expect(failed.post(.queueFailed(failure, during: .list)).end == .failed(failure))
    #expect(paused.listFailed(Outcome(.throttled, retryAfter: .seconds(3_000))).end == .tooManyFailed(1))
  }

  @Test func `which ends settle first`() {
    let wait = KeyWait(until: .min, reason: .throttled)
    let closing: [RunEnd] = [.held([Self.hold]), .duplicates(["a"]), .othersHold, .tooManyFailed(1)]
    let ending: [RunEnd] = [
      .finished, .halted(Outcome(.denied)), .paused(wait, until: nil), .settling(until: .min), .undecided, .drained,
      .failed(QueueError(.other, path: "/q", detail: "d")), .deadline(.min),
    ]
    #expect(closing.allSatisfy(\.settlesDoubtsFirst) && !ending.contains(where: \.settlesDoubtsFirst))
  }
}
