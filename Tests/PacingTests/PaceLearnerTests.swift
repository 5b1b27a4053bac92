import Foundation
import TestSupport
import Testing

@testable import Pacing

/// The learner against a service in virtual time: a bucket that refuses when it is empty.
@Suite struct PaceLearnerTests {
  private struct Run {
    var seconds = 0.0
    var refusedCount = 0
    var lastCut = 0.0
    var firstAbove: Double?
  }

  private struct Service {
    var limit: (Double) -> Double
    var burst = 20
    var saysRetryAfter = true
    var latency = 0.015
    var state = QuotaState()

    /// - Returns: how long to wait; nil when it lets the request in.
    mutating func refuses(at now: Double, since start: Double) -> Double? {
      let rate = Rate(max(1, Int(limit(now - start) * 60)), per: .minute) ?? .untilLearned
      let grant = Quota(rate: rate, burst: burst).grant(upTo: 1, from: state, at: .at(now), within: .zero)
      state = grant.state
      return grant.starts.isEmpty ? max(1, (grant.next.seconds - now).rounded(.up)) : nil
    }
  }

  private struct Client {
    var learner = PaceLearner()
    var own = QuotaState()
    var waitEnd = 0.0
    var random = SeededGenerator(seed: 1)

    /// Sends rows until all are in; `above`: a pace of which is noted when it was first reached.
    mutating func run(_ rowCount: Int, at service: inout Service, from start: Double, above: Double = .infinity) -> Run
    {
      var run = Run()
      var now = start
      var (toSend, doneCount) = (rowCount, 0)
      var flight: [(sent: Double, answer: Double, wait: Double?)] = []
      while doneCount < rowCount {
        let next = learner.quota.grant(upTo: 0, from: own, at: .at(now), within: .zero).next.seconds
        let send = toSend > 0 && flight.count < 64 ? max(now, next, waitEnd) : .infinity
        if let first = flight.first, first.answer <= send {
          flight.removeFirst()
          now = max(now, first.answer)
          if let wait = first.wait {
            toSend += 1
            run.refusedCount += 1
            note(throttle: wait, of: first.sent, says: service.saysRetryAfter, at: now)
            run.lastCut = now - start
          } else {
            doneCount += 1
            let old = learner.quota
            if learner.noteClean(at: .at(now)) { own = learner.quota.rescaled(own, from: old, at: .at(now)) }
            if learner.perSecond > above { run.firstAbove = run.firstAbove ?? now - start }
          }
        } else {
          now = send
          let grant = learner.quota.grant(upTo: 1, from: own, at: .at(now), within: .zero)
          own = grant.state
          guard !grant.starts.isEmpty else {
            now += 0.000_001
            continue
          }
          toSend -= 1
          let wait = service.refuses(at: now + service.latency / 2, since: start)
          flight.append((now, now + service.latency, wait))
        }
      }
      run.seconds = now - start
      return run
    }

    private mutating func note(throttle wait: Double, of sent: Double, says: Bool, at now: Double) {
      guard learner.noteThrottle(sentAt: .at(sent), at: .at(now)) || says else { return }
      waitEnd = max(waitEnd, now + (says ? wait : Double.random(in: 0...1, using: &random)))
      own = learner.quota.emptied(own, until: .at(waitEnd))
    }
  }

  @Test(arguments: [true, false])
  func `an unknown limit is found soon, and kept`(saysRetryAfter: Bool) {
    for seed in 1...20 {
      var client = Client()
      client.random = SeededGenerator(seed: seed)
      var service = Service(limit: { _ in 100 }, saysRetryAfter: saysRetryAfter)
      let ideal = (1_000.0 - 20) / 100
      let first = client.run(1_000, at: &service, from: 1_000)
      #expect(first.seconds <= 1.5 * ideal, "seed \(seed): \(first)")
      #expect(first.refusedCount < 50, "seed \(seed): \(first)")
      let second = client.run(1_000, at: &service, from: 1_000 + first.seconds + 60)
      #expect(second.seconds <= 1.1 * ideal, "seed \(seed): \(second)")
      #expect(second.refusedCount < 50, "seed \(seed): \(second)")
    }
  }

  @Test(arguments: [true, false])
  func `a run that follows at once on another one does not probe in its place`(saysRetryAfter: Bool) {
    for seed in 1...20 {
      var client = Client()
      client.random = SeededGenerator(seed: seed)
      var service = Service(limit: { _ in 100 }, saysRetryAfter: saysRetryAfter)
      let first = client.run(1_000, at: &service, from: 1_000)
      let start = 1_000 + first.seconds + 0.5
      service.state = QuotaState()
      _ = client.learner.beginRun(at: .at(start))
      let second = client.run(1_000, at: &service, from: start)
      #expect(second.seconds <= 1.1 * 9.8, "seed \(seed): \(second)")
      #expect(second.refusedCount < 10, "seed \(seed): \(second)")
    }
  }

  @Test func `a limit that is halved is settled under, one that is doubled is used`() {
    for saysRetryAfter in [true, false] {
      var client = Client()
      var halved = Service(limit: { $0 < 25 ? 100 : 50 }, saysRetryAfter: saysRetryAfter)
      let down = client.run(3_000, at: &halved, from: 1_000)
      #expect(down.refusedCount < 150, "\(down)")
      #expect(client.learner.perSecond < 65, "\(client.learner)")
      client = Client()
      var doubled = Service(limit: { $0 < 25 ? 100 : 200 }, saysRetryAfter: saysRetryAfter)
      let up = client.run(7_000, at: &doubled, from: 1_000, above: 130)
      #expect((up.firstAbove ?? .infinity) < 25 + 30, "\(up)")
    }
  }

  @Test func `small limits and large ones are found too`() {
    for limit in [1.0, 3, 10, 37, 200] {
      var client = Client()
      var service = Service(limit: { _ in limit })
      let count = Int(limit * 30)
      _ = client.run(count, at: &service, from: 1_000)
      let second = client.run(count, at: &service, from: 10_000)
      #expect(second.seconds <= 1.35 * Double(count) / limit, "\(limit): \(second)")
      #expect(Double(second.refusedCount) <= 0.05 * Double(count) + 1, "\(limit): \(second)")
    }
  }

  @Test func `what is hardly used says nothing about more`() {
    var learner = PaceLearner()
    for second in 0..<100 where second.isMultiple(of: 4) { _ = learner.noteClean(at: .at(1_000 + Double(second))) }
    #expect(learner.perSecond == 2 && learner.isStarting)
  }

  /// A learner after any history: throttles, answers and silences at any pace, and steps of the clock.
  private func anyLearner(_ random: inout SeededGenerator) -> (learner: PaceLearner, now: Double) {
    var learner = PaceLearner()
    var now = 1_000.0
    for _ in 0..<Int.random(in: 0...200, using: &random) {
      now += Double.random(in: 0...1, using: &random) * pow(10, Double(Int.random(in: -1...2, using: &random)))
      if Int.random(in: 0..<40, using: &random) == 0 { now += Double.random(in: -10_000...10_000, using: &random) }
      switch Int.random(in: 0..<4, using: &random) {
      case 0: _ = learner.noteClean(at: .at(now))
      case 1: _ = learner.beginRun(at: .at(now))
      default: _ = learner.noteThrottle(sentAt: .at(now - 0.01), at: .at(now))
      }
    }
    return (learner, now)
  }

  @Test func `from any state, clean answers reach a limit of one a second in bounded time`() {
    for seed in 1...5_000 {
      var random = SeededGenerator(seed: seed)
      var (learner, now) = anyLearner(&random)
      let start = now
      let latency = Double.random(in: 0.01...2, using: &random)
      while learner.quota.rate.perSecond < 1, now - start < 1_000 {
        now += learner.quota.rate.interval.seconds + Double.random(in: 0...latency, using: &random)
        _ = learner.noteClean(at: .at(now))
      }
      #expect(now - start < 300, "seed \(seed): \(now - start) s, \(learner)")
    }
  }

  @Test func `after throttles at any pace a service that is well again is used again`() {
    for minutes in [0.1, 1, 30] {
      var client = Client()
      let start = 1_000.0
      for second in stride(from: 0, to: minutes * 60, by: 0.5) {
        _ = client.learner.noteThrottle(sentAt: .at(start + second), at: .at(start + second + 0.01))
      }
      var service = Service(limit: { _ in 20 })
      let run = client.run(600, at: &service, from: start + minutes * 60 + 1)
      #expect(run.seconds < 240, "\(minutes) min of throttles: \(run)")
    }
  }

  @Test func `throttles noted while the clock was ahead do not hide those after it was set right`() {
    var learner = PaceLearner()
    _ = learner.noteThrottle(sentAt: .at(99_999), at: .at(100_000))
    _ = learner.noteThrottle(sentAt: .at(1_000), at: .at(1_000.1))
    let pace = learner.perSecond
    let isCut = learner.noteThrottle(sentAt: .at(1_001), at: .at(1_001.1))
    #expect(isCut && learner.perSecond < pace)
  }

  @Test func `requests that were on the wire at a cut belong to it`() {
    var learner = PaceLearner()
    let isCut = learner.noteThrottle(sentAt: .at(999.9), at: .at(1_000))
    let pace = learner.perSecond
    let isCutAgain = learner.noteThrottle(sentAt: .at(999.95), at: .at(1_000.1))
    #expect(isCut && !isCutAgain && learner.perSecond == pace)
  }
}

extension Instant {
  fileprivate static func at(_ seconds: Double) -> Instant {
    Instant(microseconds: Int64((seconds * 1_000_000).rounded()))
  }
  fileprivate var seconds: Double { Double(microseconds) / 1_000_000 }
}
