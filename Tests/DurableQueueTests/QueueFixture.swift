// A queue in a temporary folder, with makers for what tests put into it.

import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

extension NewRow {
  /// Its cells, as they were read.
  var texts: [String] { if case .read(let texts) = cells { texts } else { [] } }
}

struct QueueFixture {
  let queue: Queue
  let time: ManualTimeSource
  let owner: Ownership
  let scope: KeyScopeID

  static func with<Value>(
    rate: Rate? = Rate("1000000/s"), burst: Int = 1_000_000, _ body: (QueueFixture) async throws -> Value
  ) async throws -> Value {
    try await withTemporaryFolder { folder in
      let time = ManualTimeSource()
      let queue = try Queue(path: folder + "/rollcall.db", time: time)
      let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      if let rate { try queue.setLimit(Quota(rate: rate, burst: burst), source: .flag, of: scope) }
      let fixture = QueueFixture(queue: queue, time: time, owner: try queue.becomeOwner(), scope: scope)
      let value = try await body(fixture)
      try fixture.checkInvariants()
      return value
    }
  }

  /// What must hold of every queue, whatever was done to it.
  func checkInvariants() throws {
    try queue.read { db in
      let dangling = try db.all("PRAGMA foreign_key_check")
      #expect(dangling.isEmpty, "a reference leads nowhere: \(dangling)")
      for tally in try db.all("SELECT * FROM tally") {
        for state in ItemState.allCases {
          let counted = try db.value(
            "SELECT count(*) FROM batch_row JOIN item ON item.id = item_id WHERE batch_row.batch_id = ? AND state = ?",
            [try tally.get("batch_id") as Int64, state.rawValue], as: Int.self)
          #expect(try tally.get(state.rawValue) == counted, "the tally of \(state) is not the count")
        }
      }
      // Also what an import wrote while the checks of the tables were off.
      #expect(try db.values("PRAGMA integrity_check", as: String.self) == ["ok"])
      let miscounted = try db.value(
        "SELECT count(*) FROM item WHERE row_count <> (SELECT count(*) FROM batch_row WHERE item_id = item.id)",
        as: Int.self)
      #expect(miscounted == 0, "items do not know how many rows point at them")
    }
  }

  static func batch(_ label: String = "/rosters/class.csv", digest: String = "d1") -> NewBatch {
    NewBatch(
      label: label, target: "dataforest", baseURL: "https://example.com",
      columns: ["name", "email"], digest: digest)
  }

  static func row(
    _ ordinal: Int, _ name: String, account: String = "acc", definition: String? = nil
  ) -> NewRow {
    NewRow(
      ordinal: ordinal, line: ordinal + 1, cells: [name, "\(name)@example.com"],
      content: .item(account: account, name: name, definition: Definition(text: definition ?? "{\"name\":\"\(name)\"}"))
    )
  }

  @discardableResult
  func importNames(_ names: [String], label: String = "/rosters/class.csv", digest: String = "d1") throws -> BatchID {
    try importRows(names.enumerated().map { Self.row($0.offset + 1, $0.element) }, label: label, digest: digest)
  }

  @discardableResult
  func importRows(_ rows: [NewRow], label: String = "/rosters/class.csv", digest: String = "d1") throws -> BatchID {
    let result = try queue.importBatch(Self.batch(label, digest: digest)) { add in for row in rows { try add(row) } }
    guard let result else { throw QueueError(.other, path: queue.path, detail: "the import was declined") }
    return result.batch
  }

  func claim(_ limit: Int, of batch: BatchID, under terms: AttemptTerms = .standard) async throws -> Claim {
    try await queue.claim(upTo: limit, of: batch, for: owner.id, with: scope, within: .milliseconds(500), under: terms)
  }

  func claimOne(of batch: BatchID) async throws -> Lease {
    guard let lease = try await claim(1, of: batch).leases.first else {
      throw QueueError(.other, path: queue.path, detail: "there was nothing to claim")
    }
    return lease
  }

  func settle(_ lease: Lease, _ outcome: Outcome, due: Instant? = nil) async throws -> Settlement {
    try await queue.settle(Answer(lease: lease.handle, outcome: outcome, latency: .milliseconds(5), due: due))
  }

  func rows(of batch: BatchID) throws -> [ReportRow] {
    var rows: [ReportRow] = []
    try queue.forEachRow(of: batch) { rows.append($0) }
    return rows
  }

  func state(_ name: String, in batch: BatchID) throws -> ItemState? {
    try rows(of: batch).first { $0.item?.name == name }?.item?.state
  }
}

extension Queue {
  /// The histories of a batch's items of this name.
  func histories(named name: String, in batch: BatchID) throws -> [ItemHistory] {
    let rows = try find(name, in: self.batch(batch)).rows.filter { $0.match == .name }
    return try rows.compactMap { try $0.item.flatMap(history) }
  }
}
