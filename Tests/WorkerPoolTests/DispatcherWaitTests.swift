import DurableQueue
import Pacing
import Provisioning
import Testing

@testable import WorkerPool

/// What everything that uses the key waits for: throttles, outages, the breaker, and what is too long.
@Suite struct DispatcherWaitTests {
  private typealias Rig = DispatcherRig

  /// Sends one when the wait before is over; the wait after its answer, from now.
  private func wait(after outcome: Outcome, in rig: inout DispatcherRig) -> Duration {
    // A little later, because a throttle has emptied the bucket.
    let rest = (rig.dispatcher.pace.waitEnd ?? rig.now) - rig.now
    _ = rig.ring(after: max(.zero, rest) + .milliseconds(1))
    let sent = rig.claimed([rig.lease(1)]).sent
    #expect(sent == [1])
    _ = rig.answer(1, outcome)
    return max(.zero, (rig.dispatcher.pace.waitEnd ?? rig.now) - rig.now)
  }

  private func isEnding(_ rig: DispatcherRig) -> Bool {
    if case .ending(.paused, _) = rig.dispatcher.phase { true } else { false }
  }

  // MARK: - Throttles

  @Test func `a throttle holds everything for as long as the service says, and empties the bucket`() throws {
    var rig = Rig.sending(8)
    let until = rig.now + .seconds(20)
    let actions = rig.answer(1, Outcome(.throttled, message: "slow down", retryAfter: .seconds(20)))
    let wait = try #require(actions.settled.first?.wait)
    #expect(wait.wait.until == until && wait.wait.reason == .throttled && wait.wait.message == "slow down")
    #expect(wait.scope == Rig.scope && wait.sentAt == rig.now && wait.decidedAt == rig.now)
    #expect(actions.settled.first?.due == until)
    #expect(actions.released.count == 4 && actions.released.allSatisfy { $0.due == until && $0.reason == .throttled })
    #expect(rig.ring(after: .milliseconds(19_999)).claim == nil)
    #expect(rig.ring(after: .milliseconds(1)).claim != nil)
    // The burst is gone too: the second one comes an interval after the first.
    let slow = Quota(rate: Rate("1/s") ?? .untilLearned, burst: 5)
    var emptied = Rig.sending(1, quota: slow)
    _ = emptied.answer(1, Outcome(.throttled, retryAfter: .seconds(20)))
    _ = emptied.ring(after: .seconds(20))
    #expect(emptied.claimed([emptied.lease(2), emptied.lease(3)], quota: slow).sent == [2])
  }

  @Test func `a throttle that names no time waits at random, up to a ceiling that doubles`() {
    var longest = Duration.zero
    for _ in 1...20 {
      var rig = Rig.running(Rules(maxWait: .seconds(10_000)))
      for count in 1...8 {
        let wait = wait(after: Outcome(.throttled), in: &rig)
        #expect(wait <= Backoff.throttled.ceiling(after: count))
        longest = max(longest, wait)
      }
    }
    #expect(longest > .seconds(4))
  }

  @Test func `throttles of what was on the wire are one event`() {
    func waits(_ count: Int64) -> [Instant?] {
      var rig = Rig.sending(4)
      for number in 1...count { _ = rig.answer(number, Outcome(.throttled)) }
      let first = rig.dispatcher.pace.waitEnd
      _ = wait(after: Outcome(.throttled), in: &rig)
      return [first, rig.dispatcher.pace.waitEnd]
    }
    #expect(waits(1) == waits(4))
  }

  @Test func `less than a second is no reason to stop backing off`() {
    var asked = Rig.running()
    var silent = Rig.running()
    for _ in 1...4 {
      let brief = wait(after: Outcome(.throttled, retryAfter: .milliseconds(10)), in: &asked)
      #expect(brief == wait(after: Outcome(.throttled), in: &silent))
    }
  }

  @Test func `no wait is made shorter by a later one`() {
    var rig = Rig.sending(4)
    let until = rig.now + .seconds(60)
    _ = rig.answer(1, Outcome(.throttled, retryAfter: .seconds(60)))
    _ = rig.answer(2, Outcome(.throttled, retryAfter: .seconds(5)))
    _ = rig.answer(3, Outcome(.unreachable))
    #expect(rig.dispatcher.pace.waitEnd == until)
    // Nor by what another process was told.
    _ = rig.claimed([], wait: KeyWait(until: rig.now + .seconds(5), reason: .throttled))
    #expect(rig.dispatcher.pace.waitEnd == until)
  }

  @Test func `a success begins the backoff anew`() {
    for kind in [Outcome.Kind.throttled, .unreachable, .unknown] {
      var rig = Rig.running(Rules(maxWait: .seconds(10_000)))
      for _ in 1...14 { _ = wait(after: Outcome(kind), in: &rig) }
      #expect(wait(after: Outcome(.made), in: &rig) == .zero)
      #expect(wait(after: Outcome(kind), in: &rig) <= .seconds(1), "\(kind)")
    }
  }

  // MARK: - Outages

  @Test func `a service that cannot be reached is tried after 1 s, doubling to 30 s`() {
    var rig = Rig.running(Rules(maxWait: .seconds(10_000)))
    let waits = (1...7).map { _ in wait(after: Outcome(.unreachable), in: &rig) }
    #expect(waits == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
  }

  @Test func `what was on the wire when it could not be reached is one event`() {
    var rig = Rig.sending(4)
    for number in 1...4 as ClosedRange<Int64> { _ = rig.answer(number, Outcome(.unreachable)) }
    #expect(rig.dispatcher.pace.waitEnd == rig.now + .seconds(1))
  }

  @Test func `an answer that says how long counts where that is longer`() {
    for kind in [Outcome.Kind.unreachable, .unknown] {
      var rig = Rig.sending(1)
      _ = rig.answer(1, Outcome(kind, retryAfter: .seconds(40)))
      #expect(rig.dispatcher.pace.waitEnd == rig.now + .seconds(40), "\(kind)")
    }
  }

  @Test func `ten creates in a row without an answer open the breaker, and one probes`() {
    var rig = Rig.sending(30, Rules(concurrency: 12))
    for number in 1...9 as ClosedRange<Int64> {
      #expect(rig.answer(number, Outcome(.unknown)).settled.first?.wait == nil, "\(number)")
    }
    let actions = rig.answer(10, Outcome(.unknown, message: "HTTP 503"))
    #expect(actions.settled.first?.wait?.wait.until == rig.now + .seconds(1))
    // What was on the wire belongs to it.
    #expect(rig.answer(11, Outcome(.unknown)).settled.first?.wait?.wait.until == rig.now + .seconds(1))
    // Only what was sent has an unknown answer.
    #expect(!actions.released.isEmpty && actions.released.allSatisfy { $0.reason == .notSent })
  }

  @Test func `the breaker lets one out, then twice as many with each success`() {
    var rig = Rig.sending(10, Rules(concurrency: 10))
    for number in 1...10 as ClosedRange<Int64> { _ = rig.answer(number, Outcome(.unknown)) }
    for round in 1...3 {
      _ = rig.ring(after: (rig.dispatcher.pace.waitEnd ?? rig.now) - rig.now)
      #expect(rig.claimed((11...30).map { rig.lease($0) }).sent == [11], "round \(round)")
      _ = rig.answer(11, Outcome(.unknown))
      #expect(rig.dispatcher.pace.waitEnd == rig.now + .seconds(1 << round))
    }
    _ = rig.ring(after: .seconds(8))
    _ = rig.claimed((11...30).map { rig.lease($0) })
    #expect(rig.answer(11, Outcome(.made)).sent == [12, 13])
    #expect(rig.answer(12, Outcome(.made)).sent == [14, 15, 16])
    #expect(rig.answer(13, Outcome(.refused)).sent == [17, 18, 19, 20, 21])
  }

  @Test func `a page in the service's place is no outage: nothing waits`() {
    var rig = Rig.sending(20, Rules(concurrency: 20))
    for _ in 1...20 { _ = rig.answer(1, Outcome(.foreign)) }
    #expect(rig.dispatcher.pace.wait == nil)
  }

  // MARK: - Too long

  @Test func `a wait that is longer than a person wants to wait ends the run`() {
    for (asked, isEnd) in [(600, false), (601, true)] {
      var rig = Rig.sending(1)
      _ = rig.answer(1, Outcome(.throttled, message: "m", retryAfter: .seconds(asked)))
      #expect(isEnding(rig) == isEnd, "\(asked) s")
      let end = rig.settled(.settled(.ready)).end
      let wait = KeyWait(until: rig.now + .seconds(asked), reason: .throttled, message: "m")
      #expect(end == (isEnd ? .paused(wait, until: wait.until) : nil), "\(asked) s")
    }
    // Also one that a single answer brings which is none.
    var lost = Rig.sending(1)
    _ = lost.answer(1, Outcome(.unknown, retryAfter: .seconds(601)))
    #expect(isEnding(lost))
  }

  @Test(arguments: [Outcome.Kind.throttled, .unreachable])
  func `waits that add up to longer than that, with nothing made between, end it too`(kind: Outcome.Kind) {
    var rig = Rig.running(Rules(maxWait: .seconds(100)))
    var outcome = Outcome(kind, retryAfter: .seconds(60))
    _ = wait(after: outcome, in: &rig)
    #expect(!isEnding(rig))
    var other = rig
    _ = wait(after: outcome, in: &rig)
    #expect(isEnding(rig))
    // A success in between is a new beginning.
    outcome.retryAfter = .seconds(60)
    _ = wait(after: Outcome(.made), in: &other)
    _ = wait(after: outcome, in: &other)
    #expect(!isEnding(other))
  }

  @Test func `lists that come are no sign that creates are answered`() {
    var rig = Rig.sending(10, Rules(concurrency: 10, maxWait: .seconds(20)))
    for number in 1...10 as ClosedRange<Int64> { _ = rig.answer(number, Outcome(.unknown)) }
    var isOver = false
    for _ in 1...4 where !isOver {
      _ = rig.listed()
      _ = wait(after: Outcome(.unknown), in: &rig)
      isOver = isEnding(rig)
    }
    #expect(isOver, "1 + 2 + 4 + 8 + 16 s are more than 20 s")
    // Where creates were not tried, a list that comes ends an outage.
    var reached = Rig.running()
    _ = wait(after: Outcome(.unreachable), in: &reached)
    _ = wait(after: Outcome(.unreachable), in: &reached)
    _ = reached.listed()
    #expect(wait(after: Outcome(.unreachable), in: &reached) == .seconds(1))
  }

  @Test func `a key's quota that is used up ends the run, with when it may go on`() {
    for asked in [Duration.seconds(60), nil] {
      var rig = Rig.sending(1)
      let actions = rig.answer(1, Outcome(.keyQuota, message: "m", retryAfter: asked))
      #expect(actions.settled.first?.wait?.wait.until == asked.map { rig.now + $0 })
      let until = asked.map { rig.now + $0 }
      let wait = KeyWait(until: until ?? rig.now, reason: .keyQuota, message: "m")
      #expect(rig.settled(.settled(.ready)).end == .paused(wait, until: until))
    }
  }

  @Test func `a limit that the service calls used up is waited for although the request was answered`() {
    for (pause, isEnd) in [(600, false), (601, true)] {
      var rig = Rig.sending(8)
      var outcome = Outcome(.made, remoteID: "id")
      outcome.pause = .seconds(pause)
      let actions = rig.answer(1, outcome)
      let until = rig.now + .seconds(pause)
      #expect(actions.settled.first?.wait?.wait.reason == .usedUp && actions.settled.first?.wait?.wait.until == until)
      #expect(actions.released.count == 4)
      if !isEnd { #expect(actions.released.allSatisfy { $0.reason == .usedUp && $0.due == until }) }
      #expect(isEnding(rig) == isEnd)
    }
  }
}
