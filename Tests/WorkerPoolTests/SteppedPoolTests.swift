import DurableQueue
import Pacing
import Provisioning
import SQLiteStore
import Synchronization
import TestSupport
import Testing
import WorkerPool

/// The pool stepped by hand: its tasks run when told, its commits happen when told, its time moves when told.
@Suite struct SteppedPoolTests {
  /// A target whose answers come when a test lets them.
  private final class HeldTarget: Target {
    private struct State {
      var waiting: [(name: String, resume: CheckedContinuation<Outcome, Never>)] = []
      var creates: [String] = []
    }
    private let state = Mutex(State())
    /// Called when a create comes.
    let onCreate: @Sendable (String) -> Void

    init(onCreate: @escaping @Sendable (String) -> Void = { _ in }) { self.onCreate = onCreate }

    var name: String { "dataforest" }
    var baseURL: BaseURL { "https://example.com" }
    var creates: [String] { state.withLock(\.creates) }

    func create(_ definition: String) async -> Outcome {
      onCreate(definition)
      return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          state.withLock { state in
            state.creates.append(definition)
            state.waiting.append((definition, continuation))
          }
        }
      } onCancel: {
        answer([definition]) { _ in Outcome(.unknown, message: "cancelled") }
      }
    }

    /// Answers what waits; of these names, or all.
    func answer(_ names: [String]? = nil, _ outcome: (String) -> Outcome = { Outcome(.made, remoteID: $0) }) {
      let answered = state.withLock { state in
        let answered = state.waiting.filter { names?.contains($0.name) ?? true }
        state.waiting.removeAll { names?.contains($0.name) ?? true }
        return answered
      }
      for waiting in answered { waiting.resume.resume(returning: outcome(waiting.name)) }
    }

    func list(account: String) async -> ListReply { .listed([], isWhole: true) }
    func detail(of item: RemoteItem) async -> DetailReply { .told(item) }
    func isMade(_ item: RemoteItem, from definition: String) -> Bool { item.description == definition }
  }

  /// A pool, everything that steps it, and how its run ended.
  private final class Bench: Sendable {
    let queue: Queue
    let time = ManualTimeSource()
    let executor = SteppedExecutor()
    let batch: BatchID
    let pool: Pool
    let run: Task<Void, Never>
    private let slot: Slot

    private final class Slot: Sendable { let end = Mutex<RunEnd?>(nil) }

    init(_ target: any Target, names: [String], rules: Rules, in folder: String, seed: Int = 1) throws {
      queue = try Queue(path: folder + "/\(seed)-rollcall.db", time: time)
      let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      try queue.setLimit(PoolTests.fast, source: .flag, of: scope)
      let new = NewBatch(
        label: "/class.csv", target: "dataforest", baseURL: "https://example.com",
        columns: ["name"], digest: "d")
      let imported = try queue.importBatch(new) { add in
        for (index, name) in names.enumerated() {
          try add(
            NewRow(
              ordinal: index + 1, line: index + 2, cells: [name],
              content: .item(account: "acc", name: name, definition: Definition(text: name))))
        }
      }
      guard let imported else { throw QueueError(.other, path: folder, detail: "no batch") }
      batch = imported.batch
      let owner = try queue.becomeOwner()
      queue.store.stepByHand()
      let pool = Pool(
        queue: queue, target: target, owner: owner.id, scope: scope, batch: batch, rules: rules, time: time,
        generator: SeededGenerator(seed: seed), executor: executor)
      self.pool = pool
      let slot = Slot()
      self.slot = slot
      run = Task(executorPreference: executor) {
        let end = await pool.run()
        // The owner lives as long as its run.
        withExtendedLifetime(owner) { slot.end.withLock { $0 = end } }
      }
    }

    /// How the run ended; nil while it goes on.
    var end: RunEnd? { slot.end.withLock { $0 } }

    /// Runs and commits until everything is parked.
    func settle() { while executor.runAll() || queue.store.flush() {} }

    /// Goes on until the run has ended or `isEnough`; time jumps from alarm to alarm.
    func drive(until isEnough: () -> Bool = { false }) throws {
      while true {
        settle()
        if end != nil || isEnough() { return }
        let alarm = try #require(time.nextAlarm, "the run waits for nothing")
        time.advance(to: alarm)
      }
    }
  }

  @Test func `nothing is sent before its attempt is on disk`() async throws {
    try await withTemporaryFolder { folder in
      let target = HeldTarget()
      let bench = try Bench(target, names: ["a"], rules: Rules(), in: folder)
      // Steps one at a time: jobs, then one commit, until the claim is what waits.
      while try bench.queue.tally(of: bench.batch)[.leased] == 0 {
        #expect(target.creates.isEmpty)
        let didRun = bench.executor.runAll()
        #expect(target.creates.isEmpty)
        let didCommit = bench.queue.store.flush()
        if !didRun, !didCommit { bench.time.advance(to: try #require(bench.time.nextAlarm)) }
      }
      bench.settle()
      #expect(target.creates == ["a"])
      target.answer()
      try bench.drive()
      #expect(bench.end == .finished)
    }
  }

  @Test func `an outcome is on disk before anything is made of it`() async throws {
    try await withTemporaryFolder { folder in
      let target = HeldTarget()
      let bench = try Bench(target, names: ["a"], rules: Rules(), in: folder)
      try bench.drive { !target.creates.isEmpty }
      target.answer()
      _ = bench.executor.runAll()
      // The answer is known, its settle waits, and so does the run.
      #expect(bench.end == nil)
      #expect(try bench.queue.tally(of: bench.batch)[.leased] == 1)
      try bench.drive()
      #expect(bench.end == .finished)
      #expect(try bench.queue.tally(of: bench.batch) == Tally([.done: 1]))
    }
  }

  @Test func `a drain with 16 in flight keeps all 16 answers and gives back what was not sent`() async throws {
    try await withTemporaryFolder { folder in
      let target = HeldTarget()
      let names = (1...60).map { "n\($0)" }
      let bench = try Bench(target, names: names, rules: Rules(concurrency: 16), in: folder)
      try bench.drive { target.creates.count == 16 && (try? bench.queue.tally(of: bench.batch)[.leased]) ?? 0 > 16 }
      bench.pool.requestDrain()
      bench.settle()
      #expect(try bench.queue.tally(of: bench.batch) == Tally([.leased: 16, .ready: 44]))
      #expect(bench.end == nil)
      target.answer()
      try bench.drive()
      #expect(bench.end == .drained)
      #expect(target.creates.count == 16)
      #expect(try bench.queue.tally(of: bench.batch) == Tally([.done: 16, .ready: 44]))
    }
  }

  @Test func `what has not answered when the drain's time is up is in doubt`() async throws {
    try await withTemporaryFolder { folder in
      let target = HeldTarget()
      let names = (1...8).map { "n\($0)" }
      let rules = Rules(concurrency: 4, drainTimeout: .seconds(25))
      let bench = try Bench(target, names: names, rules: rules, in: folder)
      try bench.drive { target.creates.count == 4 }
      let start = bench.time.now()
      bench.pool.requestDrain()
      target.answer(["n1"])
      try bench.drive()
      #expect(bench.end == .drained)
      #expect(bench.time.now() - start == .seconds(25))
      #expect(try bench.queue.tally(of: bench.batch) == Tally([.done: 1, .inDoubt: 3, .ready: 4]))
    }
  }

  @Test func `being cancelled is being asked to drain`() async throws {
    try await withTemporaryFolder { folder in
      let target = HeldTarget()
      let bench = try Bench(target, names: ["a", "b"], rules: Rules(concurrency: 1), in: folder)
      try bench.drive { target.creates.count == 1 }
      bench.run.cancel()
      bench.settle()
      #expect(bench.end == nil)
      target.answer()
      try bench.drive()
      #expect(bench.end == .drained)
      #expect(try bench.queue.tally(of: bench.batch) == Tally([.done: 1, .ready: 1]))
    }
  }

  @Test func `equal runs have one history`() async throws {
    let names = (1...30).map { "n\($0)" }
    var histories: Set<[String]> = []
    for index in 1...40 {
      histories.insert(
        try await withTemporaryFolder { folder in
          let log = Mutex<[String]>([])
          let target = ScriptedTarget { definition, count in
            log.withLock { $0.append("\(definition) \(count)") }
            return switch count % 7 {
            case 2: Outcome(.throttled)
            case 4: Outcome(.unknown)
            default: Outcome(.made, remoteID: definition)
            }
          }
          let bench = try Bench(target, names: names, rules: Rules(concurrency: 8), in: folder)
          try bench.drive()
          #expect(bench.end == .finished, "run \(index)")
          return log.withLock { $0 } + ["\(bench.time.now())"]
        })
    }
    #expect(histories.count == 1)
  }
}
