import DurableQueue
import Foundation
import GRDB
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// The rules of a run against every kind of bad luck, in simulated time. `SEEDS=100000 swift test --filter Simulation`
/// tries more, `FIRST=60001` beside it only those from there on; `SEED=17` tries one and tells its story.
@Suite struct SimulationTests {
  private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }

  @Test func `whatever happens, every item is accounted for and nothing is made twice`() async throws {
    let seeds = Self.number("SEED").map { $0...$0 } ?? (Self.number("FIRST") ?? 1)...(Self.number("SEEDS") ?? 1_500)
    var failedSeeds: [Int] = []
    var createCount = 0
    // A file for every few hundred, so that the last seed's is no larger than the first one's.
    for first in stride(from: seeds.lowerBound, through: seeds.upperBound, by: 500) where failedSeeds.count < 10 {
      try await withTemporaryFolder { folder in
        let time = SimulatedTime()
        let queue = try Queue(path: folder + "/rollcall.db", time: time)
        let otherQueue = try Queue(path: folder + "/rollcall.db", time: OtherNamespace(time))
        // No power is cut here; what is on disk when is tested elsewhere.
        for queue in [queue, otherQueue] {
          try queue.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        }
        for seed in first...min(first + 499, seeds.upperBound) where failedSeeds.count < 10 {
          let simulation = try Simulation(seed: seed, queue: queue, otherQueue: otherQueue, time: time)
          do {
            try simulation.perform()
          } catch {
            failedSeeds.append(seed)
            Issue.record("seed \(seed): \(error)\n\(failedSeeds.count == 1 ? simulation.story : "")")
          }
          createCount += simulation.createCount
        }
      }
    }
    print("simulated seeds \(seeds.lowerBound) to \(seeds.upperBound): \(createCount) creates")
  }
}
