import Pacing
import Provisioning
import Testing

@testable import DurableQueue
@testable import WorkerPool

/// The probe of each account, the lists that settle what is in doubt, and the details of entries.
@Suite struct DispatcherListTests {
  private typealias Rig = DispatcherRig
  private static let entries = [RemoteItem(id: "1", name: "a"), RemoteItem(id: "2", name: "b")]

  /// A run that probes one account and has asked for its list.
  private func probing(_ rules: Rules = Rules()) -> DispatcherRig {
    var rig = Rig(rules)
    _ = rig.post(.started([Rig.account]))
    _ = rig.permit()
    return rig
  }

  /// A run that has something in doubt and asks for a list now; so many are parked.
  private func listing(parked: Int64 = 0) -> DispatcherRig {
    var rig = Rig.running()
    _ = rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .zero)])
    if parked > 0 { _ = rig.claimed((1...parked).map { rig.lease($0, after: .seconds(5)) }) }
    #expect(rig.permit().contains(.list(Rig.account)))
    return rig
  }

  private func reconciles(_ actions: [Dispatcher.Action]) -> [RemoteItem]? {
    actions.compactMap { if case .reconcile(let list, _) = $0 { list.items } else { nil } }.first
  }

  // MARK: - The probe

  @Test func `each account is listed, each with a permit, before anything is claimed`() {
    var rig = Rig()
    #expect(rig.post(.started([Rig.account, Rig.other])) == [.takePermit])
    #expect(rig.permit() == [.list(Rig.account)])
    #expect(reconciles(rig.listed(Self.entries)) == Self.entries)
    #expect(rig.post(.reconciled(Reconciliation())) == [.takePermit])
    #expect(rig.permit() == [.list(Rig.other)])
    #expect(reconciles(rig.listed(of: Rig.other)) == [])
    #expect(rig.post(.reconciled(Reconciliation())) == [.claim(upTo: 8)])
  }

  @Test func `a list is asked for when its permit starts`() {
    var rig = Rig()
    _ = rig.post(.started([Rig.account]))
    #expect(rig.permit(after: .seconds(2)) == [.alarm(rig.now + .seconds(2))])
    #expect(rig.ring(after: .milliseconds(1_999)).silent.isEmpty)
    #expect(rig.ring(after: .milliseconds(1)) == [.list(Rig.account)])
  }

  @Test func `a permit that was not granted is asked for again when it can be`() {
    var rig = Rig()
    _ = rig.post(.started([Rig.account]))
    let next = rig.now + .seconds(5)
    #expect(rig.post(.permitAnswered(Permit(start: nil, next: next))) == [.alarm(next - Quota.longestHorizon)])
    #expect(rig.ring(after: .milliseconds(4_499)).silent.isEmpty)
    #expect(rig.ring(after: .milliseconds(1)) == [.takePermit])
  }

  @Test func `a list waits for what the key waits for, and a probe no longer than the run does`() {
    for (seconds, isEnd) in [(30, false), (700, true)] {
      var rig = Rig()
      _ = rig.post(.started([Rig.account]))
      let wait = KeyWait(until: rig.now + .seconds(seconds), reason: .throttled)
      let actions = rig.post(.permitAnswered(Permit(start: rig.now, next: rig.now, wait: wait)))
      #expect(actions.silent == (isEnd ? [.finish(.paused(wait, until: wait.until))] : []))
      #expect(actions.alarm == wait.until)
      if !isEnd { #expect(rig.ring(after: .seconds(30)) == [.list(Rig.account)]) }
    }
  }

  @Test func `a probe that is not whole is asked for three times, then the run goes on and names the account`() {
    var rig = Rig()
    _ = rig.post(.started([Rig.account]))
    for wait in [1, 2] {
      _ = rig.permit()
      _ = rig.listed(isWhole: false)
      #expect(rig.post(.reconciled(Reconciliation())) == [.alarm(rig.now + .seconds(wait))])
      #expect(rig.ring(after: .seconds(wait)) == [.takePermit])
      #expect(rig.dispatcher.lists.neverWhole.isEmpty)
    }
    _ = rig.permit()
    _ = rig.listed(isWhole: false)
    #expect(rig.post(.reconciled(Reconciliation())) == [.claim(upTo: 8)])
    #expect(rig.dispatcher.lists.neverWhole == ["acc"])
    // A whole one, later, says that it is.
    _ = rig.listed()
    #expect(rig.dispatcher.lists.neverWhole.isEmpty)
  }

  @Test(arguments: [Outcome.Kind.refused, .accountRefused, .quota])
  func `an account whose list is refused is held, and the others are worked on`(kind: Outcome.Kind) {
    var rig = probing()
    let outcome = Outcome(kind == .refused ? .accountRefused : kind, message: "no")
    #expect(rig.listFailed(Outcome(kind, message: "no")) == [.holdAccount(Rig.account, outcome)])
    #expect(rig.post(.listApplied) == [.claim(upTo: 8)])
    // It is held to the end of the run, also where the queue knows of no hold, and not listed for what is in doubt.
    _ = rig.foundNothing([.ready: 1, .inDoubt: 1], doubts: [Rig.doubt(after: .zero)])
    _ = rig.post(.reclaimed(0))
    _ = rig.post(.assigned)
    let end = rig.foundNothing([.ready: 1, .inDoubt: 1], doubts: [Rig.doubt(after: .zero)]).end
    let reason = Reason(outcome.kind) ?? .accountRefused
    #expect(end == .held([AccountHold(account: "acc", reason: reason, message: "no")]))
  }

  @Test(arguments: [Outcome.Kind.denied, .notOffered, .misdirected])
  func `a list that every request would fare like ends the run`(kind: Outcome.Kind) {
    var rig = probing()
    #expect(rig.listFailed(Outcome(kind)) == [.finish(.halted(Outcome(kind)))])
  }

  @Test func `a key quota that a list finds used up ends the run`() {
    var rig = probing()
    let wait = KeyWait(until: rig.now + .seconds(60), reason: .keyQuota)
    #expect(rig.listFailed(Outcome(.keyQuota, retryAfter: .seconds(60))) == [.finish(.paused(wait, until: wait.until))])
  }

  @Test func `a page in place of the first list is judged by its status, later it is waited for`() {
    for (status, kind) in [(401, Outcome.Kind.denied), (403, .denied), (404, .notOffered), (302, .misdirected)] {
      let page = Outcome(.foreign, status: status)
      var first = probing()
      guard case .halted(let outcome)? = first.listFailed(page).end else {
        Issue.record("\(status): it went on")
        continue
      }
      #expect(outcome.kind == kind)
      var later = listing()
      #expect(later.listFailed(page).end == nil, "\(status)")
    }
    var portal = probing()
    #expect(portal.listFailed(Outcome(.foreign, status: 200)).end == nil)
  }

  @Test(arguments: [Outcome.Kind.unknown, .unreachable, .foreign])
  func `a list that does not come holds everything and is asked for again`(kind: Outcome.Kind) {
    var rig = listing(parked: 2)
    let until = rig.now + .seconds(1)
    let actions = rig.listFailed(Outcome(kind, status: 200))
    #expect(actions.contains { if case .holdKey(let wait) = $0 { wait.wait.until == until } else { false } })
    // What was claimed has permits from before the wait, and no answer that is unknown.
    #expect(actions.released.count == 2)
    #expect(actions.released.allSatisfy { $0.reason == (kind == .unreachable ? .unreachable : .notSent) })
    #expect(rig.ring(after: .milliseconds(999)).silent.isEmpty)
    #expect(rig.ring(after: .milliseconds(1)).claim == 8)
    #expect(rig.ring(after: .seconds(14)).contains(.takePermit), "a quarter of the settle delay after the last")
    var first = probing()
    #expect(first.listFailed(Outcome(kind, status: 200)).alarm == first.now + .seconds(1))
    #expect(first.ring(after: .seconds(1)) == [.takePermit])
  }

  @Test func `something that is there twice ends the run`() {
    var rig = probing()
    _ = rig.listed(Self.entries)
    #expect(rig.post(.reconciled(Reconciliation(duplicateNames: ["a"]))) == [.finish(.duplicates(["a"]))])
  }

  // MARK: - Details

  @Test func `entries that do not look like ours are asked for one by one, then the list is looked at again`() {
    var rig = listing()
    _ = rig.listed(Self.entries)
    #expect(rig.post(.reconciled(Reconciliation(differing: Self.entries))).contains(.takePermit))
    #expect(rig.permit().contains(.detail(Self.entries[0])))
    var first = Self.entries[0]
    first.detail = "{}"
    #expect(rig.post(.detailed(.told(first))).contains(.takePermit))
    #expect(rig.permit().contains(.detail(Self.entries[1])))
    // The second one is not there any more.
    #expect(reconciles(rig.post(.detailed(.failed(Outcome(.refused))))) == [first, Self.entries[1]])
    // What has not come by then waits for the next list.
    let actions = rig.post(.reconciled(Reconciliation(differing: [Self.entries[1]])))
    #expect(!actions.contains(.takePermit) && rig.dispatcher.lists.open == nil)
  }

  @Test func `a detail that does not come holds everything, and is asked for again`() {
    var rig = listing(parked: 2)
    _ = rig.listed(Self.entries)
    _ = rig.post(.reconciled(Reconciliation(differing: Self.entries)))
    _ = rig.permit()
    let actions = rig.post(.detailed(.failed(Outcome(.unknown))))
    #expect(actions.contains { if case .holdKey = $0 { true } else { false } })
    #expect(actions.released.count == 2, "one of them may be what the list has shown")
    _ = rig.ring(after: .seconds(1))
    #expect(rig.permit().contains(.detail(Self.entries[0])))
  }

  @Test func `a detail that nobody waits for any more changes nothing`() {
    var rig = Rig.running()
    let before = rig.dispatcher.lists
    _ = rig.post(.detailed(.told(Self.entries[0])))
    #expect(rig.dispatcher.lists == before)
  }

  // MARK: - Doubts

  @Test func `what is in doubt is listed for when it is late enough, the earliest account first`() {
    var rig = Rig.running()
    let doubts = [Rig.doubt(Rig.other, after: .seconds(60)), Rig.doubt(after: .seconds(40))]
    #expect(rig.foundNothing([.inDoubt: 2], doubts: doubts) == [.alarm(rig.now + .seconds(40))])
    #expect(rig.ring(after: .milliseconds(39_999)).silent.isEmpty)
    #expect(rig.ring(after: .milliseconds(1)).contains(.takePermit))
    #expect(rig.permit().contains(.list(Rig.account)))
  }

  @Test func `an account is not listed again before a quarter of the settle delay`() {
    var rig = listing()
    _ = rig.listed()
    _ = rig.post(.reconciled(Reconciliation()))
    #expect(
      rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .zero)]) == [.alarm(rig.now + .seconds(15))])
  }

  @Test func `a list says what the run knows of doubts that the clocks cannot tell of`() throws {
    var rig = Rig.running()
    let doubt = UnprovenDoubt(item: ItemID(1), version: 3, delay: .seconds(60))
    _ = rig.foundNothing(
      [.inDoubt: 1], doubts: [Doubt(account: Rig.account, remaining: nil, unproven: [doubt])])
    let read = rig.moment.sinceBoot.elapsed
    _ = rig.ring(after: .seconds(60))
    _ = rig.permit()
    let list = try #require(
      rig.listed().compactMap { if case .reconcile(let list, _) = $0 { list } else { nil } }.first)
    #expect(list.watch.firstRead(of: ItemID(1), version: 3) == read && list.asked == rig.moment)
  }

  @Test func `a permit that nobody needs any more is let go of`() {
    var rig = Rig.running()
    _ = rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .zero)])
    _ = rig.permit(after: .seconds(20))
    // Another process has settled it meanwhile.
    #expect(rig.foundNothing([.done: 1]).end == .finished)
  }

  @Test func `what a list has settled is claimed at once`() {
    var rig = listing()
    _ = rig.listed()
    #expect(rig.post(.reconciled(Reconciliation(moved: [.ready: 1]))).claim == 8)
  }
}
