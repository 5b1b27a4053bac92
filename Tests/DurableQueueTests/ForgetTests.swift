import Foundation
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct ForgetTests {
  @Test func `a batch is erased with what only it names, and nothing of it is left in the file`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["kim-minjun", "shared"], label: "/one.csv")
      for lease in try await fixture.claim(2, of: first).leases {
        _ = try await fixture.settle(lease, Outcome(.succeeded, remoteID: "id-\(lease.name)"))
      }
      let second = try fixture.importNames(["shared"], label: "/two.csv")
      #expect(try fixture.queue.forget(first) == 1)
      #expect(try fixture.queue.batches().map(\.id) == [second])
      #expect(try fixture.state("shared", in: second) == .done)
      #expect(try fixture.queue.histories(named: "shared", line: nil, in: second).first?.attempts.count == 1)
      for suffix in ["", "-wal"] {
        let bytes = FileManager.default.contents(atPath: fixture.queue.path + suffix) ?? Data()
        #expect(bytes.range(of: Data("kim-minjun".utf8)) == nil, "\(suffix)")
      }
    }
  }

  @Test func `a batch with unfinished rows is left alone`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      #expect(try fixture.queue.forget(batch) == nil)
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1]))
    }
  }
}
