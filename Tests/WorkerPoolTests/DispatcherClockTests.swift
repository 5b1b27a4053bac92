import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore
@testable import WorkerPool

/// A clock that is set while a run is under way, event in and actions out.
@Suite struct DispatcherClockTests {
  private static let quota = Quota(rate: Rate("2/s") ?? .untilLearned, burst: 2)
  private static let account = AccountScopeID(1)
  private let time = ManualTimeSource()
  private let scope = KeyScopeID(1)

  private func lease(_ number: Int64, after delay: Duration) -> Lease {
    Lease(
      handle: .init(item: ItemID(number), ordinal: 1, version: 2), account: Self.account, name: "n\(number)",
      definition: "{}", start: time.now() + delay)
  }

  /// A dispatcher that runs, with these leases in hand.
  private func running(_ leases: [Lease]) -> Dispatcher {
    var dispatcher = Dispatcher(rules: Rules(), scope: scope, generator: SeededGenerator(seed: 1))
    _ = dispatcher.handle(.started([]), at: time.moment())
    var claim = Claim(leases: leases, quota: Self.quota, nextPermit: time.now() + .seconds(1))
    claim.rest = Claim.Rest(tally: Tally([.leased: max(1, leases.count)]))
    _ = dispatcher.handle(.claimed(claim), at: time.moment())
    return dispatcher
  }

  private func released(_ actions: [Dispatcher.Action]) -> Int {
    actions.count { if case .settle(let answer, _) = $0 { answer.outcome.kind == .notSent } else { false } }
  }

  @Test(arguments: [-86_400.0, -0.3, 0.3, 86_400])
  func `what is parked is given back when the clock is set, and the file is put right`(step: Double) {
    var dispatcher = running([lease(1, after: .milliseconds(400)), lease(2, after: .milliseconds(450))])
    time.set(time.now() + .microseconds(Int64(step * 1_000_000)))
    let actions = dispatcher.handle(.rang, at: time.moment())
    #expect(actions.first == .rightInstants && released(actions) == 2, "\(actions)")
  }

  @Test func `steps too small to matter are noticed when they have added up`() {
    var dispatcher = running([lease(1, after: .milliseconds(490))])
    for count in 1...5 {
      time.set(time.now() - .milliseconds(15))
      let actions = dispatcher.handle(.rang, at: time.moment())
      #expect(actions.contains(.rightInstants) == (count == 4), "after \(count) steps: \(actions)")
    }
  }

  @Test func `a clock that runs is not set`() {
    var dispatcher = running([lease(1, after: .milliseconds(400))])
    time.advance(by: .milliseconds(100))
    let actions = dispatcher.handle(.rang, at: time.moment())
    #expect(!actions.contains(.rightInstants) && released(actions) == 0)
  }

  @Test(arguments: [-86_400, -60, 60, 86_400])
  func `a wait lasts as long as it was meant, whatever is done to the clock`(step: Int) {
    var dispatcher = running([lease(1, after: .zero)])
    #expect(dispatcher.inFlight.count == 1)
    let throttled = Outcome(.throttled, retryAfter: .seconds(100))
    _ = dispatcher.handle(.answered(lease(1, after: .zero), throttled, latency: .zero), at: time.moment())
    #expect(dispatcher.pace.waitEnd == time.now() + .seconds(100))
    time.advance(by: .seconds(10))
    time.set(time.now() + .seconds(step))
    _ = dispatcher.handle(.rang, at: time.moment())
    #expect(dispatcher.pace.waitEnd == time.now() + .seconds(90))
  }

  @Test func `a list during which the clock was set is asked for again`() {
    var dispatcher = Dispatcher(rules: Rules(), scope: scope, generator: SeededGenerator(seed: 1))
    let account = BatchAccount(scope: Self.account, account: "acc")
    #expect(dispatcher.handle(.started([account]), at: time.moment()) == [.takePermit])
    let permit = Permit(start: time.now(), next: time.now() + .seconds(1))
    #expect(dispatcher.handle(.permitAnswered(permit), at: time.moment()) == [.list(account)])
    let asked = time.moment()
    time.set(time.now() + .seconds(5))
    let reply = ListReply.listed([], isWhole: true, clockSkew: .seconds(5))
    let actions = dispatcher.handle(.listed(account, reply, asked: asked), at: time.moment())
    #expect(!actions.contains { if case .reconcile = $0 { true } else { false } }, "\(actions)")
  }

  @Test func `a doubt whose age nobody can tell is listed for when the run has waited itself`() {
    var dispatcher = running([])
    let account = BatchAccount(scope: Self.account, account: "acc")
    let unproven = UnprovenDoubt(item: ItemID(1), version: 3, delay: .seconds(60))
    var claim = Claim(leases: [], quota: Self.quota, nextPermit: time.now())
    for second in stride(from: 0, through: 40, by: 20) {
      claim.rest = Claim.Rest(
        tally: Tally([.inDoubt: 1]), doubts: [Doubt(account: account, remaining: nil, unproven: [unproven])])
      _ = dispatcher.handle(.claimed(claim), at: time.moment())
      #expect(dispatcher.nextReconcile?.due == time.now() + .seconds(60 - second), "\(second) s")
      time.advance(by: .seconds(20))
    }
  }

  @Test(arguments: [-200, -0.3, 0.3, 86_400])
  func `what was claimed or permitted by a clock that was set meanwhile is given back`(step: Double) {
    for isNoticedFirst in [true, false] {
      var dispatcher = running([])
      time.advance(by: .seconds(2))
      _ = dispatcher.handle(.rang, at: time.moment())
      var claim = Claim(
        leases: [lease(1, after: .milliseconds(300))], quota: Self.quota, nextPermit: time.now() + .seconds(1))
      claim.at = time.moment()
      claim.wait = KeyWait(until: time.now() + .seconds(500), reason: .throttled)
      time.set(time.now() + .microseconds(Int64(step * 1_000_000)))
      // Another event may come before the claim's.
      if isNoticedFirst { _ = dispatcher.handle(.rang, at: time.moment()) }
      let actions = dispatcher.handle(.claimed(claim), at: time.moment())
      #expect(released(actions) == 1, "\(actions)")
      #expect(dispatcher.parked.isEmpty && dispatcher.pace.waitEnd == nil)
      #expect(actions.contains { if case .claim = $0 { true } else { false } }, "it claims again: \(actions)")
    }
    var dispatcher = Dispatcher(rules: Rules(), scope: scope, generator: SeededGenerator(seed: 1))
    _ = dispatcher.handle(.started([BatchAccount(scope: Self.account, account: "acc")]), at: time.moment())
    let permit = Permit(start: time.now(), next: time.now() + .seconds(1), at: time.moment())
    time.set(time.now() + .microseconds(Int64(step * 1_000_000)))
    #expect(dispatcher.handle(.permitAnswered(permit), at: time.moment()).contains(.takePermit))
  }

  @Test func `a settle delay that is longer than a run waits is told as that`() {
    var dispatcher = running([])
    let account = BatchAccount(scope: Self.account, account: "acc")
    var claim = Claim(leases: [], quota: Self.quota, nextPermit: time.now())
    claim.rest = Claim.Rest(
      tally: Tally([.inDoubt: 1]), doubts: [Doubt(account: account, remaining: .seconds(1_800))])
    let actions = dispatcher.handle(.claimed(claim), at: time.moment())
    #expect(actions.contains(.finish(.settling(until: time.now() + .seconds(1_800)))), "\(actions)")
  }

  // MARK: - What goes along

  @Test(arguments: [-86_400, 86_400])
  func `everything that a run waits for goes along with the clock`(step: Int) {
    let step = Duration.seconds(step)
    var rules = Rules(concurrency: 2)
    rules.haltAfter = 1
    var rig = DispatcherRig.sending(2, rules)
    let sentAt = rig.now
    rig.setClock(by: step)
    _ = rig.ring(after: .seconds(1))
    #expect(rig.dispatcher.inFlight.values.allSatisfy { $0 == sentAt + step })
    rig.finish(1, .refused, as: .failed)
    let until = rig.now + .seconds(660)
    #expect(rig.dispatcher.phase == .closing(.tooManyFailed(1), until: until))
    rig.setClock(by: step)
    _ = rig.ring(after: .seconds(1))
    #expect(rig.dispatcher.phase == .closing(.tooManyFailed(1), until: until + step))
    _ = rig.post(.drainRequested)
    let drain = rig.now + .seconds(25)
    rig.setClock(by: step)
    #expect(rig.ring(after: .seconds(1)).alarm == drain + step)
  }

  @Test(arguments: [-86_400, 86_400])
  func `a list, its permit and the wait for others go along too`(step: Int) {
    let step = Duration.seconds(step)
    var others = DispatcherRig.running()
    _ = others.foundNothing([.leased: 1])
    _ = others.post(.reclaimed(0))
    let since = others.now
    others.setClock(by: step)
    _ = others.ring(after: .seconds(1))
    #expect(others.dispatcher.others == .hold(Tally([.leased: 1]), since: since + step))
    var rig = DispatcherRig.running()
    _ = rig.foundNothing([.inDoubt: 1], doubts: [DispatcherRig.doubt(after: .zero)])
    _ = rig.permit()
    _ = rig.listed()
    _ = rig.post(.reconciled(Reconciliation()))
    let listed = rig.now
    _ = rig.foundNothing([.inDoubt: 1], doubts: [DispatcherRig.doubt(after: .seconds(30))])
    rig.setClock(by: step)
    _ = rig.ring(after: .seconds(1))
    #expect(rig.dispatcher.lists.lastListed[DispatcherRig.account] == listed + step)
    #expect(rig.dispatcher.lists.lack == .decisions(since: listed + step))
    #expect(rig.dispatcher.nextReconcile?.due == listed + .seconds(30) + step)
    _ = rig.ring(after: .seconds(29))
    let start = rig.now + .seconds(10)
    _ = rig.permit(after: .seconds(10))
    rig.setClock(by: step)
    _ = rig.ring(after: .seconds(1))
    #expect(rig.dispatcher.lists.step == .waiting(start: start + step))
  }

  @Test(arguments: [-86_400, 86_400]) func `a claim that was to come later comes at once`(step: Int) {
    var rig = DispatcherRig.sending(1)
    rig.setClock(by: .seconds(step))
    #expect(rig.ring(after: .milliseconds(1)).claim == 7)
  }

  @Test func `the deadline is by people's clock`() {
    var rules = Rules()
    rules.deadline = DispatcherRig().now + .seconds(100)
    var rig = DispatcherRig.running(rules)
    _ = rig.foundNothing([.ready: 1], nextDue: .seconds(200))
    rig.setClock(by: .seconds(90))
    #expect(rig.ring(after: .seconds(9)).end == nil)
    _ = rig.foundNothing([.ready: 1], nextDue: .seconds(200))
    #expect(rig.ring(after: .seconds(1)).end == .deadline(rig.now))
  }
}
