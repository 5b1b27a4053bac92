import DurableQueue
import Pacing
import Provisioning
import TestSupport
import Testing
import WorkerPool

/// What becomes of rows and runs when something else answers in the service's place.
@Suite struct ForeignAnswerTests {
  private typealias Fixture = PoolTests.Fixture

  private static let blocked = Outcome(.foreign, message: "HTTP 403, a web page: 'Request blocked'", status: 403)

  @Test func `one row that a firewall filters fails with the page's title, and the others are made`() async throws {
    try await Fixture.with(PoolTests.names, quota: PoolTests.fast) { fixture async throws in
      let odd = PoolTests.names[7]
      let target = ScriptedTarget { definition, _ in
        definition == odd ? Self.blocked : Outcome(.made, remoteID: definition)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 39, .failed: 1]))
      #expect(target.creates.filter { $0 == odd }.count == 2, "a second one, after a look")
      let item = try #require(try fixture.rows().first { $0.item?.state == .failed }?.item)
      #expect(item.reason == .foreign)
      #expect(item.message == Self.blocked.message)
    }
  }

  @Test func `a create whose reply was filtered is found in the list and not sent again`() async throws {
    try await Fixture.with(["a", "b"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { definition, _ in
        definition == "a" ? Self.blocked : Outcome(.made, remoteID: definition)
      } list: { _, index in
        .listed(index == 0 ? [] : [RemoteItem(id: "id-a", name: "a", description: "a")], isWhole: true)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(target.creates.sorted() == ["a", "b"])
      #expect(try fixture.tally == Tally([.done: 2]))
    }
  }

  @Test func `a page for one answer fails no row`() async throws {
    try await Fixture.with(PoolTests.names, quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        (10..<16).contains(index) ? Self.blocked : Outcome(.made, remoteID: definition)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 40]))
    }
  }

  @Test func `ten different rows in a row end the run with the title, and later everything is made once`() async throws
  {
    try await Fixture.with(PoolTests.names, quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        index >= 5 ? Self.blocked : Outcome(.made, remoteID: definition)
      }
      guard case .paused(let wait?, nil) = try await fixture.run(target) else {
        Issue.record("it went on")
        return
      }
      #expect(wait.reason == .foreign)
      #expect(wait.message == Self.blocked.message)
      // Five were made and ten answered; at four at once three pages may come before the last that was made, which begins the
      // count anew, and three may be on the wire at the end.
      #expect((15...21).contains(target.creates.count), "\(target.creates.count) creates")
      #expect(try fixture.tally[.failed] == 0)
      let back = ScriptedTarget()
      #expect(try await fixture.run(back) == .finished)
      #expect(try fixture.tally == Tally([.done: 40]))
    }
  }

  @Test func `throttles that something else says are no answers of the service`() async throws {
    try await Fixture.with(PoolTests.names, quota: PoolTests.fast) { fixture async throws in
      var throttle = Outcome(.throttled, message: "HTTP 429, a web page", status: 429)
      throttle.page = ForeignPage(contentType: "text/html", title: nil)
      let answer = throttle
      let target = ScriptedTarget { _, index in index % 2 == 0 ? Self.blocked : answer }
      guard case .paused(let wait?, nil) = try await fixture.run(target) else {
        Issue.record("it went on")
        return
      }
      #expect(wait.reason == .foreign)
      #expect(try fixture.tally[.failed] == 0)
    }
  }

  @Test func `answers of the service in between are no ten in a row`() async throws {
    try await Fixture.with((1...60).map { "n\($0)" }, quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        index < 30 && index % 3 != 0 ? Self.blocked : Outcome(.made, remoteID: definition)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 60]))
    }
  }

  @Test(arguments: [
    (status: 401, kind: Outcome.Kind.denied), (status: 403, kind: .denied), (status: 404, kind: .notOffered),
    (status: 302, kind: .misdirected), (status: 407, kind: .misdirected), (status: 451, kind: .misdirected),
  ]) func `a page in place of the first list is judged by its status`(status: Int, kind: Outcome.Kind) async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      var page = Outcome(.foreign, message: "m", status: status)
      page.page = ForeignPage(contentType: "text/html", title: "t")
      let reply = ListReply.failed(page)
      let target = ScriptedTarget(list: { _, _ in reply })
      guard case .halted(let outcome) = try await fixture.run(target) else {
        Issue.record("it went on")
        return
      }
      #expect(outcome.kind == kind && outcome.page == page.page)
      #expect(target.creates.isEmpty)
      #expect(try fixture.tally == Tally([.ready: 1]))
    }
  }

  @Test(arguments: [200, 511]) func `a sign-in page in place of the first list is waited for`(status: Int) async throws
  {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let page = ListReply.failed(Outcome(.foreign, message: "sign in", status: status))
      let target = ScriptedTarget(list: { _, index in index < 3 ? page : .listed([], isWhole: true) })
      #expect(try await fixture.run(target) == .finished)
      let never = ScriptedTarget(list: { _, _ in page })
      let other = try await Fixture.with(["b"], quota: PoolTests.fast) { try await $0.run(never) }
      guard case .paused(let wait?, _) = other, wait.reason == .foreign, wait.message == "sign in" else {
        Issue.record("it ended with \(other)")
        return
      }
    }
  }

  @Test(arguments: [403, 404, 302]) func `a page in place of a later list settles and halts nothing`(status: Int)
    async throws
  {
    try await Fixture.with(["a", "b"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        index == 0 ? Outcome(.unknown) : Outcome(.made, remoteID: definition)
      } list: { _, index in
        (1...3).contains(index) ? .failed(Outcome(.foreign, status: status)) : .listed([], isWhole: true)
      }
      #expect(try await fixture.run(target) == .finished)
      #expect(try fixture.tally == Tally([.done: 2]))
    }
  }

  @Test func `a first list that is not whole is asked for again, and when it never is that is told`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget(list: { _, index in .listed([], isWhole: index == 2) })
      let pool = fixture.pool(target, rules: Rules(), owner: try fixture.queue.becomeOwner().id)
      #expect(await pool.run() == .finished)
      #expect(target.lists.count == 3 && pool.status.incompleteAccounts.isEmpty)
    }
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget(list: { _, _ in .listed([], isWhole: false) })
      let pool = fixture.pool(target, rules: Rules(), owner: try fixture.queue.becomeOwner().id)
      #expect(await pool.run() == .finished)
      #expect(pool.status.incompleteAccounts.count == 1)
      #expect(try fixture.tally == Tally([.done: 1]))
    }
    // A later list that is whole makes up for the first ones.
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { definition, index in
        index == 0 ? Outcome(.unknown) : Outcome(.made, remoteID: definition)
      } list: { _, index in
        .listed([], isWhole: index > 2)
      }
      let pool = fixture.pool(target, rules: Rules(), owner: try fixture.queue.becomeOwner().id)
      #expect(await pool.run() == .finished)
      #expect(pool.status.incompleteAccounts.isEmpty)
    }
  }

  @Test func `with one attempt allowed, a row fails with the page all the same, after a look`() async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, _ in Self.blocked }
      #expect(try await fixture.run(target, rules: Rules(reconcile: ReconcileRules(maxAttempts: 1))) == .finished)
      #expect(target.creates.count == 1 && target.lists.count > 1)
      let item = try #require(try fixture.rows().first?.item)
      #expect(item.reason == .foreign && item.message == Self.blocked.message)
    }
  }

  /// A service whose details are answered by something else.
  private struct WithoutDetails: Target {
    let target: ScriptedTarget
    let failure: Outcome

    var name: String { target.name }
    var baseURL: BaseURL { target.baseURL }
    func create(_ definition: String) async -> Outcome { await target.create(definition) }
    func list(account: String) async -> ListReply { await target.list(account: account) }
    func detail(of item: RemoteItem) async -> DetailReply { .failed(failure) }
    func isMade(_ item: RemoteItem, from definition: String) -> Bool { target.isMade(item, from: definition) }
  }

  @Test(arguments: [Outcome.Kind.foreign, .unknown])
  func `a row that the list shows is not sent while its detail does not come`(kind: Outcome.Kind) async throws {
    try await Fixture.with(["a"], quota: PoolTests.fast) { fixture async throws in
      let target = ScriptedTarget { _, index in
        index == 0 ? Outcome(.unknown) : Outcome(.throttled, retryAfter: .seconds(3_000))
      } list: { _, index in
        .listed(index < 2 ? [] : [RemoteItem(id: "id", name: "a", description: "…")], isWhole: true)
      }
      guard case .paused = try await fixture.run(target) else {
        Issue.record("the run did not pause")
        return
      }
      fixture.time.advance(by: .seconds(3_000))
      // The first create has landed after all; a page's status is no reason to halt, the list has come.
      let hidden = WithoutDetails(target: target, failure: Outcome(kind, message: "page", status: 403))
      let pool = Pool(
        queue: fixture.queue, target: hidden, owner: try fixture.queue.becomeOwner().id, scope: fixture.scope,
        batch: fixture.batch, rules: Rules(), time: fixture.time, generator: SeededGenerator(seed: 1))
      guard case .paused(let wait?, _) = await pool.run(), wait.message == "page" else {
        Issue.record("the run did not pause for it")
        return
      }
      #expect(target.creates.count == 2)
      #expect(try fixture.tally == Tally([.ready: 1]))
    }
  }
}
