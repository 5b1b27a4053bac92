import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// One limit, several processes: whatever they do, and however often they are killed and started again, the file grants no
/// more than the limit. In virtual time, over seeds, which failures name.
@Suite struct SharedLimitTests {
  private static let start = Instant(microseconds: 1_700_000_000_000_000)

  /// What a seed makes: a limit, and the permits that were granted.
  private struct World {
    var random: SeededGenerator
    let folder: String
    let time = ManualTimeSource(now: SharedLimitTests.start)
    let quota: Quota
    var processes: [(queue: Queue, owner: Ownership)] = []
    var scope = KeyScopeID(0)
    var batch = BatchID(0)
    /// By the clock that people see, and by how much it had been set forward before.
    var permits: [(start: Instant, stepped: Duration)] = []
    var stepped = Duration.zero
    var stepCount = 0

    init(seed: Int, folder: String) throws {
      random = SeededGenerator(seed: seed)
      self.folder = folder
      let rates = ["1/s", "7/s", "60/m", "90/m", "300/s"].compactMap { Rate($0) }
      var windows: [Window] = []
      for texts in [["30/h", "400/h"], ["90/day"]] where Bool.random(using: &random) {
        windows += (texts.randomElement(using: &random).flatMap { Rate($0) }).flatMap(Window.init).map { [$0] } ?? []
      }
      quota = Quota(
        rate: rates.randomElement(using: &random) ?? .untilLearned, burst: Int.random(in: 1...9, using: &random),
        windows: windows)
      try startProcess()
      scope = try processes[0].queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      try processes[0].queue.setLimit(quota, source: .flag, of: scope)
      let result = try processes[0].queue.importBatch(QueueFixture.batch()) { add in
        for index in 1...1_500 { try add(QueueFixture.row(index, "n\(index)")) }
      }
      batch = try #require(result).batch
      for _ in 0..<2 { try startProcess() }
    }

    mutating func startProcess() throws {
      let queue = try Queue(path: folder + "/rollcall.db", time: time)
      processes.append((queue, try queue.becomeOwner()))
    }

    /// A process claims, sleeps, or is killed and started again; the clock goes on, or is set forward.
    mutating func step() async throws {
      let one = Int.random(in: 0..<processes.count, using: &random)
      if Int.random(in: 0..<25, using: &random) == 0 {
        try processes.remove(at: one).queue.close()
        try startProcess()
        return
      }
      let claim = try await processes[one].queue.claim(
        upTo: Int.random(in: 0...12, using: &random), of: batch, for: processes[one].owner.id, with: scope,
        within: .milliseconds(Int.random(in: 0...500, using: &random)), under: .standard)
      permits += claim.leases.map { ($0.start, stepped) }
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        time.advance(by: .seconds(Int.random(in: 1...7_200, using: &random)))
      case 1 where stepCount < 3:
        let step = Duration.seconds(Int.random(in: 1...100_000, using: &random))
        // What was taken ahead is stale then, and a pool sends none of it.
        permits.removeAll { [now = time.now()] in $0.start > now }
        time.set(time.now() + step)
        (stepped, stepCount) = (stepped + step, stepCount + 1)
      case 2...5: time.advance(to: max(time.now(), claim.nextPermit))
      default: time.advance(by: .milliseconds(Int.random(in: 0...700, using: &random)))
      }
    }

    func close() throws { for process in processes { try process.queue.close() } }
  }

  @Test func `processes that share a key, are killed and start again never get more than the limit`() async throws {
    for seed in 1...40 {
      try await withTemporaryFolder { folder in
        var world = try World(seed: seed, folder: folder)
        for _ in 0..<70 { try await world.step() }
        try world.close()
        Self.check(world, seed)
      }
    }
  }

  private static func check(_ world: World, _ seed: Int) {
    let (quota, permits) = (world.quota, world.permits.sorted { $0.start < $1.start })
    let starts = permits.map(\.start)
    for first in starts.indices {
      for last in first..<starts.count {
        let count = last - first + 1
        let length = starts[last] - starts[first]
        let most = Double(quota.burst) + length / quota.rate.interval
        guard Double(count) <= most + 1e-6 else {
          Issue.record("seed \(seed): \(quota): \(count) permits in \(length)")
          return
        }
        for window in quota.windows where length < window.rate.period.duration && count > window.rate.count {
          Issue.record("seed \(seed): \(window): \(count) permits in \(length)")
          return
        }
        // By a clock that was never set: an extra burst for each step.
        let real = length - (permits[last].stepped - permits[first].stepped)
        let steps = permits[last].stepped == permits[first].stepped ? 0 : world.stepCount
        guard Double(count) <= Double(quota.burst * (1 + steps)) + max(real, .zero) / quota.rate.interval + 1e-6 else {
          Issue.record("seed \(seed): \(quota): \(count) permits in \(real) of real time and \(steps) steps")
          return
        }
      }
    }
    #expect(permits.count > quota.burst, "seed \(seed): hardly anything was granted")
  }

  /// A week of a run that is killed and started again every hour: the new process knows what the file holds.
  @Test func `five hundred a day, with a kill every hour`() async throws {
    let (day, hour) = (Duration.seconds(86_400), Duration.seconds(3_600))
    try await withTemporaryFolder { folder in
      let time = ManualTimeSource(now: Self.start)
      let window = try #require(Rate("500/day").flatMap(Window.init))
      let quota = Quota(rate: try #require(Rate("10/s")), burst: 5, windows: [window])
      var (starts, scope, batch) = ([Instant](), KeyScopeID(0), BatchID(0))
      var random = SeededGenerator(seed: 1)
      for restart in 0..<(7 * 24) {
        let queue = try Queue(path: folder + "/rollcall.db", time: time)
        if restart == 0 {
          scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
          try queue.setLimit(quota, source: .flag, of: scope)
          let result = try queue.importBatch(QueueFixture.batch()) { add in
            for index in 1...5_000 { try add(QueueFixture.row(index, "n\(index)")) }
          }
          batch = try #require(result).batch
        }
        let owner = try queue.becomeOwner()
        let end = Self.start + hour * (restart + 1)
        while time.now() < end {
          let claim = try await queue.claim(
            upTo: Int.random(in: 1...40, using: &random), of: batch, for: owner.id, with: scope,
            within: .milliseconds(500), under: .standard)
          starts += claim.leases.map(\.start)
          time.advance(to: min(end, max(time.now() + .milliseconds(1), claim.nextPermit)))
        }
        // As a kill leaves it: nothing was given back, and nothing was said.
        try queue.close()
      }
      var first = 0
      for (index, start) in starts.enumerated() {
        while start - starts[first] >= day { first += 1 }
        #expect(index - first + 1 <= 500)
      }
      let counts = (0..<7).map { number in
        starts.count { $0 >= Self.start + day * number && $0 < Self.start + day * (number + 1) }
      }
      #expect(counts.dropFirst().allSatisfy { $0 >= 475 }, "\(counts)")
    }
  }
}
