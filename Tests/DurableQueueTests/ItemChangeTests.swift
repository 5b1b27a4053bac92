import Foundation
import Pacing
import Provisioning
import SQLiteStore
import TestSupport
import Testing

@testable import DurableQueue

/// The state table as the queue executes it.
@Suite struct ItemChangeTests {
  @Test func `no source but the one of changes writes an item's state`() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Sources")
    for module in ["DurableQueue", "SQLiteStore"] {
      let files = FileManager.default.enumerator(
        at: sources.appendingPathComponent(module), includingPropertiesForKeys: nil)
      var fileCount = 0
      while let file = files?.nextObject() as? URL {
        let name = file.lastPathComponent
        guard name.hasSuffix(".swift") else { continue }
        fileCount += 1
        let text = try String(contentsOf: file, encoding: .utf8)
        guard name != "ItemChange.swift" else { continue }
        #expect(!text.contains("UPDATE OR ROLLBACK item"), "\(name)")
        for update in text.components(separatedBy: "UPDATE item").dropFirst() {
          let set = update.components(separatedBy: "WHERE")[0]
          let columns = ["state", "version", "reason", "cancel_requested", "used_count", "unanswered", "owner_id"]
          for column in columns { #expect(!set.contains("\(column) ="), "\(name): \(set)") }
        }
        for insert in text.components(separatedBy: "INSERT INTO item ").dropFirst() {
          #expect(insert.prefix(140).contains("olumns"), "\(name): \(insert.prefix(140))")
        }
      }
      #expect(fileCount > 10)
    }
  }

  @Test func `an item that is no longer as it was read is not changed`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      try fixture.queue.writeExclusively { db in
        let stale = ItemPlace(id: lease.handle.item, state: .leased, version: lease.handle.version - 1)
        #expect(throws: BrokenRows.self) { try stale.apply(.answered(.made, hasEarlierUnknown: false), at: db.now, db) }
      }
      #expect(try fixture.state("a", in: batch) == .leased)
    }
  }

  @Test func `a mark leaves a lease good, a move does not`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      let lease = try await fixture.claimOne(of: batch)
      _ = try fixture.queue.cancel(batch)
      _ = try fixture.importNames(["a", "b"], digest: "2")
      #expect(try await fixture.settle(lease, Outcome(.made, remoteID: "id")) == .settled(.done))
    }
  }

  @Test func `what was flagged and proves made is done, and says that it was cancelled`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b"])
      let leases = try await fixture.claim(2, of: batch).leases
      _ = try fixture.queue.cancel(batch)
      for lease in leases {
        _ = try await fixture.settle(lease, Outcome(lease.name == "a" ? .made : .throttled, remoteID: "id"))
      }
      let items = try fixture.rows(of: batch).compactMap(\.item)
      #expect(items.map(\.state) == [.done, .cancelled] && items.allSatisfy { $0.reason == .cancelled })
    }
  }

  @Test func `what left its roster while it was on its way is not sent again`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["gone", "back", "made", "doubt"], digest: "1")
      let claimed = try await fixture.claim(4, of: batch).leases
      let leases = Dictionary(uniqueKeysWithValues: claimed.map { ($0.name, $0) })
      func settle(_ name: String, _ kind: Outcome.Kind) async throws -> Settlement {
        try await fixture.settle(try #require(leases[name]), Outcome(kind, remoteID: "id"))
      }
      #expect(try await settle("doubt", .unknown) == .settled(.inDoubt))
      _ = try fixture.importNames(["other"], digest: "2")
      _ = try fixture.importNames(["other", "back"], digest: "3")
      #expect(try await settle("gone", .unreachable) == .settled(.cancelled))
      #expect(try await settle("back", .unreachable) == .settled(.ready), "a newer roster wants it again")
      #expect(try await settle("made", .made) == .settled(.done))
      let flags = try fixture.queue.read {
        try $0.value("SELECT cancel_requested FROM item WHERE name = 'doubt'", as: Bool.self)
      }
      #expect(flags == true)
    }
  }

  @Test func `a name that exists is a conflict, and in doubt after an answer that never came`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b"])
      let leases = try await fixture.claim(2, of: batch).leases
      _ = try await fixture.settle(leases[0], Outcome(.exists, message: "name is taken"))
      _ = try await fixture.settle(leases[1], Outcome(.unknown))
      let item = try #require(try fixture.rows(of: batch).first?.item)
      #expect(item.state == .failed && item.reason == .conflict && item.message == "name is taken")
      // Absent, so that it is sent again; then the first one lands.
      fixture.time.advance(by: .seconds(61))
      let scope = leases[1].account
      let list = RemoteList(items: [], isWhole: true, asked: fixture.time.moment())
      _ = try await fixture.queue.reconcile(list, in: scope, of: batch, by: ReconcileRules()) { _, _ in true }
      let again = try await fixture.claimOne(of: batch)
      #expect(again.name == "b")
      #expect(try await fixture.settle(again, Outcome(.exists)) == .settled(.inDoubt))
      let shown = RemoteList(
        items: [RemoteItem(id: "id", name: "b")], isWhole: true, asked: fixture.time.moment())
      let result = try await fixture.queue.reconcile(shown, in: scope, of: batch, by: ReconcileRules()) { _, _ in true }
      #expect(result.moved == [.done: 1])
    }
  }
}
