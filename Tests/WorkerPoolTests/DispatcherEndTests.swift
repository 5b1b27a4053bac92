import Pacing
import Provisioning
import Testing

@testable import DurableQueue
@testable import WorkerPool

/// How a run ends, and what it still does before it has.
@Suite struct DispatcherEndTests {
  private typealias Rig = DispatcherRig
  private static let hold = AccountHold(account: "acc", reason: .quota, message: nil)
  private static let failure = QueueError(.other, path: "/q", detail: "d")

  // MARK: - Why

  @Test func `a batch without an unfinished item is finished`() {
    var rig = Rig.running()
    #expect(rig.foundNothing([.done: 1, .failed: 2, .cancelled: 3]) == [.finish(.finished)])
  }

  @Test func `what can be sent only later than a run waits ends it`() {
    for (due, isEnd) in [(600, false), (601, true)] {
      var rig = Rig.running()
      let end = rig.foundNothing([.ready: 1], nextDue: .seconds(due), next: .zero).end
      #expect(end == (isEnd ? .paused(nil, until: rig.now + .seconds(due)) : nil), "\(due) s")
    }
    // A limit over a long period counts, and the look every second does not hide it.
    var limited = Rig.running()
    let permit = Duration.seconds(3_600)
    let end = limited.foundNothing([.ready: 1], nextDue: .zero, next: permit).end
    #expect(end == .paused(nil, until: limited.now + permit - .milliseconds(250)))
  }

  @Test func `what can be looked for only later than a run waits is told as that`() {
    for (delay, isEnd) in [(600, false), (601, true)] {
      var rig = Rig.running()
      let end = rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .seconds(delay))]).end
      #expect(end == (isEnd ? .settling(until: rig.now + .seconds(delay)) : nil), "\(delay) s")
    }
  }

  @Test func `lists that settle nothing for longer than a run waits end it`() {
    func rounds(_ moved: [ItemState: Int]) -> (RunEnd?, Duration) {
      let rules = Rules(maxWait: .seconds(10), reconcile: ReconcileRules(settleDelay: .seconds(4)))
      var rig = Rig.running(rules)
      let start = rig.now
      for _ in 1...40 {
        if let end = rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .zero)]).end {
          return (end, rig.now - start)
        }
        if rig.dispatcher.lists.step == .idle { _ = rig.ring(after: .seconds(1)) }
        _ = rig.permit()
        _ = rig.listed()
        _ = rig.post(.reconciled(Reconciliation(moved: moved)))
      }
      return (nil, rig.now - start)
    }
    let (end, length) = rounds([:])
    #expect(end == .undecided && length > .seconds(14) && length < .seconds(17), "\(length)")
    #expect(rounds([.ready: 1]).0 == nil, "they settle something")
  }

  @Test func `a batch of which only held accounts have something left is held`() {
    var rig = Rig.running()
    #expect(rig.foundNothing([.ready: 1], holds: [Self.hold]).end == .held([Self.hold]))
    var shared = Rig.running()
    _ = shared.foundNothing([.ready: 1, .leased: 1], holds: [Self.hold])
    #expect(shared.post(.reclaimed(0)).end == nil, "somebody is at work on it")
  }

  @Test func `others who hold what is left are waited for as long as they get on`() {
    var rig = Rig.running(Rules(maxWait: .seconds(5)))
    var end: RunEnd?
    /// So many seconds with a tally.
    func look(_ leased: Int, _ count: Int) {
      for _ in 1...count where end == nil {
        end = rig.foundNothing([.leased: leased]).end
        end = end ?? rig.post(.reclaimed(0)).end
        _ = rig.ring(after: .seconds(1))
      }
    }
    for leased in (1...6).reversed() { look(leased, 5) }
    #expect(end == nil)
    look(1, 3)
    #expect(end == .othersHold)
  }

  @Test func `what came of our own in between begins the wait for others anew`() {
    var rig = Rig.running(Rules(maxWait: .seconds(5)))
    for _ in 1...5 {
      _ = rig.foundNothing([.leased: 1])
      _ = rig.post(.reclaimed(0))
      _ = rig.ring(after: .seconds(1))
    }
    _ = rig.claimed([rig.lease(1)])
    rig.finish(1)
    _ = rig.foundNothing([.leased: 1])
    #expect(rig.post(.reclaimed(0)).end == nil)
    _ = rig.ring(after: .seconds(5))
    _ = rig.foundNothing([.leased: 1])
    #expect(rig.post(.reclaimed(0)).end == nil)
  }

  @Test(arguments: [Outcome.Kind.denied, .notOffered, .misdirected])
  func `an answer that every other would be like ends the run at once`(kind: Outcome.Kind) {
    var rig = Rig.sending(8)
    let actions = rig.answer(1, Outcome(kind))
    #expect(actions.sent.isEmpty && actions.released.count == 4)
    guard case .ending(.halted(let outcome), _) = rig.dispatcher.phase else {
      Issue.record("it goes on")
      return
    }
    #expect(outcome.kind == kind)
  }

  @Test func `as many failed rows as a person lets pass end the run`() {
    var rules = Rules()
    rules.haltAfter = 2
    var rig = Rig.sending(8, rules)
    rig.finish(1, .refused, as: .failed)
    #expect(rig.dispatcher.phase == .running)
    _ = rig.answer(2, Outcome(.refused))
    #expect(rig.settled(.settled(.failed)).released.count == 2)
    #expect(rig.dispatcher.isClosing(rig.dispatcher.phase))
  }

  @Test func `the deadline ends the run, and rings`() {
    for isProbing in [false, true] {
      var rules = Rules()
      rules.deadline = Rig().now + .seconds(100)
      var rig = isProbing ? Rig(rules) : Rig.running(rules)
      if isProbing { _ = rig.post(.started([Rig.account])) }
      if !isProbing {
        #expect(rig.foundNothing([.ready: 1], nextDue: .seconds(200)).alarm == rules.deadline)
      } else {
        _ = rig.permit(after: .seconds(300))
      }
      #expect(rig.ring(after: .milliseconds(99_999)).end == nil)
      #expect(rig.ring(after: .milliseconds(1)).end == .deadline(rig.now))
    }
  }

  // MARK: - The end itself

  @Test func `a drain gives back what was not sent, and waits for what was`() {
    var rig = Rig.sending(6)
    let actions = rig.post(.drainRequested)
    #expect(actions.released.map(\.lease.item) == [ItemID(5), ItemID(6)])
    #expect(actions.released.allSatisfy { $0.due == nil && $0.reason == nil })
    #expect(actions.alarm == rig.now + .seconds(25))
    for _ in 1...2 { _ = rig.settled(.settled(.ready)) }
    for number in 1...4 as ClosedRange<Int64> {
      #expect(rig.answer(number, Outcome(.made)).settled.count == 1)
      #expect(rig.settled(.settled(.done)).end == (number == 4 ? .drained : nil))
    }
  }

  @Test func `what has not answered in time is given up, once, and its end is written`() {
    var rig = Rig.sending(1)
    _ = rig.post(.drainRequested)
    #expect(rig.ring(after: .milliseconds(24_999)) == [.alarm(rig.now + .milliseconds(1))])
    #expect(rig.ring(after: .milliseconds(1)) == [.abandon])
    #expect(rig.ring(after: .seconds(1)).isEmpty)
    #expect(rig.answer(1, Outcome(.unknown)).settled.count == 1)
    #expect(rig.settled(.settled(.inDoubt)) == [.finish(.drained)])
  }

  @Test func `a run that ends waits for its claim and gives back what that brings`() {
    var rig = Rig.running()
    #expect(rig.post(.drainRequested).end == nil)
    let actions = rig.claimed([rig.lease(1)])
    #expect(actions.sent.isEmpty && actions.released.count == 1 && actions.end == nil)
    #expect(rig.settled(.settled(.ready)).end == .drained)
  }

  @Test func `a list that is under way is waited for, one that waits for its permit is not`() {
    var waiting = Rig()
    _ = waiting.post(.started([Rig.account]))
    _ = waiting.permit(after: .seconds(20))
    #expect(waiting.post(.drainRequested) == [.finish(.drained)])
    var asking = Rig()
    _ = asking.post(.started([Rig.account]))
    _ = asking.permit()
    #expect(asking.post(.drainRequested).end == nil)
    _ = asking.listed()
    #expect(asking.post(.reconciled(Reconciliation())).end == .drained)
  }

  @Test func `the first reason stands, but a failure of the queue says more`() {
    var rig = Rig.sending(2)
    _ = rig.post(.drainRequested)
    _ = rig.answer(1, Outcome(.denied))
    _ = rig.settled(.settled(.ready))
    var failing = rig
    _ = rig.answer(2, Outcome(.made))
    #expect(rig.settled(.settled(.done)).end == .drained)
    _ = failing.answer(2, Outcome(.made))
    #expect(failing.post(.queueFailed(Self.failure, during: .settle)).end == .failed(Self.failure))
  }

  @Test func `whatever the queue cannot do ends the run, and is not waited for`() {
    var claiming = Rig.running()
    #expect(claiming.post(.queueFailed(Self.failure, during: .claim)) == [.finish(.failed(Self.failure))])
    var listing = Rig()
    _ = listing.post(.started([Rig.account]))
    #expect(listing.post(.queueFailed(Self.failure, during: .list)) == [.finish(.failed(Self.failure))])
    var settling = Rig.sending(1)
    _ = settling.answer(1, Outcome(.made))
    #expect(settling.post(.queueFailed(Self.failure, during: .settle)) == [.finish(.failed(Self.failure))])
  }

  @Test func `after its end nothing happens`() {
    var rig = Rig.running()
    _ = rig.foundNothing([.done: 1])
    #expect(rig.claimed([rig.lease(1)]).isEmpty && rig.post(.drainRequested).isEmpty)
  }
}
