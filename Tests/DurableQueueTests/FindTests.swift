import Pacing
import Provisioning
import SQLiteStore
import TestSupport
import Testing

@testable import DurableQueue

/// Finding a row in every roster, and how each course is.
@Suite struct FindTests {
  private func withQueue(_ body: (Queue) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try await body(try Queue(path: folder + "/rollcall.db", time: ManualTimeSource()))
    }
  }

  @discardableResult
  private func importRows(
    _ names: [String], label: String = "class", digest: String, isPartial: Bool = false,
    definition: Definition = "{}", cells: (String) -> [String] = { [$0, "\($0)@x"] }, into queue: Queue
  ) throws -> BatchID {
    var new = NewBatch(
      label: label, target: "dataforest", baseURL: "https://example.com", columns: ["id", "mail"], digest: digest)
    new.isPartial = isPartial
    let result = try queue.importBatch(new) { add in
      for (index, name) in names.enumerated() {
        try add(
          NewRow(
            ordinal: index + 1, line: index + 2, cells: cells(name),
            content: .item(account: "acc", name: name, definition: definition)))
      }
    }
    return try #require(result?.batch)
  }

  @Test func `the nearest kind of hit counts, and each item once, by the latest roster that has it`() async throws {
    try await withQueue { queue in
      try importRows(["ann", "bea"], digest: "1", into: queue)
      try importRows(["ann", "bea"], digest: "2", cells: { [$0, "\($0)@new"] }, into: queue)
      try importRows(["ANN"], label: "other", digest: "3", into: queue)
      func found(_ text: String, in batch: BatchID? = nil) throws -> [String] {
        let rows = try queue.find(text, in: batch.map { try #require(try queue.batch($0)) }).rows
        return rows.map { "\($0.name ?? "") \($0.batch.id.rawValue) \($0.line)" }
      }
      #expect(try found("ann") == ["ann 2 2"] && found("ANN") == ["ANN 3 2"], "a name is a name")
      #expect(try found("ann@new") == ["ann 2 2"] && found("ann@x") == ["ann 1 2"], "an older roster has it, too")
      #expect(try found("Bea@NEW") == ["bea 2 3"] && found("@new") == ["ann 2 2", "bea 2 3"])
      #expect(try found("@x") == ["ANN 3 2", "ann 1 2", "bea 1 3"])
      #expect(try found("2") == ["ANN 3 2"] && found("3", in: BatchID(1)) == ["bea 1 3"] && found("3").isEmpty)
      #expect(try found("@x", in: BatchID(2)).isEmpty && found("", in: nil).isEmpty && found("%").isEmpty)
    }
  }

  @Test func `a search that finds thousands hands out a few, and still finds the one that is equal`() async throws {
    try await withQueue { queue in
      let names = (1...5_000).map { "s\($0)" }
      try importRows(names, digest: "1", cells: { [$0 == "s4999" ? "mail" : $0, "\($0)@mail"] }, into: queue)
      let part = try queue.find("@mail", in: nil, atMost: 20)
      #expect(part.rows.count == 20 && part.isCut)
      let exact = try queue.find("mail", in: nil)
      #expect(exact.rows.map(\.name) == ["s4999"] && !exact.isCut)
    }
  }

  @Test func `a course is its latest whole roster; what differs in text alone is changed`() async throws {
    try await withQueue { queue in
      try importRows(["ann", "bea"], digest: "1", definition: #"{"image":"a"}"#, into: queue)
      try queue.writeExclusively { db in
        try db.run("UPDATE item SET state = 'done', due = NULL, remote_id = name, finished_at = 1")
      }
      try importRows(["ann", "bea", "cid"], digest: "2", definition: #"{"image":"b"}"#, into: queue)
      try importRows(["ann"], digest: "3", isPartial: true, definition: #"{"image":"b"}"#, into: queue)
      let course = try #require(try queue.courses().first)
      #expect(try queue.courses().count == 1 && course.batch?.id == BatchID(2) && course.changedCount == 2)
      #expect(course.tally[.done] == 2 && course.tally[.ready] == 1 && course.lastRun == nil)
      try queue.noteRun(
        of: Course(service: "dataforest", baseURL: "https://example.com", label: "never.csv"), nil, verb: "run",
        since: Instant(microseconds: 0),
        RunRecord.End(at: Instant(microseconds: 1), status: 5, reason: "roster_issues", message: "m", counts: nil))
      let never = try #require(try queue.courses().first { $0.label == "never.csv" })
      #expect(never.batch == nil && never.lastRun?.end?.status == 5, "a run that ended before there was a batch")
    }
  }

  @Test func `counting what differs sorts nothing and reads no table from end to end`() async throws {
    try await withQueue { queue in
      for (sql, arguments) in [(Queue.changedSQL, [1] as Arguments)] {
        let plan = try queue.read { db in
          try db.all("EXPLAIN QUERY PLAN " + sql, arguments).map { row -> String in try row.get("detail") }
        }
        #expect(!plan.contains { $0.contains("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
      }
    }
  }
}
