import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// What is told of an item is what was last seen, and when: never what a roster asks for.
@Suite struct SeenTests {
  /// A batch whose one item was made.
  private func made(_ fixture: QueueFixture) async throws -> (batch: BatchID, account: AccountScopeID) {
    let batch = try fixture.importRows([QueueFixture.row(1, "a", definition: #"{"image":"old","name":"a"}"#)])
    let account = try #require(try fixture.queue.accountsWithReadyItems(of: batch).first).scope
    _ = try await fixture.settle(fixture.claimOne(of: batch), Outcome(.made, remoteID: "1"))
    return (batch, account)
  }

  private func list(_ items: [RemoteItem], _ account: AccountScopeID, _ batch: BatchID, _ fixture: QueueFixture)
    async throws
  {
    let list = RemoteList(items: items, isWhole: true, asked: fixture.time.moment())
    _ = try await fixture.queue.reconcile(list, in: account, of: batch, by: ReconcileRules()) { _, _ in false }
  }

  private func item(_ batch: BatchID, _ fixture: QueueFixture) throws -> ReportRow.Item {
    try #require(try fixture.rows(of: batch).first?.item)
  }

  @Test func `what was made was seen when its answer came, and when a list shows its id`() async throws {
    try await QueueFixture.with { fixture in
      let (batch, account) = try await made(fixture)
      let first = fixture.time.now()
      #expect(try item(batch, fixture).seenAt == first && item(batch, fixture).isAdopted == false)
      fixture.time.advance(by: .seconds(100))
      // Another thing of its name is not it, and a list without it tells nothing yet.
      try await list([RemoteItem(id: "2", name: "a")], account, batch, fixture)
      try await list([], account, batch, fixture)
      #expect(try item(batch, fixture).seenAt == first)
      try await list([RemoteItem(id: "1", name: "a")], account, batch, fixture)
      #expect(try item(batch, fixture).seenAt == fixture.time.now())
      #expect(try item(batch, fixture).finishedAt == first)
    }
  }

  @Test func `a roster that asks for something else leaves what was made, and both are told`() async throws {
    try await QueueFixture.with { fixture in
      let (first, account) = try await made(fixture)
      let (old, new) = (#"{"image":"old","name":"a"}"#, #"{"image":"new","name":"a"}"#)
      let second = try fixture.importRows([QueueFixture.row(1, "a", definition: new)], digest: "d2")
      #expect(try item(first, fixture).difference == nil)
      #expect(try item(second, fixture).difference == DefinitionPair(made: old, wanted: new))
      // A look keeps what is there, whatever that is.
      let target = try #require(try fixture.queue.changedRows(of: second).first)
      #expect(target.made == old && target.wanted == new && target.remoteID == "1")
      fixture.time.advance(by: .seconds(50))
      let entry = RemoteItem(id: "1", name: "a", createdAt: fixture.time.now())
      let third = #"{"image":"third","name":"a"}"#
      #expect(try fixture.queue.store([Look(target, entry, shown: third, askedAt: fixture.time.now())]) == [])
      #expect(try item(second, fixture).difference == DefinitionPair(made: third, wanted: new))
      #expect(try item(second, fixture).seenAt == fixture.time.now())
      let again = try #require(try fixture.queue.changedRows(of: second).first)
      #expect(try fixture.queue.store([Look(again, entry, shown: new, askedAt: fixture.time.now())]) == [])
      #expect(try item(second, fixture).difference == nil && fixture.queue.changedRows(of: second) == [])
      _ = account
    }
  }

  @Test func `a look at what has changed since is not stored`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let account = try #require(try fixture.queue.accountsWithReadyItems(of: batch).first).scope
      try await list([RemoteItem(id: "theirs", name: "a", detail: "x")], account, batch, fixture)
      let target = try #require(try fixture.queue.conflicts(of: batch).first)
      try fixture.queue.assign(batch, Requeue(reasons: [.conflict]))
      let look = Look(
        target, RemoteItem(id: "theirs", name: "a"), shown: target.wanted, askedAt: fixture.time.now())
      #expect(try fixture.queue.store([look]) == [look])
      #expect(try item(batch, fixture).state == .inDoubt)
    }
  }

  @Test func `what was made with a definition that was forgotten was seen by nobody`() async throws {
    try await QueueFixture.with { fixture in
      let (first, _) = try await made(fixture)
      let new = #"{"image":"new","name":"a"}"#
      let second = try fixture.importRows([QueueFixture.row(1, "a", definition: new)], digest: "d2")
      #expect(try fixture.queue.forget(first)?.replacedCount == 1)
      #expect(try item(second, fixture).difference == nil && item(second, fixture).seenAt == nil)
    }
  }

  // MARK: - Runs and courses

  @Test func `runs are remembered with their ends, also those that were killed, and go with their course`()
    async throws
  {
    try await QueueFixture.with { fixture in
      let id = try fixture.importNames(["a"])
      let batch = try #require(try fixture.queue.batch(id))
      let start = fixture.time.now()
      let killed = try fixture.queue.becomeOwner(of: id)
      _ = try fixture.queue.writeExclusively { try Queue.noteRun(of: id, verb: "run", since: start, by: killed.id, $0) }
      #expect(try fixture.queue.runs(atMost: 9).map(\.isUnderWay) == [true])
      try await fixture.queue.end(killed)
      #expect(try fixture.queue.runs(atMost: 9).map(\.isUnderWay) == [false])
      #expect(try fixture.queue.latestRun(of: batch)?.end == nil)
      fixture.time.advance(by: .seconds(5))
      let counts = RunRecord.Counts(rowCount: 1, doneCount: 0, unsentCount: 1)
      let end = RunRecord.End(
        at: fixture.time.now(), status: 6, reason: "denied", message: "Stopped: no.", counts: counts)
      let number = try fixture.queue.writeExclusively {
        try Queue.noteRun(of: id, verb: "resume", since: start, by: fixture.owner.id, $0)
      }
      try fixture.queue.noteEnd(of: number, end)
      let other = Course(service: "dataforest", baseURL: "https://example.com", label: "/other.csv")
      let bad = RunRecord.End(at: end.at, status: 5, reason: "roster_issues", message: "x", counts: nil)
      try fixture.queue.noteRun(of: other, nil, verb: "run", since: start, bad)
      #expect(try fixture.queue.runs(atMost: 9).map(\.end) == [bad, end, nil])
      #expect(try fixture.queue.runs(of: batch.course, atMost: 1).map(\.verb) == ["resume"])
      #expect(try fixture.queue.latestRun(of: batch)?.end == end)
      _ = try fixture.queue.cancel(id)
      #expect(try fixture.queue.forget(id) != nil)
      #expect(try fixture.queue.runs(atMost: 9).map(\.label) == ["/other.csv"])
      #expect(try fixture.queue.course(batch.course) == nil)
    }
  }

  @Test func `a run is remembered by the transaction that begins it, and by none where there is nothing to do`()
    async throws
  {
    try await QueueFixture.with { fixture in
      let id = try fixture.importNames(["a"])
      let request = RunRequest(
        batch: id, baseURL: "https://example.com", fingerprint: "0123456789ab", verb: "retry",
        startedAt: Instant(microseconds: 7_000_000))
      let start = try #require(try fixture.queue.begin(request))
      let run = try #require(try fixture.queue.runs(atMost: 9).first)
      #expect(run.id == start.number && run.verb == "retry" && run.batch == id && run.isUnderWay)
      #expect(run.startedAt == Instant(microseconds: 7_000_000))
      _ = try fixture.queue.cancel(id)
      #expect(try fixture.queue.begin(request) == nil)
      #expect(try fixture.queue.runs(atMost: 9).count == 1)
    }
  }

  @Test func `a course is called otherwise with all that is known of it, unless that name is taken`() async throws {
    try await QueueFixture.with { fixture in
      let id = try fixture.importNames(["a"])
      let old = try #require(try fixture.queue.batch(id)).course
      _ = try fixture.importNames(["b"], label: "/rosters/other.csv")
      #expect(try !fixture.queue.rename(old, to: "/rosters/other.csv"))
      #expect(try fixture.queue.rename(old, to: "/rosters/new.csv"))
      #expect(try !fixture.queue.rename(old, to: "/rosters/newer.csv"))
      let new = try #require(try fixture.queue.batch(id)).course
      #expect(new.label == "/rosters/new.csv")
      #expect(try fixture.queue.course(new)?.id == 1 && fixture.queue.course(old) == nil)
    }
  }
}
