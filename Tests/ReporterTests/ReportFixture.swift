// A batch in a queue of its own, with makers for what tests put into it, and readers for what the report says.

import CSV
import DurableQueue
import Files
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import TestSupport
import Testing

@testable import Reporter

struct ReportFixture {
  let queue: Queue
  let time: ManualTimeSource
  let batch: Batch
  let owner: Ownership
  let scope: KeyScopeID
  let folder: String

  static let importedAt = Instant(microseconds: 1_700_000_000_000_000)

  /// Imports rows at `importedAt`, one for each name, with the cells that `cells` gives, then one invalid row for each
  /// issue.
  static func with<Value>(
    _ names: [String], label: String = "/rosters/class.csv", columns: [String] = ["student", "note"],
    issues: [String] = [], cells: @escaping @Sendable (String) -> [String] = { [$0, "note"] },
    _ body: (ReportFixture) async throws -> Value
  ) async throws -> Value {
    try await withTemporaryFolder { folder in
      let time = ManualTimeSource(now: importedAt)
      let queue = try Queue(path: folder + "/rollcall.db", time: time)
      let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      try queue.setLimit(Quota(rate: try #require(Rate("1000000/s")), burst: 1_000_000), source: .flag, of: scope)
      let new = NewBatch(
        label: label, target: "dataforest", baseURL: "https://example.com",
        columns: columns, digest: "d")
      let contents =
        names.map { (name: $0, NewRow.Content.item(account: "acc", name: $0, definition: "{}")) }
        + issues.map { (name: "invalid", .issue($0)) }
      let result = try queue.importBatch(new) { add in
        for (index, row) in contents.enumerated() {
          try add(NewRow(ordinal: index + 1, line: index + 2, cells: cells(row.name), content: row.1))
        }
      }
      let id = try #require(result?.batch)
      let batch = try #require(try queue.batch(id))
      let fixture = ReportFixture(
        queue: queue, time: time, batch: batch, owner: try queue.becomeOwner(), scope: scope, folder: folder + "/report"
      )
      let value = try await body(fixture)
      withExtendedLifetime(fixture.owner) {}
      return value
    }
  }

  func claim(_ count: Int) async throws -> [Lease] {
    try await queue.claim(upTo: count, of: batch.id, for: owner.id, with: scope, within: .zero, under: .standard).leases
  }

  /// Claims the next rows and settles them with these outcomes, each `latency` after its start.
  func settle(_ outcomes: [Outcome], latency: Duration = .milliseconds(40)) async throws {
    let leases = try await claim(outcomes.count)
    time.advance(by: latency)
    for (lease, outcome) in zip(leases, outcomes) {
      _ = try await queue.settle(Answer(lease: lease.handle, outcome: outcome, latency: latency))
    }
  }

  @discardableResult
  func write() throws -> Summary { try OutcomeFiles(of: batch, in: queue, to: folder).write(at: time.now()) }

  func text(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }

  func records(_ name: String) throws -> [[String]] {
    var reader = RecordReader()
    var records: [[String]] = []
    let data = try #require(FileManager.default.contents(atPath: folder + "/" + name))
    try reader.feed(data) { records.append($0.fields) }
    try reader.finish { records.append($0.fields) }
    return records
  }

  /// The text between the tags of the page's data.
  func pageText() throws -> Substring {
    let page = try text("report.html")
    let start = try #require(page.range(of: #"<script id="data" type="application/json">"#))
    let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
    return page[start.upperBound..<end.lowerBound]
  }

  func page() throws -> PageData { try JSONDecoder().decode(PageData.self, from: Data(try pageText().utf8)) }
}

/// What the page's script reads; a member that is missing here fails the decoding.
struct PageData: Decodable {
  struct Group: Decodable {
    struct Said: Decodable, Hashable {
      let message: String
      let count: Int
    }
    let state, reason, title, advice: String
    let count: Int
    let messages: [Said]
  }

  struct Words: Decodable {
    let states: [String: String]
    let headline, reasonsTitle: String
    let waited: String?
  }

  struct Pace: Decodable {
    struct Limit: Decodable {
      let at, perSecond: Double
    }
    let bucketSeconds, start, earlierCount: Int
    let sent, throttled, unknown: [Int]
    let limit: [Limit]
  }

  struct Bin: Decodable {
    let upTo: Double
    let count: Int
  }

  struct Row: Decodable {
    let line: Int
    let state, account, name, id, reason, message: String
    let attempts: Int
    let finishedAt: String
    let cells: [String]
    let differs: [[String]]
    let seenAt: String

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      line = try values.decode(Int.self)
      state = try values.decode(String.self)
      account = try values.decode(String.self)
      name = try values.decode(String.self)
      id = try values.decode(String.self)
      reason = try values.decode(String.self)
      message = try values.decode(String.self)
      attempts = try values.decode(Int.self)
      finishedAt = try values.decode(String.self)
      cells = try values.decode([String].self)
      differs = try values.decode([[String]].self)
      seenAt = try values.decode(String.self)
    }
  }

  let summary: Summary
  let reasons: [Group]
  let words: Words
  let pace: Pace?
  let latencyHistogram: [Bin]
  let columns: [String]
  let rows: [Row]
  let rowsLeftOut: Int
}

extension Summary {
  /// Reads the summary of a folder; nil when there is none.
  static func read(in folder: Folder) throws -> Summary? {
    try folder.beginning(of: OutcomeFiles.summary).map { try JSONDecoder().decode(Summary.self, from: Data($0)) }
  }
}
