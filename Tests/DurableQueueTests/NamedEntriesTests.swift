import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

@Suite struct NamedEntriesTests {
  @Test func `entries are found by name, each in the list's order`() {
    let items = ["a", "b", "a", "c", "a", "b"].enumerated().map { RemoteItem(id: "i\($0.offset)", name: $0.element) }
    let entries = NamedEntries(items)
    #expect(Array(entries.names) == ["a", "b", "c"])
    #expect(entries["a"].map(\.id) == ["i0", "i2", "i4"] && entries["b"].map(\.id) == ["i1", "i5"])
    #expect(entries["c"].map(\.id) == ["i3"] && entries["d"].isEmpty && NamedEntries([])["a"].isEmpty)
  }

  @Test func `any list is found as by grouping`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      let items = (0..<Int.random(in: 0...30, using: &generator)).map {
        RemoteItem(id: "\($0)", name: "n\(Int.random(in: 0...12, using: &generator))")
      }
      let entries = NamedEntries(items)
      let grouped = Dictionary(grouping: items, by: \.name)
      #expect(Set(entries.names) == Set(grouped.keys) && Array(entries.names).count == grouped.count)
      for (name, group) in grouped { #expect(entries[name] == group) }
    }
  }

  @Test func `a list is asked for by the names of an account's items, whatever became of them`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b", "c"])
      let account = try #require(try fixture.queue.accountsWithReadyItems(of: batch).first).scope
      _ = try await fixture.claim(1, of: batch)
      #expect(try fixture.queue.names(in: account) == ["a", "b", "c"])
    }
  }
}
