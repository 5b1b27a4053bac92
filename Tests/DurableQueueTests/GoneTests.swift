import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

/// What leaves a course is counted against the rosters that it had in the last 30 days.
@Suite struct GoneTests {
  private static let label = "/rosters/class.csv"

  private struct Course {
    let fixture: QueueFixture

    private func rows(_ numbers: [Int]) -> [NewRow] {
      numbers.enumerated().map { QueueFixture.row($0.offset + 1, "s\($0.element)") }
    }

    /// What would leave with a roster of these: as the plan has it, and as the import has it that knows no plan.
    func share(_ numbers: some Sequence<Int>, limit: GoneLimit = .standard) throws -> GoneShare? {
      let rows = rows(Array(numbers))
      let planned = try fixture.queue.compare(
        target: "dataforest", baseURL: "https://example.com", label: GoneTests.label, limit: limit
      ) { session in for row in rows { try session.add(row) } }
      let spool = RowSpool()
      for row in rows { try spool.append(row) }
      var found: Comparison?
      let new = QueueFixture.batch(digest: "\(numbers)")
      let result = try fixture.queue.importBatch(new, spool.rows, limit: limit) {
        found = $0
        return false
      }
      #expect(result == nil && found?.tooManyGone == planned.tooManyGone)
      return planned.tooManyGone
    }

    @discardableResult
    func take(_ numbers: some Sequence<Int>) throws -> BatchID {
      try fixture.importRows(rows(Array(numbers)), digest: "\(numbers)")
    }

    func pass(days: Int) { fixture.time.advance(by: .seconds(days * 86_400)) }
  }

  private func course(_ body: (Course) throws -> Void) async throws {
    try await QueueFixture.with { try body(Course(fixture: $0)) }
  }

  @Test(arguments: [(100, 20, false), (100, 21, true), (100, 19, false), (24, 5, true), (25, 5, false), (6, 5, true)])
  func `more than a fifth is too many`(rowCount: Int, goneCount: Int, isTooMany: Bool) async throws {
    try await course { course in
      let batch = try course.take(1...rowCount)
      let share = try course.share(goneCount + 1...rowCount)
      #expect((share != nil) == isTooMany)
      if let share {
        #expect(share.goneCount == goneCount && share.rowCount == rowCount && share.batch == batch)
        #expect(share.importedAt == course.fixture.time.now())
      }
    }
  }

  @Test func `four are never too many of a share, and any number is of a count`() async throws {
    try await course { course in
      try course.take(1...5)
      #expect(try course.share(5...5) == nil)
      #expect(try course.share([9])?.goneCount == 5)
      #expect(try course.share(2...5, limit: GoneLimit(count: 0))?.goneCount == 1)
      #expect(try course.share([9], limit: GoneLimit(count: 5)) == nil)
      #expect(try course.share([9], limit: GoneLimit(percent: 100)) == nil)
    }
  }

  @Test func `a course that shrinks in steps is held against its largest roster`() async throws {
    try await course { course in
      let first = try course.take(1...30)
      for last in [28, 26, 25, 24] {
        course.pass(days: 2)
        #expect(try course.share(1...last) == nil, "\(last)")
        try course.take(1...last)
      }
      let share = try course.share(1...23)
      #expect(share?.goneCount == 7 && share?.batch == first)
    }
  }

  @Test func `what is older than 30 days is not counted, but what was the roster until then`() async throws {
    try await course { course in
      try course.take(1...40)
      try course.take(1...36)
      try course.take(1...32)
      course.pass(days: 29)
      #expect(try course.share(1...28)?.rowCount == 40)
      course.pass(days: 2)
      #expect(try course.share(1...28) == nil, "4 of the 32 that it has had since")
      let share = try course.share(1...20)
      #expect(share?.goneCount == 12 && share?.rowCount == 32)
    }
  }

  @Test func `what a person has answered for is not asked again, and what shrinks after that is`() async throws {
    try await course { course in
      try course.take(1...40)
      // Somebody has said that 18 have left.
      let answered = try course.take(1...22)
      #expect(try course.share(1...21) == nil)
      try course.take(1...20)
      try course.take(Array(1...18) + [50])
      #expect(try course.share(1...18) == nil, "4 of the 22")
      let share = try course.share(1...17)
      #expect(share?.goneCount == 5 && share?.batch == answered)
      // Back again: the large roster counts anew.
      let back = try course.take(1...40)
      #expect(try course.share(1...22)?.batch == back)
    }
  }

  @Test func `who came after the largest roster and left before the previous one counts once`() async throws {
    try await course { course in
      try course.take(1...40)
      let middle = try course.take(101...130)
      try course.take(101...126)
      // 127 to 130 are in neither the largest nor the previous roster: two of them are back.
      #expect(try course.share(Array(103...126) + [127, 128]) == nil)
      #expect(try course.share(Array(104...126) + [127, 128])?.goneCount == nil)
      let share = try course.share(103...125)
      #expect(share?.batch == middle && share?.goneCount == 7)
    }
  }

  @Test func `other labels, other endpoints and parts of a roster count for nothing`() async throws {
    try await course { course in
      let fixture = course.fixture
      let rows = (1...30).map { QueueFixture.row($0, "s\($0)") }
      var others = [QueueFixture.batch("/rosters/other.csv"), QueueFixture.batch(), QueueFixture.batch()]
      others[1].baseURL = "https://example.org"
      others[2].isPartial = true
      for other in others { _ = try fixture.queue.importBatch(other) { add in for row in rows { try add(row) } } }
      #expect(try course.share(1...1) == nil)
      try course.take(1...30)
      var part = QueueFixture.batch(digest: "part")
      part.isPartial = true
      _ = try fixture.queue.importBatch(part) {
        try $0(rows[0])
      } confirm: { comparison in
        #expect(comparison.tooManyGone == nil)
        return true
      }
      #expect(try course.share(1...1)?.goneCount == 29)
    }
  }

  @Test func `a row with an issue has not left`() async throws {
    try await QueueFixture.with { fixture in
      try fixture.importNames((1...10).map { "s\($0)" })
      let rows = (1...10).map {
        NewRow(ordinal: $0, line: $0, cells: ["", ""], content: .issue("bad", account: "acc", name: "s\($0)"))
      }
      let spool = RowSpool()
      for row in rows { try spool.append(row) }
      _ = try fixture.queue.importBatch(QueueFixture.batch(digest: "d2"), spool.rows) { comparison in
        #expect(comparison.tooManyGone == nil)
        return true
      }
    }
  }

  @Test func `a roster that another process imports between plan and import is counted`() async throws {
    try await course { course in
      let fixture = course.fixture
      try course.take(1...8)
      let rows = (1...8).map { QueueFixture.row($0, "s\($0)") }
      let known = try fixture.queue.compare(
        target: "dataforest", baseURL: "https://example.com", label: Self.label
      ) { session in for row in rows { try session.add(row) } }
      #expect(known.tooManyGone == nil)
      try course.take(1...30)
      let spool = RowSpool()
      for row in rows { try spool.append(row) }
      var found: Comparison?
      _ = try fixture.queue.importBatch(QueueFixture.batch(digest: "again"), spool.rows, known: known) {
        found = $0
        return false
      }
      #expect(found?.tooManyGone?.goneCount == 22)
      #expect(try fixture.queue.tally(of: #require(try fixture.queue.latestBatch()).id)[.ready] == 30)
    }
  }
}
