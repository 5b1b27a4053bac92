import Pacing
import Provisioning
import Testing

@testable import DurableQueue
@testable import WorkerPool

/// What is sent and when, and what answers are written with.
@Suite struct DispatcherSendTests {
  private typealias Rig = DispatcherRig

  @Test func `what was claimed is sent in the order of its starts, and not before them`() {
    var rig = Rig.running()
    let actions = rig.claimed([rig.lease(2, after: .milliseconds(300)), rig.lease(1, after: .milliseconds(100))])
    #expect(actions == [.alarm(rig.now + .milliseconds(100))])
    #expect(rig.ring(after: .milliseconds(99)).sent.isEmpty)
    #expect(rig.ring(after: .milliseconds(1)).sent == [1])
    #expect(rig.ring(after: .milliseconds(200)).sent == [2])
  }

  @Test func `no more than the concurrency are in flight`() {
    var rig = Rig.running(Rules(concurrency: 2))
    #expect(rig.claimed((1...4).map { rig.lease($0) }).sent == [1, 2])
    #expect(rig.answer(1, Outcome(.made)).sent == [3])
    #expect(rig.answer(2, Outcome(.made)).sent == [4])
  }

  @Test func `starts that are late do not bunch up`() {
    let quota = Quota(rate: Rate("10/s") ?? .untilLearned, burst: 1)
    var rig = Rig.running(Rules(concurrency: 8))
    let leases = (1...4).map { rig.lease($0, after: .milliseconds(100) * Int($0)) }
    _ = rig.claimed(leases, quota: quota)
    // A stall: all four are due, and one may start every 100 ms.
    #expect(rig.ring(after: .milliseconds(420)).sent == [1])
    #expect(rig.ring(after: .milliseconds(99)).sent.isEmpty)
    #expect(rig.ring(after: .milliseconds(1)).sent == [2])
  }

  @Test func `a permit whose moment is long over is given back`() {
    var rig = Rig.running(Rules(concurrency: 1))
    _ = rig.claimed([rig.lease(1), rig.lease(2), rig.lease(3, after: .milliseconds(500))])
    let actions = rig.ring(after: .milliseconds(501))
    #expect(actions.released.map(\.lease.item) == [ItemID(2)])
    #expect(rig.answer(1, Outcome(.made)).sent == [3])
  }

  @Test func `what was taken under a much slower limit does not hold a faster one back`() {
    let slow = Quota(rate: Rate("6/m") ?? .untilLearned, burst: 1)
    let fast = Quota(rate: Rate("10/s") ?? .untilLearned, burst: 1)
    var rig = Rig.sending(1, quota: slow)
    #expect(rig.claimed([rig.lease(2)], quota: slow).sent.isEmpty)
    _ = rig.post(.rang, after: .seconds(1))
    // Given back as stale; claimed anew under the faster limit it goes out within a tenth of a second.
    _ = rig.claimed([rig.lease(3)], quota: fast)
    #expect(rig.ring(after: .milliseconds(100)).sent == [3])
  }

  @Test func `a run that adapts sends as many at once as the pace needs at the latency that it sees`() {
    var rules = Rules(concurrency: 2)
    rules.adaptsConcurrency = true
    let quota = Quota(rate: Rate("10/s") ?? .untilLearned, burst: 100)
    var rig = Rig.sending(2, rules, quota: quota)
    // 10 a second at 1 s: 10 × 1.5 and one more.
    _ = rig.answer(1, Outcome(.made), latency: .seconds(1))
    #expect(rig.ring(after: .seconds(1)).claim == 2 * 16 - 1)
    var steady = Rig.sending(2, Rules(concurrency: 2), quota: quota)
    _ = steady.answer(1, Outcome(.made), latency: .seconds(1))
    #expect(steady.ring(after: .seconds(1)).claim == 3, "a person has said how many")
    var most = Rig.sending(2, rules, quota: Rig.quick)
    _ = most.answer(1, Outcome(.made), latency: .seconds(1))
    #expect(most.ring(after: .seconds(1)).claim == 2 * Rules.mostConcurrency - 1)
    // One slow answer after a quick one changes little: the latency is smoothed.
    var smooth = Rig.sending(2, rules, quota: quota)
    _ = smooth.answer(1, Outcome(.made), latency: .milliseconds(100))
    _ = smooth.answer(2, Outcome(.made), latency: .milliseconds(900))
    #expect(smooth.dispatcher.usualLatency == .milliseconds(200))
  }

  // MARK: - Answers

  @Test func `an answer is written to its lease, with its latency and nothing else`() {
    var rig = Rig.sending(1)
    let outcome = Outcome(.made, remoteID: "id")
    let lease = rig.lease(1)
    let actions = rig.answer(1, outcome, latency: .milliseconds(7))
    #expect(actions.settled == [Answer(lease: lease.handle, outcome: outcome, latency: .milliseconds(7))])
  }

  @Test func `only the service's own answers teach the limit, and only where nobody has said one`() {
    for kind in Outcome.Kind.allCases where !kind.haltsRun {
      var rig = Rig.running()
      _ = rig.claimed([rig.lease(1)], isLearning: true)
      let teaches = rig.answer(1, Outcome(kind)).settled.first?.teaches
      #expect(teaches == ([.made, .refused, .exists].contains(kind) ? Rig.scope : nil), "\(kind)")
    }
    var told = Rig.sending(1)
    #expect(told.answer(1, Outcome(.made)).settled.first?.teaches == nil)
  }

  @Test(arguments: [Outcome.Kind.quota, .accountRefused])
  func `an account that may make no more gets back what was claimed of it, and no other does`(kind: Outcome.Kind) {
    var rig = Rig.running(Rules(concurrency: 1))
    _ = rig.claimed([rig.lease(1), rig.lease(2), rig.lease(3, of: Rig.other)])
    let actions = rig.answer(1, Outcome(kind))
    #expect(actions.released.map(\.lease.item) == [ItemID(2)] && actions.released.first?.reason == Reason(kind))
    #expect(actions.sent == [3])
  }

  @Test func `what was made and what failed is counted, however it was settled`() {
    var rig = Rig.sending(4)
    rig.finish(1)
    rig.finish(2, .refused, as: .failed)
    _ = rig.answer(3, Outcome(.made))
    _ = rig.settled(.overtaken(.done))
    _ = rig.answer(4, Outcome(.refused))
    _ = rig.settled(.overtaken(.failed))
    #expect(rig.dispatcher.madeCount == 2 && rig.dispatcher.failedCount == 1)
    _ = rig.post(.reconciled(Reconciliation(moved: [.done: 3, .failed: 2])))
    #expect(rig.dispatcher.madeCount == 5 && rig.dispatcher.failedCount == 3)
  }

  // MARK: - Answers that are not the service's

  private static let page: Outcome = {
    var page = Outcome(.foreign, message: "HTTP 200, a web page")
    page.page = ForeignPage(contentType: "text/html", title: "t")
    return page
  }()

  /// A run in which so many rows were answered by a page.
  private func answered(_ count: Int64, thenBy last: Outcome? = nil) -> DispatcherRig {
    var rig = Rig.sending(20, Rules(concurrency: 20))
    for number in 1...count { _ = rig.answer(number, Self.page) }
    if let last { _ = rig.answer(19, last) }
    return rig
  }

  private func isEnding(_ rig: DispatcherRig) -> Bool {
    if case .ending(.paused(let wait, nil), _) = rig.dispatcher.phase { wait?.reason == .foreign } else { false }
  }

  @Test func `ten different rows in a row that a page has answered end the run`() {
    #expect(!isEnding(answered(9)))
    #expect(isEnding(answered(10)))
  }

  @Test func `one row that a page answers again and again is that row's matter`() {
    var rig = answered(9)
    for _ in 1...20 {
      _ = rig.claimed([rig.lease(9)])
      _ = rig.answer(9, Self.page)
    }
    #expect(!isEnding(rig))
  }

  @Test(arguments: [Outcome.Kind.made, .refused, .throttled, .quota])
  func `an answer of the service in between begins the count anew`(kind: Outcome.Kind) {
    var rig = answered(9, thenBy: Outcome(kind))
    _ = rig.answer(10, Self.page)
    #expect(!isEnding(rig))
  }

  @Test(arguments: [Outcome.Kind.unknown, .unreachable, .notSent])
  func `no answer in between does not`(kind: Outcome.Kind) {
    var rig = answered(9, thenBy: Outcome(kind))
    _ = rig.answer(10, Self.page)
    #expect(isEnding(rig))
  }

  @Test func `a throttle that a page says is no answer of the service`() {
    var throttle = Outcome(.throttled)
    throttle.page = Self.page.page
    var rig = answered(9, thenBy: throttle)
    _ = rig.answer(10, Self.page)
    #expect(isEnding(rig))
  }
}
