import Foundation
import GRDB
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// The queue against a model of it. `SEEDS=100000 swift test --filter ModelTests` tries more; `SEED=17` tries one and
/// tells its story.
@Suite struct ModelTests {
  private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }

  @Test func `whatever three owners do, the queue is as the state table says`() async throws {
    let seeds = Self.number("SEED").map { $0...$0 } ?? 1...(Self.number("SEEDS") ?? 1_500)
    var failedSeeds: [Int] = []
    var commandCount = 0
    for first in stride(from: seeds.lowerBound, through: seeds.upperBound, by: 250) where failedSeeds.count < 10 {
      try await withTemporaryFolder { folder in
        let time = ManualTimeSource()
        let queue = try Queue(path: folder + "/rollcall.db", time: time)
        try queue.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        for seed in first...min(first + 249, seeds.upperBound) where failedSeeds.count < 10 {
          let model = try Model(seed: seed, queue: queue, time: time)
          do {
            try model.perform(25)
          } catch {
            failedSeeds.append(seed)
            let story = failedSeeds.count == 1 ? model.story.suffix(60).joined(separator: "\n") : ""
            Issue.record("seed \(seed): \(error)\n\(story)")
          }
          commandCount += model.commandCount
        }
      }
    }
    print("model seeds \(seeds.lowerBound) to \(seeds.upperBound): \(commandCount) commands")
  }
}
