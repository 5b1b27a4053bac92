// The client in a loop: what is left of a run without queue, rules and pace.

import DataForest
import Pacing
import Provisioning
import Synchronization

/// Sends definitions, so many at once.
struct BareClient {
  /// Hands out places of definitions, each to one task.
  private final class Counter: Sendable {
    private let next = Atomic(0)

    func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
  }

  private let definitions: [String]
  private let client: DataForestClient
  private let concurrency: Int

  init(_ definitions: [String], endpoint: Endpoint, concurrency: Int) {
    self.definitions = definitions
    self.concurrency = concurrency
    client = DataForestClient(
      .init(endpoint: endpoint, credentials: .sandbox, concurrency: concurrency), time: SystemTimeSource())
  }

  /// - Returns: how many were made.
  func run() async throws -> Int {
    let counter = Counter()
    let madeCount = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<concurrency {
        group.addTask {
          var count = 0
          while true {
            let index = counter.take()
            guard index < definitions.count else { return count }
            if await client.create(definitions[index]).kind == .made { count += 1 }
          }
        }
      }
      return await group.reduce(0, +)
    }
    try await client.shutdown()
    return madeCount
  }
}
