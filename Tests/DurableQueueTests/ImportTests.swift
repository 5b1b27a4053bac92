import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct ImportTests {
  @Test func `every row becomes a ready item, in the roster's order`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b", "c"])
      let rows = try fixture.rows(of: batch)
      #expect(rows.map(\.ordinal) == [1, 2, 3])
      #expect(rows.map(\.cells) == [["a", "a@example.com"], ["b", "b@example.com"], ["c", "c@example.com"]])
      #expect(rows.allSatisfy { $0.item?.state == .ready })
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 3]))
    }
  }

  @Test func `an import that fails in the middle leaves nothing`() async throws {
    try await QueueFixture.with { fixture in
      struct Broken: Error {}
      #expect(throws: Broken.self) {
        _ = try fixture.queue.importBatch(QueueFixture.batch()) { add in
          try add(QueueFixture.row(1, "a"))
        } confirm: { _ in
          throw Broken()
        }
      }
      #expect(try fixture.queue.batches().isEmpty)
      let batch = try fixture.importNames(["a"])
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1]))
    }
  }

  @Test func `an import that is declined leaves nothing`() async throws {
    try await QueueFixture.with { fixture in
      var asked: Comparison?
      let result = try fixture.queue.importBatch(QueueFixture.batch()) { add in
        try add(QueueFixture.row(1, "a"))
      } confirm: {
        asked = $0
        return false
      }
      #expect(result == nil)
      #expect(asked?.toCreateCount == 1)
      #expect(try fixture.queue.batches().isEmpty)
    }
  }

  @Test func `the same roster again is the batch that is there`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"], digest: "d1")
      #expect(try fixture.queue.latestBatch(equalTo: QueueFixture.batch(digest: "d1")) == batch)
      #expect(try fixture.queue.latestBatch(equalTo: QueueFixture.batch(digest: "d2")) == nil)
      try fixture.importNames(["a", "b"], digest: "d2")
      // Only the label's latest batch counts: the first roster is a change again.
      #expect(try fixture.queue.latestBatch(equalTo: QueueFixture.batch(digest: "d1")) == nil)
    }
  }

  @Test func `a done item stays done in the next roster and is counted in both`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a"])
      _ = try await fixture.settle(try await fixture.claimOne(of: first), Outcome(.made, remoteID: "id-a"))
      let second = try fixture.importNames(["b", "a"], digest: "d2")
      #expect(try fixture.queue.tally(of: first) == Tally([.done: 1]))
      #expect(try fixture.queue.tally(of: second) == Tally([.done: 1, .ready: 1]))
      let claim = try await fixture.claim(10, of: second)
      #expect(claim.leases.map(\.name) == ["b"])
    }
  }

  @Test func `a ready item takes the newer roster's definition, a done one keeps its own`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a", "b"])
      _ = try await fixture.settle(try await fixture.claimOne(of: first), Outcome(.made, remoteID: "id-a"))
      let second = try fixture.importRows(
        [QueueFixture.row(1, "a", definition: "{\"new\":1}"), QueueFixture.row(2, "b", definition: "{\"new\":2}")],
        digest: "d2")
      #expect(try await fixture.claim(10, of: second).leases.map(\.definition) == ["{\"new\":2}"])
    }
  }

  @Test func `a leased item keeps its definition and takes the newer one if it becomes ready again`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: first)
      let second = try fixture.importRows([QueueFixture.row(1, "a", definition: "{\"new\":1}")], digest: "d2")
      #expect(try await fixture.claim(1, of: second).leases.isEmpty)
      #expect(try await fixture.settle(lease, Outcome(.throttled)) == .settled(.ready))
      #expect(try await fixture.claimOne(of: first).definition == "{\"new\":1}")
    }
  }

  @Test func `a correction made while the old definition was under way is what a requeue sends`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: first)
      let second = try fixture.importRows([QueueFixture.row(1, "a", definition: "{\"new\":1}")], digest: "d2")
      _ = try await fixture.settle(lease, Outcome(.refused, message: "no"))
      #expect(try fixture.queue.assign(second, .failed) == 1)
      #expect(try await fixture.claimOne(of: second).definition == "{\"new\":1}")
    }
  }

  @Test func `what left the roster before it was sent is cancelled, and is ready when it is back`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a", "b"])
      let second = try fixture.importNames(["a"], digest: "d2")
      #expect(try fixture.state("b", in: first) == .cancelled)
      #expect(try fixture.queue.tally(of: first) == Tally([.ready: 1, .cancelled: 1]))
      #expect(try fixture.queue.tally(of: second) == Tally([.ready: 1]))
      let third = try fixture.importNames(["a", "b"], digest: "d3")
      #expect(try fixture.queue.tally(of: third) == Tally([.ready: 2]))
      #expect(try fixture.queue.tally(of: first) == Tally([.ready: 2]))
    }
  }

  @Test func `what another roster still names is not cancelled when it leaves this one`() async throws {
    try await QueueFixture.with { fixture in
      _ = try fixture.importNames(["a", "b"], label: "/other.csv", digest: "o1")
      _ = try fixture.importNames(["a", "b"], digest: "d1")
      let batch = try fixture.importNames(["b"], digest: "d2")
      #expect(try fixture.state("b", in: batch) == .ready)
      #expect(try fixture.queue.tally(of: BatchID(1)) == Tally([.ready: 2]))
      // Once the other roster has dropped it too, it goes.
      _ = try fixture.importNames(["b"], label: "/other.csv", digest: "o2")
      _ = try fixture.importNames(["a", "b"], digest: "d3")
      _ = try fixture.importNames(["b"], digest: "d4")
      #expect(try fixture.state("a", in: BatchID(1)) == .cancelled)
    }
  }

  @Test func `a roster of another label cancels nothing`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a", "b"])
      try fixture.importNames(["c"], label: "/rosters/other.csv", digest: "d2")
      #expect(try fixture.queue.tally(of: first) == Tally([.ready: 2]))
    }
  }

  @Test func `a rejected row travels into the batch with its issue`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importRows([
        QueueFixture.row(1, "a"), NewRow(ordinal: 2, line: 3, cells: ["!", ""], content: .issue("bad name")),
      ])
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1], invalidCount: 1))
      #expect(try fixture.rows(of: batch)[1].issue == "bad name")
    }
  }

  @Test func `the comparison before an import says what the import then does`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a", "b", "c", "d"])
      let leases = try await fixture.claim(3, of: first).leases
      _ = try await fixture.settle(leases[0], Outcome(.made, remoteID: "id-a"))
      _ = try await fixture.settle(leases[1], Outcome(.refused, message: "no"))
      let rows = [
        QueueFixture.row(1, "a", definition: "{\"x\":1}"), QueueFixture.row(2, "b"), QueueFixture.row(3, "c"),
        QueueFixture.row(4, "new"),
      ]
      let compared = try fixture.queue.compare(
        target: "dataforest", baseURL: "https://example.com", label: "/rosters/class.csv"
      ) { session in
        for row in rows { try session.add(row) }
      }
      #expect(compared.newCount == 1)
      #expect(compared.existing == [.done: 1, .failed: 1, .leased: 1])
      #expect(compared.changed == [.done: 1])
      #expect(compared.goneCount == 1)
      #expect(compared.toCreateCount == 2)
    }
  }
}
