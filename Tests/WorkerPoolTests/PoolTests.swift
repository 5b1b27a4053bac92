import DurableQueue
import Pacing
import Provisioning
import SQLiteStore
import TestSupport
import Testing
import WorkerPool

/// The pool over a real queue and a scripted target, in time that jumps.
@Suite struct PoolTests {
  struct Fixture: Sendable {
    let queue: Queue
    let time: JumpingTimeSource
    let scope: KeyScopeID
    let batch: BatchID

    static func with<Value>(
      _ names: [String], accounts: [String] = ["acc"], quota: Quota = Quota(rate: .untilLearned, burst: 2),
      _ body: (Fixture) async throws -> Value
    ) async throws -> Value {
      try await withTemporaryFolder { folder in
        let time = JumpingTimeSource()
        let queue = try Queue(path: folder + "/rollcall.db", time: time)
        let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
        try queue.setLimit(quota, source: .flag, of: scope)
        let new = NewBatch(
          label: "/class.csv", target: "dataforest", baseURL: "https://example.com",
          columns: ["name"], digest: "d")
        let result = try queue.importBatch(new) { add in
          for (index, name) in names.enumerated() {
            let content = NewRow.Content.item(
              account: accounts[index % accounts.count], name: name, definition: Definition(text: name))
            try add(NewRow(ordinal: index + 1, line: index + 2, cells: [name], content: content))
          }
        }
        guard let batch = result?.batch else { throw QueueError(.other, path: folder, detail: "no batch") }
        return try await body(Fixture(queue: queue, time: time, scope: scope, batch: batch))
      }
    }

    func run(_ target: ScriptedTarget, rules: Rules = Rules()) async throws -> RunEnd {
      try await run(pool(target, rules: rules, owner: try queue.becomeOwner().id))
    }

    /// Begins a run as the command does.
    func begin() throws -> RunStart? {
      try queue.begin(RunRequest(batch: batch, baseURL: "https://example.com", fingerprint: "0123456789ab"))
    }

    func pool(_ target: ScriptedTarget, rules: Rules, owner: OwnerID) -> Pool {
      Pool(
        queue: queue, target: target, owner: owner, scope: scope, batch: batch, rules: rules, time: time,
        generator: SeededGenerator(seed: 1))
    }

    func run(_ pool: Pool) async throws -> RunEnd { await pool.run() }

    func rows() throws -> [ReportRow] {
      var rows: [ReportRow] = []
      try queue.forEachRow(of: batch) { rows.append($0) }
      return rows
    }

    var tally: Tally { get throws { try queue.tally(of: batch) } }
    func usedAttempts() throws -> Int {
      var count = 0
      try queue.forEachRow(of: batch) { count += $0.item?.attemptCount ?? 0 }
      return count
    }
  }

  static let names = (1...40).map { "n\($0)" }
  static let fast = Quota(rate: Rate("100/s") ?? .untilLearned, burst: 10)

  @Test func `every item is created once, after one list of its account`() async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget()
      #expect(try await fixture.run(target) == .finished)
      #expect(target.creates.sorted() == Self.names.sorted())
      #expect(target.lists == ["acc"])
      #expect(try fixture.tally == Tally([.done: 40]))
      #expect(target.mostInFlight <= 4)
    }
  }

  @Test func `a run with nothing to do sends nothing`() async throws {
    try await Fixture.with(["a"], quota: Self.fast) { fixture async throws in
      _ = try await fixture.run(ScriptedTarget())
      let target = ScriptedTarget()
      #expect(try await fixture.run(target) == .finished)
      #expect(target.creates.isEmpty && target.lists.isEmpty)
    }
  }

  @Test func `a batch that was erased under its run is a failure, not an empty success`() async throws {
    try await Fixture.with(["a"], quota: Self.fast) { fixture async throws in
      #expect(try await fixture.run(ScriptedTarget()) == .finished)
      #expect(try fixture.queue.forget(fixture.batch)?.itemCount == 1)
      let end = try await fixture.run(ScriptedTarget())
      guard case .failed(let error) = end else {
        Issue.record("it ended with \(end)")
        return
      }
      #expect(error.code == .forgotten)
    }
  }

  @Test func `a limit that another process sets holds within a second`() async throws {
    let slow = Quota(rate: try #require(Rate("1/m")), burst: 2)
    try await Fixture.with(["a", "b", "c", "d"], quota: slow) { fixture async throws in
      let start = fixture.time.now()
      let target = ScriptedTarget { definition, index in
        // What `--rate` of another run does.
        let isSet = index > 0 || (try? fixture.queue.setLimit(Self.fast, source: .flag, of: fixture.scope)) != nil
        return isSet ? Outcome(.made, remoteID: definition) : Outcome(.unknown)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(fixture.time.now() - start < .seconds(3), "\(fixture.time.now() - start)")
    }
  }

  @Test func `throttles use no attempt and lose no item`() async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        index % 3 == 1
          ? Outcome(.throttled, message: "too fast", status: 429) : Outcome(.made, remoteID: definition)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 40]))
      #expect(try fixture.usedAttempts() == 40)
    }
  }

  @Test func `a Retry-After is never shortened`() async throws {
    try await Fixture.with(["a"], quota: Self.fast) { fixture async throws in
      let start = fixture.time.now()
      let target = ScriptedTarget { definition, index in
        index == 0 ? Outcome(.throttled, retryAfter: .seconds(90)) : Outcome(.made, remoteID: definition)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(fixture.time.now() - start >= .seconds(90))
    }
  }

  @Test func `a wait longer than max-wait ends the run, to be resumed`() async throws {
    try await Fixture.with(["a", "b"], quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in Outcome(.throttled, message: "slow", retryAfter: .seconds(3_600)) }
      let end = try await fixture.run(target, rules: Rules(concurrency: 1))
      guard case .paused(let wait?, let until) = end, wait.reason == .throttled, wait.message == "slow" else {
        Issue.record("it ended with \(end)")
        return
      }
      #expect(until != nil)
      #expect(target.creates.count == 1)
      #expect(try fixture.tally == Tally([.ready: 2]))
    }
  }

  @Test func `refused items fail and the others go on`() async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget { definition, _ in
        definition.hasSuffix("7") ? Outcome(.refused, message: "no") : Outcome(.made, remoteID: definition)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 36, .failed: 4]))
    }
  }

  @Test(arguments: [Outcome.Kind.denied, .notOffered, .misdirected])
  func `an answer that every request would get halts the run with no attempt used`(kind: Outcome.Kind) async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in Outcome(kind, message: "no") }
      #expect(try await fixture.run(target) == .halted(Outcome(kind, message: "no")))
      #expect(target.creates.count <= 4)
      #expect(try fixture.usedAttempts() == 0)
      #expect(try fixture.tally == Tally([.ready: 40]))
      // With the cause mended, the next run finishes.
      #expect(try await fixture.run(ScriptedTarget()) == .finished)
      #expect(try fixture.tally == Tally([.done: 40]))
    }
  }

  @Test func `a probe that is denied halts before the first create`() async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget(list: { _, _ in .failed(Outcome(.denied)) })
      #expect(try await fixture.run(target) == .halted(Outcome(.denied)))
      #expect(target.creates.isEmpty)
    }
  }

  @Test func `a held account keeps its items and the other account goes on`() async throws {
    try await Fixture.with(Self.names, accounts: ["full", "open"], quota: Self.fast) { fixture async throws in
      let odd = Set(stride(from: 0, to: 40, by: 2).map { Self.names[$0] })
      let target = ScriptedTarget { definition, _ in
        odd.contains(definition) ? Outcome(.quota, message: "limit") : Outcome(.made, remoteID: definition)
      }
      let end = try await fixture.run(target)
      #expect(end == .held([AccountHold(account: "full", reason: .quota, message: "limit")]))
      #expect(try fixture.tally == Tally([.ready: 20, .done: 20]))
      #expect(try fixture.usedAttempts() == 20)
    }
  }

  @Test func `names that the probe finds taken are conflicts and are not sent`() async throws {
    try await Fixture.with(["a", "b"], quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget(list: { _, _ in .listed([RemoteItem(id: "x", name: "a")], isWhole: true) })
      #expect(try await fixture.run(target) == .finished)
      #expect(target.creates == ["b"])
      #expect(try fixture.tally == Tally([.failed: 1, .done: 1]))
    }
  }

  @Test func `a service that cannot be reached is asked ever more rarely, until max-wait`() async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in Outcome(.unreachable, message: "refused") }
      let end = try await fixture.run(target, rules: Rules(maxWait: .seconds(120)))
      guard case .paused(let wait?, _) = end, wait.reason == .unreachable else {
        Issue.record("it ended with \(end)")
        return
      }
      #expect(target.creates.count < 60, "\(target.creates.count) requests")
      #expect(try fixture.usedAttempts() == 0)
      #expect(try fixture.tally == Tally([.ready: 40]))
    }
  }

  @Test func `a service that answers nothing is left alone after ten creates, and the rest stays unsent`() async throws
  {
    try await Fixture.with((1...200).map { "n\($0)" }, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown, message: "HTTP 503", status: 503)
      } list: { _, index in
        index == 0 ? .listed([], isWhole: true) : .failed(Outcome(.unknown, message: "HTTP 503", status: 503))
      }
      let end = try await fixture.run(target, rules: Rules(maxWait: .seconds(300)))
      guard case .paused(let wait?, _) = end, wait.reason == .unknown else {
        Issue.record("it ended with \(end)")
        return
      }
      #expect((10...40).contains(target.creates.count), "\(target.creates.count) creates")
      #expect(target.lists.count < 40, "\(target.lists.count) lists")
      #expect(try fixture.tally[.ready] == 200 - target.creates.count)
      // Back again, it finishes: what was in doubt and is absent is sent again, everything once.
      let back = ScriptedTarget()
      #expect(try await fixture.run(back) == .finished)
      #expect(try fixture.tally == Tally([.done: 200]))
    }
  }

  @Test func `after an outage one request tries alone, then ever more together`() async throws {
    try await Fixture.with((1...60).map { "n\($0)" }, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        index < 12 ? Outcome(.unknown) : Outcome(.made, remoteID: definition)
      }
      #expect(try await fixture.run(target, rules: Rules(concurrency: 8)) == .finished)
      #expect(try fixture.tally == Tally([.done: 60]))
    }
  }

  @Test func `a probe that fails for a while is tried again`() async throws {
    try await Fixture.with(["a"], quota: Self.fast) { fixture async throws in
      let kinds = [Outcome.Kind.unreachable, .unknown, .throttled]
      let target = ScriptedTarget(list: { _, index in
        index < kinds.count ? .failed(Outcome(kinds[index])) : .listed([], isWhole: true)
      })
      #expect(try await fixture.run(target) == .finished)
      #expect(target.lists.count == 4)
    }
  }

  @Test func `a drain before the start sends nothing and leaves nothing leased`() async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget()
      let pool = fixture.pool(target, rules: Rules(), owner: try fixture.queue.becomeOwner().id)
      pool.requestDrain()
      #expect(await pool.run() == .drained)
      #expect(try fixture.tally[.leased] == 0)
      #expect(try fixture.tally.unfinishedCount + target.creates.count == 40)
    }
  }

  @Test func `two runs of one batch side by side create everything once`() async throws {
    try await Fixture.with(Self.names, quota: Self.fast) { fixture async throws in
      let target = ScriptedTarget()
      async let one = fixture.run(target)
      async let two = fixture.run(target)
      let ends = try await [one, two]
      #expect(ends == [.finished, .finished])
      #expect(target.creates.sorted() == Self.names.sorted())
    }
  }
}
