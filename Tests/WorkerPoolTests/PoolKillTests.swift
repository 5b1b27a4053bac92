import DurableQueue
import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore
@testable import WorkerPool

/// A whole run that is killed at one of its steps, and the run after it: every item is made once.
@Suite struct PoolKillTests {
  /// Where a run is killed.
  enum Step: String, CaseIterable, Sendable {
    case beforeSend, afterMade, afterReply, beforeList, afterList
    case beforeCommit, afterCommit
  }

  /// A service whose workspaces outlive its caller: a line of a file each. Some answers are lost.
  private struct FileService: Target {
    let path: String
    /// Kills at this call of its kind; nil: never.
    var step: (step: Step, number: Int)?
    let counter = Counter()

    final class Counter: Sendable {
      private let counts = NSLock()
      nonisolated(unsafe) private var values: [String: Int] = [:]
      func next(_ key: String) -> Int {
        counts.withLock {
          values[key, default: 0] += 1
          return values[key, default: 0]
        }
      }
    }

    var name: String { "dataforest" }
    var baseURL: BaseURL { "https://example.com" }

    var made: [String] {
      ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    private func dieIfDue(_ step: Step) {
      guard let due = self.step, due.step == step else { return }
      if counter.next(step.rawValue) == due.number { die() }
    }

    func create(_ definition: String) async -> Outcome {
      dieIfDue(.beforeSend)
      let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
      let line = definition + "\n"
      _ = line.withCString { write(descriptor, $0, strlen($0)) }
      close(descriptor)
      dieIfDue(.afterMade)
      let count = counter.next("creates")
      let outcome = count % 3 == 0 ? Outcome(.unknown) : Outcome(.made, remoteID: definition)
      dieIfDue(.afterReply)
      return outcome
    }

    func list(account: String) async -> ListReply {
      dieIfDue(.beforeList)
      let reply = ListReply.listed(
        made.map { RemoteItem(id: $0, name: $0, description: $0) }, isWhole: true)
      dieIfDue(.afterList)
      return reply
    }

    func detail(of item: RemoteItem) async -> DetailReply { .told(item) }
    func isMade(_ item: RemoteItem, from definition: String) -> Bool { item.description == definition }
  }

  private static let names = (1...8).map { "n\($0)" }

  /// Imports the names if they are not there, and runs until the batch is finished or this process dies.
  private static func run(
    in folder: String, from now: Instant, _ service: FileService, commit: (number: Int, isBefore: Bool)? = nil
  )
    async throws -> Tally
  {
    let time = JumpingTimeSource(now: now)
    let queue = try Queue(path: folder + "/rollcall.db", time: time)
    let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
    try queue.setLimit(Quota(rate: Rate("100/s") ?? .untilLearned, burst: 4), source: .flag, of: scope)
    if try queue.batches().isEmpty {
      let new = NewBatch(
        label: "/class.csv", target: "dataforest", baseURL: "https://example.com",
        columns: ["name"], digest: "d")
      _ = try queue.importBatch(new) { add in
        for (index, name) in names.enumerated() {
          try add(
            NewRow(
              ordinal: index + 1, line: index + 2, cells: [name],
              content: .item(account: "acc", name: name, definition: Definition(text: name))))
        }
      }
    }
    let request = RunRequest(batch: BatchID(1), baseURL: "https://example.com", fingerprint: "0123456789ab")
    let owner = try #require(try queue.begin(request)).ownership
    if let commit { try CommitKiller.add(to: queue.pool, number: commit.number, isBefore: commit.isBefore) }
    let pool = Pool(
      queue: queue, target: service, owner: owner.id, scope: scope, batch: BatchID(1), rules: Rules(concurrency: 2),
      time: time, generator: SeededGenerator(seed: 1))
    let end = await pool.run()
    #expect(end == .finished)
    return try withExtendedLifetime(owner) { try queue.tally(of: BatchID(1)) }
  }

  private static let start = Instant(microseconds: 1_700_000_000_000_000)

  /// Every step, and how often it is passed before the kill.
  private static let kills: [(Step, Int)] = Step.allCases.flatMap { step in
    let most =
      switch step {
      case .beforeCommit, .afterCommit: 9
      case .beforeList, .afterList: 2
      default: 3
      }
    return (1...most).map { (step, $0) }
  }

  @Test(arguments: kills)
  func `killed at any step, the next run makes every item once`(step: Step, number: Int) async throws {
    try await withTemporaryFolder { folder in
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [folder = folder as String, step = step.rawValue as String, number = number as Int] in
        let step = try #require(Step(rawValue: step))
        let isCommit = step == .beforeCommit || step == .afterCommit
        let service = FileService(path: folder + "/made", step: isCommit ? nil : (step, number))
        let killer = isCommit ? (number, step == .beforeCommit) : nil
        _ = try await Self.run(in: folder, from: Self.start, service, commit: killer)
      }
      let service = FileService(path: folder + "/made")
      let tally = try await Self.run(in: folder, from: Self.start + .seconds(7_200), service)
      #expect(tally == Tally([.done: Self.names.count]))
      #expect(service.made.sorted() == Self.names.sorted())
    }
  }
}
