import CSV
import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import TestSupport
import Testing

@testable import Reporter

@Suite struct OutcomeFilesTests {
  /// A batch with a row in every state, made through the queue.
  private func withBatch<Value>(_ body: (Queue, Batch, String) async throws -> Value) async throws -> Value {
    try await withTemporaryFolder { folder in
      let time = ManualTimeSource()
      let queue = try Queue(path: folder + "/rollcall.db", time: time)
      let new = NewBatch(
        label: "/rosters/class.csv", target: "dataforest", baseURL: "https://example.com",
        columns: ["student", "note"], digest: "d")
      let result = try queue.importBatch(new) { add in
        for (index, name) in ["done", "failed", "doubt", "leased", "waits"].enumerated() {
          let content = NewRow.Content.item(account: "acc", name: name, definition: "{}")
          try add(
            NewRow(
              ordinal: index + 1, line: index + 2, cells: ["홍길동, \(name)", "says \"hi\"\nto all"], content: content))
        }
        try add(NewRow(ordinal: 6, line: 9, cells: ["bad", ""], content: .issue("class.csv:9: name (A9): no")))
      }
      let id = try #require(result?.batch)
      let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      try queue.setLimit(Quota(rate: try #require(Rate("1000/s")), burst: 100), source: .flag, of: scope)
      let owner = try queue.becomeOwner()
      let leases = try await queue.claim(upTo: 3, of: id, for: owner.id, with: scope, within: .zero, under: .standard)
        .leases
      let outcomes = [Outcome(.made, remoteID: "id-1"), Outcome(.refused, message: "no"), Outcome(.unknown)]
      for (lease, outcome) in zip(leases, outcomes) {
        _ = try await queue.settle(Answer(lease: lease.handle, outcome: outcome))
      }
      _ = try await queue.claim(upTo: 1, of: id, for: owner.id, with: scope, within: .zero, under: .standard)
      let batch = try #require(try queue.batch(id))
      let value = try await body(queue, batch, folder + "/report")
      withExtendedLifetime(owner) {}
      return value
    }
  }

  private func records(_ name: String, in folder: String) throws -> [[String]] {
    var reader = RecordReader()
    var records: [[String]] = []
    let data = try #require(FileManager.default.contents(atPath: folder + "/" + name))
    try reader.feed(data) { records.append($0.fields) }
    try reader.finish { records.append($0.fields) }
    return records
  }

  @Test func `a batch that was erased meanwhile is an error, and the files that were there stay`() async throws {
    try await ReportFixture.with(["a", "b"]) { fixture in
      try await fixture.settle([Outcome(.made, remoteID: "1"), Outcome(.refused)])
      try fixture.write()
      let before = try fixture.text("succeeded.csv")
      #expect(try fixture.queue.forget(fixture.batch.id)?.itemCount == 2)
      #expect { try fixture.write() } throws: { ($0 as? QueueError)?.code == .forgotten }
      #expect(try fixture.text("succeeded.csv") == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder).allSatisfy { !$0.hasPrefix(".") })
    }
  }

  @Test func `the three files together hold every row once, each in its own`() async throws {
    try await withBatch { queue, batch, folder in
      let summary = try OutcomeFiles(of: batch, in: queue, to: folder).write(at: Instant(microseconds: 0))
      let names = { (file: String) in try self.records(file, in: folder).dropFirst().map { $0[4] } }
      #expect(try names("succeeded.csv") == ["done"])
      #expect(try names("failed.csv") == ["failed", ""])
      #expect(try names("unprocessed.csv") == ["doubt", "leased", "waits"])
      #expect(summary.rowCount == 6)
      #expect(summary.states == ["done": 1, "failed": 1, "in_doubt": 1, "ready": 1, "leased": 1, "cancelled": 0])
      #expect(summary.invalidCount == 1)
      #expect(summary.reasons == ["refused": 1, "unknown": 1])
    }
  }

  @Test func `the roster's own columns come first and come back exactly`() async throws {
    try await withBatch { queue, batch, folder in
      try OutcomeFiles(of: batch, in: queue, to: folder).write(at: Instant(microseconds: 0))
      let failed = try records("failed.csv", in: folder)
      #expect(failed[0] == ["student", "note"] + OutcomeFiles.columns)
      #expect(Array(failed[1].prefix(2)) == ["홍길동, failed", "says \"hi\"\nto all"])
      #expect(Array(failed[1].dropFirst(2).prefix(7)) == ["failed", "acc", "failed", "", "refused", "no", "1"])
      #expect(failed[1].last == "3")
      #expect(
        Array(failed[2].dropFirst(2)) == [
          "invalid", "", "", "", "invalid", "class.csv:9: name (A9): no", "0", "", "", "", try queue.identity(), "1",
          "9",
        ])
    }
  }

  @Test func `the files start with a byte order mark and end their lines with CRLF`() async throws {
    try await withBatch { queue, batch, folder in
      try OutcomeFiles(of: batch, in: queue, to: folder).write(at: Instant(microseconds: 0))
      let bytes = [UInt8](try #require(FileManager.default.contents(atPath: folder + "/unprocessed.csv")))
      #expect(Array(bytes.prefix(3)) == [0xEF, 0xBB, 0xBF])
      #expect(Array(bytes.suffix(2)) == [0x0D, 0x0A])
    }
  }

  @Test func `every line of outcomes.jsonl is JSON with the row's cells by header`() async throws {
    try await withBatch { queue, batch, folder in
      try OutcomeFiles(of: batch, in: queue, to: folder).write(at: Instant(microseconds: 0))
      let text = try String(contentsOfFile: folder + "/outcomes.jsonl", encoding: .utf8)
      let values = try text.split(separator: "\n").map { try JSONValue(text: String($0)) }
      #expect(
        values.map { $0[key: "state"]?.stringValue } == ["done", "failed", "in_doubt", "leased", "ready", "invalid"])
      #expect(values[0][path: "roster.student"]?.stringValue == "홍길동, done")
      #expect(values[0][key: "id"]?.stringValue == "id-1")
    }
  }

  @Test func `files and folder are for their owner alone, and no half-written file is left`() async throws {
    try await withBatch { queue, batch, folder in
      try OutcomeFiles(of: batch, in: queue, to: folder).write(at: Instant(microseconds: 0))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(
        names == [
          "changed.csv", "failed.csv", "gone.csv", "outcomes.jsonl", "report.html", "succeeded.csv", "summary.json",
          "unprocessed.csv",
        ])
      for path in [folder] + names.map({ folder + "/" + $0 }) {
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode.map { $0 & 0o077 } == 0, "\(path)")
      }
    }
  }

  @Test func `a folder with the report of another database is refused and left as it was`() async throws {
    try await withBatch { queue, batch, folder in
      try OutcomeFiles(of: batch, in: queue, to: folder).write(at: Instant(microseconds: 0))
      let before = FileManager.default.contents(atPath: folder + "/summary.json")
      try await withBatch { otherQueue, otherBatch, _ in
        let error = #expect(throws: ReportError.self) {
          try OutcomeFiles(of: otherBatch, in: otherQueue, to: folder).write(at: Instant(microseconds: 0))
        }
        #expect(error?.isFolderTaken == true)
      }
      #expect(FileManager.default.contents(atPath: folder + "/summary.json") == before)
    }
  }

  @Test func `the closing table names the states that have rows, and the reasons`() async throws {
    try await withBatch { queue, batch, folder in
      let summary = try OutcomeFiles(of: batch, in: queue, to: folder).write(at: Instant(microseconds: 0))
      #expect(
        ClosingTable.lines(summary) == [
          "  done            1", "  failed          1", "  answer unknown  1", "  being sent      1",
          "  not sent        1", "  invalid         1", "  rows            6", "  1 × refused by the service: no",
          "  1 × answer unknown, will check", "    failed  refused by the service: no",
          "    line 9  invalid: class.csv:9: name (A9): no", "    doubt   answer unknown, will check",
          "    waits   not sent", "    leased  being sent",
        ])
    }
  }
}
