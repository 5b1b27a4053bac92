import DurableQueue
import Pacing
import Provisioning
import Synchronization
import TestSupport
import Testing
import WorkerPool

/// What becomes of answers that never came: settled by the service's own list, in time that jumps.
@Suite struct ReconcileTests {
  private typealias Fixture = PoolTests.Fixture

  /// A service that makes what it is asked for and loses the answers of `lost` creates, counted from 0.
  private final class ForgetfulService: Sendable {
    let made = Mutex<[String]>([])
    /// Whether a create whose answer is lost was carried out all the same.
    let makesLostOnes: Bool

    init(makesLostOnes: Bool) { self.makesLostOnes = makesLostOnes }

    func target(losing lost: @escaping @Sendable (_ definition: String, _ index: Int) -> Bool) -> ScriptedTarget {
      ScriptedTarget { [self] definition, index in
        let isLost = lost(definition, index)
        if !isLost || makesLostOnes { made.withLock { $0.append(definition) } }
        return isLost ? Outcome(.unknown, message: "timeout") : Outcome(.made, remoteID: "id-\(definition)")
      } list: { [self] _, _ in
        let items = made.withLock { $0 }.map { RemoteItem(id: "id-\($0)", name: $0, description: $0) }
        return .listed(items, isWhole: true)
      }
    }
  }

  @Test func `a workspace whose answer was lost is adopted and not sent again`() async throws {
    try await Fixture.with(PoolTests.names, quota: PoolTests.fast) { fixture async throws in
      let service = ForgetfulService(makesLostOnes: true)
      let target = service.target { _, index in index % 5 == 0 }
      let start = fixture.time.now()
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 40]))
      #expect(target.creates.sorted() == PoolTests.names.sorted())
      #expect(fixture.time.now() - start >= .seconds(60))
    }
  }

  @Test func `a create that never arrived is sent again, and not before the settle delay`() async throws {
    try await Fixture.with(PoolTests.names, quota: PoolTests.fast) { fixture async throws in
      let service = ForgetfulService(makesLostOnes: false)
      let target = service.target { _, index in index < 40 && index % 5 == 0 }
      let start = fixture.time.now()
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 40]))
      #expect(target.creates.count == 48)
      #expect(service.made.withLock { $0.sorted() } == PoolTests.names.sorted())
      #expect(fixture.time.now() - start >= .seconds(60))
    }
  }

  @Test func `an item that never gets an answer fails when its attempts are used up`() async throws {
    try await Fixture.with(["a", "b"], quota: PoolTests.fast) { fixture async throws in
      let target = ForgetfulService(makesLostOnes: false).target { definition, _ in definition == "a" }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.failed: 1, .done: 1]))
      #expect(target.creates.filter { $0 == "a" }.count == 5)
    }
  }

  @Test func `something of the name that is not what we sent is a conflict`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown)
      } list: { _, index in
        index == 0
          ? .listed([], isWhole: true) : .listed([RemoteItem(id: "x", name: "a", description: "other")], isWhole: true)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.failed: 1]))
      #expect(target.creates == ["a"])
      try fixture.queue.forEachRow(of: fixture.batch) { #expect($0.item?.reason == .conflict) }
    }
  }

  @Test func `a list that is not whole shows nobody absent`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        index == 0 ? Outcome(.unknown) : Outcome(.made, remoteID: definition)
      } list: { _, index in
        .listed([], isWhole: index == 0 || index > 3)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(target.lists.count == 5)
      #expect(target.creates == ["a", "a"])
    }
  }

  @Test func `lists that never tell end the run, with everything kept in doubt`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown)
      } list: { _, index in
        .listed([], isWhole: index == 0)
      }
      #expect(try await fixture.run(target) == .undecided)
      #expect(target.creates == ["a"])
      #expect(try fixture.tally == Tally([.inDoubt: 1]))
    }
  }

  @Test func `a service that lists but refuses to create is left alone all the same`() async throws {
    try await Fixture.with((1...100).map { "n\($0)" }, quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in Outcome(.unknown, status: 503) }
      let end = try await fixture.run(target, rules: Rules(maxWait: .seconds(200)))
      guard case .paused(let wait?, _) = end, wait.reason == .unknown else {
        Issue.record("it ended with \(end)")
        return
      }
      #expect(target.creates.count < 50, "\(target.creates.count) creates")
      #expect(try fixture.tally[.failed] == 0)
    }
  }

  @Test func `a list that fails for a while leaves everything in doubt until it comes`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown)
      } list: { _, index in
        switch index {
        case 0: .listed([], isWhole: true)
        case 1...3: .failed(Outcome(.unknown, message: "no list"))
        default: .listed([RemoteItem(id: "id", name: "a", description: "a")], isWhole: true)
        }
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 1]))
      #expect(target.creates == ["a"])
    }
  }

  @Test func `a refusal after a lost answer is settled by the list: it had been made`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, index in
        index == 0 ? Outcome(.unknown) : Outcome(.refused, message: "name already exists (a)")
      } list: { _, index in
        // The first create lands after the list that called it absent.
        index < 2
          ? .listed([], isWhole: true) : .listed([RemoteItem(id: "id", name: "a", description: "a")], isWhole: true)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 1]))
      #expect(target.creates == ["a", "a"])
    }
  }

  @Test func `a refusal after a lost answer that the list does not show is that refusal`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, index in
        index == 0 ? Outcome(.unknown) : Outcome(.refused, message: "bad image")
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.failed: 1]))
      try fixture.queue.forEachRow(of: fixture.batch) { #expect($0.item?.message == "bad image") }
    }
  }

  @Test func `two of one name in a list halt the run`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let twice = (1...2).map { RemoteItem(id: "id\($0)", name: "a", description: "a") }
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown)
      } list: { _, index in
        .listed(index == 0 ? [] : twice, isWhole: true)
      }
      #expect(try await fixture.run(target) == .duplicates(["a"]))
    }
  }

  @Test func `a halt settles first what other accounts have in doubt`() async throws {
    try await Fixture.with(["a", "b", "c", "d"], accounts: ["one", "two"], quota: PoolTests.fast) {
      fixture async throws in
      // Of "one", a stands there twice; of "two", b was made although its answer was lost.
      let target = ScriptedTarget { definition, _ in
        definition < "c" ? Outcome(.unknown) : Outcome(.made, remoteID: definition)
      } list: { account, index in
        let twice = (1...2).map { RemoteItem(id: "id\($0)", name: "a", description: "a") }
        let once = [RemoteItem(id: "idb", name: "b", description: "b")]
        return .listed(index < 2 ? [] : account == "one" ? twice : once, isWhole: true)
      }
      #expect(try await fixture.run(target) == .duplicates(["a"]))
      let tally = try fixture.tally
      #expect(tally == Tally([.done: 4]), "\(tally) after lists of \(target.lists)")
      #expect(target.creates.count == 4)
    }
  }

  @Test func `an entry that its list shortens is told by its detail`() async throws {
    try await Fixture.with(["a", "b"], quota: PoolTests.fast) { fixture async throws in
      let entries = ["a", "b"].map { RemoteItem(id: "id\($0)", name: $0, description: "…") }
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown)
      } list: { _, index in
        .listed(index == 0 ? [] : entries, isWhole: true)
      } detail: {
        $0.name == "a" ? "a" : "another"
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 1, .failed: 1]))
      try fixture.queue.forEachRow(of: fixture.batch) { row in
        #expect(row.item?.reason == (row.item?.name == "a" ? nil : .conflict))
        // A conflict keeps the id of what stands there, for the person who looks and may adopt it.
        #expect(row.item?.remoteID == "id\(row.item?.name ?? "")")
      }
    }
  }

  @Test func `a create that lands after it was called absent is adopted before it is sent again`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, index in
        index == 0 ? Outcome(.unknown) : Outcome(.throttled, retryAfter: .seconds(3_000))
      } list: { _, index in
        .listed(index < 2 ? [] : [RemoteItem(id: "id", name: "a", description: "a")], isWhole: true)
      }
      guard case .paused = try await fixture.run(target) else {
        Issue.record("the run did not pause")
        return
      }
      #expect(try fixture.tally == Tally([.ready: 1]))
      fixture.time.advance(by: .seconds(3_000))
      #expect(try await fixture.run(target) == .finished)
      #expect(target.creates.count == 2)
      #expect(try fixture.tally == Tally([.done: 1]))
    }
  }

  @Test(arguments: [(-60, true), (-1, true), (4, true), (59, false), (-70, false)])
  func `what was made before we asked, or later than a create can land, by the service's clock, is not ours`(
    made: Int, isOurs: Bool
  ) async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let start = fixture.time.now()
      // The service's clock is a minute behind.
      let entry = RemoteItem(id: "id", name: "a", description: "a", createdAt: start + .seconds(made))
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown)
      } list: { _, index in
        .listed(index == 0 ? [] : [entry], isWhole: true, clockSkew: .seconds(-60))
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([isOurs ? .done : .failed: 1]))
    }
  }

  @Test func `throttles that never end pause the run, however short each wait is`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let start = fixture.time.now()
      let target = ScriptedTarget { _, _ in Outcome(.throttled, message: "slow", retryAfter: .seconds(1)) }
      guard case .paused(let wait?, _) = try await fixture.run(target, rules: Rules(maxWait: .seconds(60))),
        wait.reason == .throttled, wait.message == "slow"
      else {
        Issue.record("the run did not pause")
        return
      }
      #expect(fixture.time.now() - start < .seconds(120))
      #expect(try fixture.tally == Tally([.ready: 1]))
    }
  }

  @Test func `what an owner that died had claimed is taken back by a run that is under way`() async throws {
    try await Fixture.with(["a", "b"], quota: PoolTests.fast) { fixture async throws in
      do {
        let dead = try fixture.queue.becomeOwner()
        _ = try await fixture.queue.claim(
          upTo: 1, of: fixture.batch, for: dead.id, with: fixture.scope, within: .zero, under: .standard)
      }
      let target = ScriptedTarget()
      #expect(try await fixture.run(target) == .finished)
      #expect(target.creates.sorted() == ["a", "b"])
    }
  }

  @Test func `what an owner that died had sent is adopted by the next run`() async throws {
    try await Fixture.with(["a", "b"], quota: PoolTests.fast) { fixture async throws in
      do {
        let dead = try fixture.queue.becomeOwner()
        _ = try await fixture.queue.claim(
          upTo: 1, of: fixture.batch, for: dead.id, with: fixture.scope, within: .zero, under: .standard)
      }
      let target = ScriptedTarget(list: { _, _ in
        .listed([RemoteItem(id: "id", name: "a", description: "a")], isWhole: true)
      })
      let owner = try #require(try fixture.begin()).ownership
      #expect(try await fixture.run(fixture.pool(target, rules: Rules(), owner: owner.id)) == .finished)
      withExtendedLifetime(owner) {}
      #expect(target.creates == ["b"])
      #expect(try fixture.tally == Tally([.done: 2]))
    }
  }

  @Test func `an account whose list is refused keeps what is in doubt, and the person is told`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in
        Outcome(.unknown)
      } list: { _, index in
        index == 0 ? .listed([], isWhole: true) : .failed(Outcome(.accountRefused, message: "not yours"))
      }
      #expect(
        try await fixture.run(target)
          == .held([AccountHold(account: "acc", reason: .accountRefused, message: "not yours")]))
      #expect(try fixture.tally == Tally([.inDoubt: 1]))
    }
  }
}
