import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

/// A person whom the course has under another name would get a second workspace.
@Suite struct RenamingTests {
  private static let columns = ["no", "student", "email", "seen", "section"]

  private static func row(_ ordinal: Int, _ name: String, person: Int, seen: String = "", no: Int? = nil) -> NewRow {
    let cells = ["\(no ?? ordinal)", "Kim \(person)", "k\(person)@example.com", seen, "A"]
    return NewRow(
      ordinal: ordinal, line: ordinal + 1, cells: cells,
      content: .item(account: "acc", name: name, definition: Definition(text: "{\"name\":\"\(name)\"}")))
  }

  private func take(_ rows: [NewRow], _ fixture: QueueFixture, digest: String = "d1") throws -> BatchID {
    var new = QueueFixture.batch(digest: digest)
    new.columns = Self.columns
    let result = try fixture.queue.importBatch(new) { add in for row in rows { try add(row) } }
    return try #require(result).batch
  }

  private func compare(
    _ rows: [NewRow], _ fixture: QueueFixture, carried: [String] = columns, isPartial: Bool = false
  ) throws -> Comparison {
    try fixture.queue.compare(
      target: "dataforest", baseURL: "https://example.com", label: "/rosters/class.csv", isPartial: isPartial
    ) { session in
      session.carried = carried.compactMap { header in Self.columns.firstIndex(of: header).map { (header, $0) } }
      for row in rows { try session.add(row) }
    }
  }

  @Test func `every name made otherwise: as many people, the first with both names`() async throws {
    try await QueueFixture.with { fixture in
      _ = try take((1...30).map { Self.row($0, "ai-\($0)", person: $0) }, fixture)
      let found = try compare((1...30).map { Self.row($0, "lab-\($0)", person: $0) }, fixture)
      #expect(found.renamedCount == 30 && found.newCount == 30 && found.goneCount == 30)
      let first = try #require(found.renamings.first { $0.line == 2 })
      #expect(first.before == "ai-1" && first.now == "lab-1" && first.column == "student" && first.value == "Kim 1")
    }
  }

  @Test func `one among new and leaving people, in a roster that counts its rows anew`() async throws {
    try await QueueFixture.with { fixture in
      _ = try take((1...30).map { Self.row($0, "ai-\($0)", person: $0) }, fixture)
      let stay = (3...29).map { Self.row($0 - 2, "ai-\($0)", person: $0) }
      let found = try compare(
        stay + [Self.row(28, "ai-30b", person: 30), Self.row(29, "ai-40", person: 40)], fixture)
      #expect(found.renamedCount == 1 && found.renamings.map(\.before) == ["ai-30"])
      #expect(found.newCount == 2 && found.goneCount == 3)
    }
  }

  @Test func `a column that changes with every export does not hide it, and one equal column of two does not show it`()
    async throws
  {
    try await QueueFixture.with { fixture in
      _ = try take((1...20).map { Self.row($0, "ai-\($0)", person: $0, seen: "monday \($0)") }, fixture)
      let now = (1...20).map { Self.row($0, "lab-\($0)", person: $0, seen: "tuesday \($0)") }
      #expect(try compare(now, fixture).renamedCount == 20)
      #expect(try compare(now, fixture, carried: ["student", "seen"]).renamedCount == 0)
      #expect(try compare(now, fixture, carried: ["no", "student"]).renamedCount == 20)
    }
  }

  @Test func `a column that counts the rows, or says the same of many, tells nobody`() async throws {
    try await QueueFixture.with { fixture in
      _ = try take((1...20).map { Self.row($0, "ai-\($0)", person: $0) }, fixture)
      let now = (1...20).map { Self.row($0, "lab-\($0)", person: $0 + 50) }
      #expect(try compare(now, fixture).renamedCount == 0)
      #expect(try compare(now, fixture, carried: ["no", "section"]).renamedCount == 0)
    }
  }

  @Test func `a second workspace beside the first is no other name`() async throws {
    try await QueueFixture.with { fixture in
      let rows = (1...20).map { Self.row($0, "ai-\($0)", person: $0) }
      _ = try take(rows, fixture)
      let found = try compare(rows.dropLast() + [Self.row(20, "ai-1b", person: 1)], fixture)
      #expect(found.goneCount == 1 && found.renamedCount == 0)
    }
  }

  @Test func `whose first name was refused or cancelled may have another`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try take((1...12).map { Self.row($0, "ai-\($0)", person: $0) }, fixture)
      let lease = try await fixture.claimOne(of: batch)
      _ = try await fixture.settle(lease, Outcome(.refused, message: "no"))
      let now = (1...12).map { Self.row($0, "lab-\($0)", person: $0) }
      #expect(try compare(now, fixture).renamedCount == 11)
      _ = try fixture.queue.cancel(batch)
      #expect(try compare(now, fixture).renamedCount == 0)
    }
  }

  @Test func `a part of a roster has nobody gone, and so nobody with another name`() async throws {
    try await QueueFixture.with { fixture in
      _ = try take((1...12).map { Self.row($0, "ai-\($0)", person: $0) }, fixture)
      let now = [Self.row(1, "lab-1", person: 1)]
      #expect(try compare(now, fixture, isPartial: true).renamedCount == 0)
    }
  }
}
