import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue

/// A batch as a mended report finds it, and the import of what comes of it.
@Suite struct MendedBatchTests {
  private func rows(of batch: BatchID, _ fixture: QueueFixture) throws -> [ImportedRow] {
    var rows: [ImportedRow] = []
    _ = try fixture.queue.compare(target: "dataforest", baseURL: "https://example.com", label: "none") { session in
      try session.rows(of: batch).forEach { rows.append($0) }
    }
    return rows
  }

  @Test func `a batch's rows come back as they were imported, with the states of their items`() async throws {
    try await QueueFixture.with { fixture in
      var imported = (1...5).map { QueueFixture.row($0, "s\($0)") }
      imported[3] = NewRow(ordinal: 4, line: 9, cells: ["x"], content: .issue("no name"))
      let batch = try fixture.importRows(imported, digest: "a")
      let found = try rows(of: batch, fixture)
      #expect(found.map(\.row.ordinal) == imported.map(\.ordinal) && found.map(\.row.line) == imported.map(\.line))
      #expect(found.map(\.row.content) == imported.map(\.content))
      #expect(found.map(\.state) == [.ready, .ready, .ready, nil, .ready])
      // Rows are handed over while others are compared in the same read.
      var count = 0
      let comparison = try fixture.queue.compare(
        target: "dataforest", baseURL: "https://example.com", label: "none"
      ) { session in
        try session.rows(of: batch).forEach {
          count += 1
          try session.add($0.row)
        }
      }
      #expect(count == 5 && comparison[.ready] == 4)
    }
  }

  @Test func `a batch tells where it stands in its course`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importRows([QueueFixture.row(1, "s1")], digest: "a")
      let alone = try #require(try fixture.queue.mendable(first))
      #expect(alone.latest.id == first && alone.digest == "a" && !alone.isPartial && alone.sharedLines.isEmpty)
      let second = try fixture.importRows([QueueFixture.row(1, "s1"), QueueFixture.row(2, "s2")], digest: "b")
      let overtaken = try #require(try fixture.queue.mendable(first))
      #expect(overtaken.latest.id == second && overtaken.latestDigest == "b" && overtaken.batch.id == first)
      #expect(try fixture.queue.mendable(BatchID(9)) == nil)
      #expect(try fixture.queue.identity().first == "q")
    }
  }

  @Test func `it is imported only while its batch is the latest of its course`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importRows([QueueFixture.row(1, "s1")], digest: "a")
      var mended = QueueFixture.batch(digest: "m")
      mended.mended = first
      let rows = RowSpool()
      try rows.append(QueueFixture.row(1, "s11"))
      // Another process was quicker.
      let second = try fixture.importRows([QueueFixture.row(1, "s1"), QueueFixture.row(2, "s2")], digest: "b")
      #expect(throws: OvertakenBatch(latest: second)) { try fixture.queue.importBatch(mended, rows.rows) }
      #expect(try fixture.queue.latestBatch()?.id == second)
      mended.mended = second
      let result = try #require(try fixture.queue.importBatch(mended, rows.rows))
      #expect(result.isNew && result.comparison.goneUnsentCount == 2)
      // The same again is that batch, whatever it was made of.
      mended.mended = first
      #expect(try fixture.queue.importBatch(mended, rows.rows)?.batch == result.batch)
    }
  }
}
