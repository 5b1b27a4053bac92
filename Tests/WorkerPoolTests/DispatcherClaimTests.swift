import Pacing
import Provisioning
import Testing

@testable import DurableQueue
@testable import WorkerPool

/// When and how much is claimed, and what is done where there is nothing to claim.
@Suite struct DispatcherClaimTests {
  private typealias Rig = DispatcherRig

  @Test func `a run without accounts to probe claims twice what may be in flight`() {
    var rig = Rig(Rules(concurrency: 3))
    #expect(rig.post(.started([])) == [.claim(upTo: 6)])
  }

  @Test func `one claim is under way at a time`() {
    var rig = Rig.running()
    #expect(rig.ring(after: .seconds(10)).claim == nil)
  }

  @Test func `a claim is worth a transaction when nothing is in hand, or as many fit as may be in flight`() {
    var rig = Rig.running()
    // Four are sent and four wait for them.
    let actions = rig.claimed((1...8).map { rig.lease($0) }, next: .zero)
    #expect(actions.sent.count == 4 && actions.claim == nil)
    for number in 1...3 as ClosedRange<Int64> { #expect(rig.answer(number, Outcome(.made)).claim == nil, "\(number)") }
    // Four were sent since, one is in hand, three fit; with the next answer four do.
    #expect(rig.answer(4, Outcome(.made)).claim == 4)
  }

  @Test func `the next claim comes a quarter of a second before the next permit`() {
    var rig = Rig.running()
    #expect(rig.claimed([rig.lease(1)], next: .milliseconds(800)).alarm == rig.now + .milliseconds(550))
    #expect(rig.ring(after: .milliseconds(549)).claim == nil)
    #expect(rig.ring(after: .milliseconds(1)).claim == 7)
  }

  @Test func `the limit is looked at every second, however far the next permit is`() {
    var rig = Rig.running()
    #expect(rig.claimed([rig.lease(1)], next: .seconds(30)).alarm == rig.now + .seconds(1))
    #expect(rig.ring(after: .seconds(1)).claim == 7)
  }

  @Test func `where nothing is due before a time, nothing is claimed before it`() {
    var rig = Rig.running()
    let actions = rig.foundNothing([.ready: 1], nextDue: .seconds(20), next: .zero)
    #expect(actions == [.alarm(rig.now + .seconds(20))])
    #expect(rig.ring(after: .seconds(19)).claim == nil)
    #expect(rig.ring(after: .seconds(1)).claim == 8)
  }

  @Test func `an item that comes back is claimed when it is due`() {
    var rig = Rig.sending(2)
    _ = rig.claimed([], rest: Claim.Rest(tally: Tally([.leased: 2])))
    _ = rig.answer(1, Outcome(.quota))
    #expect(rig.settled(.settled(.ready), due: rig.now + .seconds(3)).alarm == rig.now + .seconds(3))
    #expect(rig.ring(after: .seconds(3)).claim == 7)
    var prompt = Rig.sending(2)
    _ = prompt.claimed([], rest: Claim.Rest(tally: Tally([.leased: 2])))
    _ = prompt.answer(1, Outcome(.quota))
    #expect(prompt.settled(.settled(.ready)).claim == 7)
  }

  @Test func `nothing is claimed while the key waits, whoever was told so`() {
    var rig = Rig.running()
    let wait = KeyWait(until: rig.now + .seconds(30), reason: .throttled)
    let actions = rig.claimed([rig.lease(1)], next: .zero, wait: wait)
    #expect(actions.sent.isEmpty)
    #expect(rig.ring(after: .seconds(29)).claim == nil)
    #expect(rig.ring(after: .seconds(1)).claim != nil)
  }

  @Test func `after the last answer a claim tells what is left`() {
    var rig = Rig.sending(1)
    _ = rig.claimed([], rest: Claim.Rest(tally: Tally([.leased: 1])))
    _ = rig.answer(1, Outcome(.made, remoteID: "id"))
    // What the last claim said was before this.
    #expect(rig.settled(.settled(.done)).end == nil)
    #expect(rig.ring(after: .zero).claim == 8)
    #expect(rig.foundNothing([.done: 1]).end == .finished)
  }

  // MARK: - What others hold

  @Test func `what others hold may be a dead process's: it is taken back, and claimed again`() {
    var rig = Rig.running()
    #expect(rig.foundNothing([.leased: 2]) == [.reclaim])
    #expect(rig.post(.reclaimed(2)).claim == 8)
    // Taken back once for a claim: what is still held is a living one's.
    #expect(rig.foundNothing([.inDoubt: 2, .leased: 1], doubts: [Rig.doubt(after: .seconds(60))]).silent.isEmpty)
  }

  @Test func `what a living process holds is looked at again every second`() {
    var rig = Rig.running()
    _ = rig.foundNothing([.leased: 2])
    let actions = rig.post(.reclaimed(0))
    #expect(actions == [.alarm(rig.now + .seconds(1))])
    #expect(rig.ring(after: .seconds(1)) == [.claim(upTo: 8)])
    #expect(rig.foundNothing([.leased: 2]) == [.reclaim])
  }

  @Test func `what is ready and another batch's becomes this one's when nobody works on that`() {
    var rig = Rig.running()
    #expect(rig.foundNothing([.ready: 2]) == [.reclaim])
    #expect(rig.post(.reclaimed(0)) == [.assign])
    #expect(rig.post(.assigned) == [.claim(upTo: 8)])
    #expect(rig.claimed([rig.lease(1), rig.lease(2)]).sent == [1, 2])
  }

  @Test func `what stays another batch's is assigned once for a claim, and looked at again`() {
    var rig = Rig.running()
    _ = rig.foundNothing([.ready: 2, .leased: 1])
    _ = rig.post(.reclaimed(0))
    _ = rig.post(.assigned)
    #expect(rig.foundNothing([.ready: 2, .leased: 1]) == [.reclaim], "what is leased may be a dead one's")
    #expect(rig.post(.reclaimed(0)) == [.alarm(rig.now + .seconds(1))])
    #expect(rig.ring(after: .seconds(1)).claim == 8)
    #expect(rig.foundNothing([.ready: 2]) == [.reclaim])
  }

  @Test func `nothing is taken from others while there is something of our own to do`() {
    var due = Rig.running()
    #expect(due.foundNothing([.ready: 2], nextDue: .seconds(5)).silent.isEmpty)
    var held = Rig.running()
    let hold = AccountHold(account: "acc", reason: .quota, message: nil)
    #expect(!held.foundNothing([.ready: 2], holds: [hold]).contains(.reclaim))
    var claimed = Rig.running()
    #expect(!claimed.claimed([claimed.lease(1)], rest: Claim.Rest(tally: Tally([.leased: 2]))).contains(.reclaim))
  }

  @Test func `a run that ends takes nothing from others`() {
    var rig = Rig.running()
    _ = rig.post(.drainRequested)
    #expect(rig.foundNothing([.leased: 2]).end == .drained)
    var reclaiming = Rig.running()
    _ = reclaiming.foundNothing([.ready: 2])
    #expect(reclaiming.post(.drainRequested).end == nil, "it waits for what is under way")
    #expect(reclaiming.post(.reclaimed(0)).end == .drained)
  }
}
