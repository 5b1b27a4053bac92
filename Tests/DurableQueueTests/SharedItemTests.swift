import GRDB
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// Two rosters that name the same item.
@Suite struct SharedItemTests {
  @Test func `a run leaves the items of a batch that another process works on, and takes them when that has ended`()
    async throws
  {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["a", "b"], label: "/one.csv", digest: "1")
      let second = try fixture.importNames(["a", "c"], label: "/two.csv", digest: "2")
      // The newer import has taken what both name; the first one's run takes it back.
      let working = try fixture.queue.becomeOwner(of: first)
      try fixture.queue.assign(first)
      try fixture.queue.assign(second)
      #expect(try await fixture.claim(10, of: second).leases.map(\.name) == ["c"])
      try await fixture.queue.end(working)
      try fixture.queue.assign(second)
      #expect(try await fixture.claim(10, of: second).leases.map(\.name) == ["a"])
      #expect(try await fixture.claim(10, of: first).leases.map(\.name) == ["b"])
    }
  }

  @Test func `a roster that wants an item again takes back that it was to be cancelled`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"], digest: "1")
      let lease = try await fixture.claimOne(of: batch)
      _ = try fixture.queue.cancel(batch)
      _ = try fixture.importNames(["a"], digest: "2")
      _ = try await fixture.settle(lease, Outcome(.unreachable), due: fixture.time.now())
      #expect(try fixture.state("a", in: batch) == .ready, "it is not cancelled when it comes back unsent")
    }
  }
}
