import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// What was forgotten is in none of the bytes of the queue's files.
@Suite struct ForgetTests {
  /// All bytes of the queue's files.
  static func bytes(_ path: String) -> Data {
    ["", "-wal", "-shm"].reduce(into: Data()) { $0 += FileManager.default.contents(atPath: path + $1) ?? Data() }
  }

  static func expectNone(of secrets: [String], in path: String) {
    let bytes = bytes(path)
    for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) is left") }
  }

  /// Rows of which every cell is another; `tag` tells the batches apart.
  static func rows(_ count: Int, _ tag: String, account: String? = nil, names: [Int: String] = [:]) -> [NewRow] {
    let account = account ?? "\(tag)account"
    let start = Array(
      #"{"accountId":"\#(account)","configuration":{"docker":{"image":"tensorflow:r2.3.1-py3"}},"description":""#.utf8)
    let first = Array(person(1, tag).utf8)
    // All are stored by what differs from the first.
    let base = Definition.Base(
      text: start + first + Array(#"","name":""}"#.utf8), nameAt: start.count + first.count + #"","name":""#.utf8.count)
    return (1...count).map { index in
      let name = names[index] ?? "\(tag)-name-\(index)-q"
      let patch = Definition.Patch(
        start.count..<start.count + first.count, text: Array(person(index, tag).utf8))
      return NewRow(
        ordinal: index, line: index + 1, cells: [name, "\(tag)-cell-\(index)-q@example.com"],
        content: .item(
          account: account, name: name,
          definition: Definition(base: base, patch: index == 1 ? nil : patch, name: name)))
    }
  }

  /// A name that has nothing in common with another one, so that no part of it is stored with another's.
  static func person(_ index: Int, _ tag: String) -> String {
    var generator = SeededGenerator(seed: index * 7 + tag.utf8.reduce(0) { $0 &* 31 &+ Int($1) })
    let letters = (0..<7).compactMap { _ in UnicodeScalar(Int.random(in: 0xAC00...0xD7A3, using: &generator)) }
    return String(String.UnicodeScalarView(letters))
  }

  static func secrets(_ rows: [NewRow], _ tag: String) -> [String] {
    rows.flatMap(\.texts).filter { $0.hasPrefix(tag) } + rows.map { person($0.ordinal, tag) }
  }

  /// Settles all of a batch, with messages that name people.
  private func finish(_ batch: BatchID, _ tag: String, _ fixture: QueueFixture) async throws {
    while true {
      let leases = try await fixture.claim(50, of: batch).leases
      guard !leases.isEmpty else { return }
      for (index, lease) in leases.enumerated() {
        let outcome =
          index % 3 == 0
          ? Outcome(.refused, message: "\(tag)-message-\(lease.name)") : Outcome(.made, remoteID: "id-\(index)")
        _ = try await fixture.settle(lease, outcome)
      }
    }
  }

  @Test func `a batch is erased with what only it names, and nothing of it is left in the file`() async throws {
    try await QueueFixture.with { fixture in
      let first = try fixture.importNames(["kim-minjun", "shared"], label: "/one.csv")
      for lease in try await fixture.claim(2, of: first).leases {
        _ = try await fixture.settle(lease, Outcome(.made, remoteID: "id-\(lease.name)"))
      }
      let second = try fixture.importNames(["shared"], label: "/two.csv")
      #expect(try fixture.queue.forget(first)?.itemCount == 1)
      #expect(try fixture.queue.scrub() == nil)
      #expect(try fixture.queue.batches().map(\.id) == [second])
      #expect(try fixture.state("shared", in: second) == .done)
      #expect(try fixture.queue.histories(named: "shared", in: second).first?.attempts.count == 1)
      Self.expectNone(of: ["kim-minjun"], in: fixture.queue.path)
    }
  }

  @Test func `no cell, message or account of many rows is left, beside a batch that stays`() async throws {
    try await QueueFixture.with { fixture in
      let gone = Self.rows(300, "gone")
      let stays = Self.rows(300, "stays")
      let batch = try fixture.importRows(gone, label: "/gone.csv")
      let other = try fixture.importRows(stays, label: "/stays.csv")
      try await finish(batch, "gone", fixture)
      try await finish(other, "stays", fixture)
      let owner = fixture.owner.id
      let accounts = try fixture.queue.read { db in
        try db.all("SELECT id, account FROM account_scope").map {
          (AccountScopeID(try $0.get("id")), try $0.get("account") as String)
        }
      }
      for (account, name) in accounts where name == "goneaccount" {
        let reply = ListReply.failed(Outcome(.refused, message: "gone-list-message"))
        try await fixture.queue.record(reply, of: account, by: owner, askedAt: fixture.time.now(), latency: .zero)
        try await fixture.queue.hold(account, reason: .quota, message: "gone-hold-message", by: owner)
      }
      try await fixture.queue.hold(
        ScopeWait(
          KeyWait(until: fixture.time.now() + .seconds(60), reason: .throttled, message: "gone-wait-message"),
          of: fixture.scope))
      let before = try fixture.rows(of: other)
      #expect(try fixture.queue.forget(batch)?.itemCount == 300)
      #expect(try fixture.queue.scrub() == nil)
      Self.expectNone(
        of: Self.secrets(gone, "gone") + [
          "goneaccount", "gone-message", "gone-list-message", "gone-hold", "gone-wait",
        ], in: fixture.queue.path)
      #expect(Self.bytes(fixture.queue.path).range(of: Data(Self.person(7, "stays").utf8)) != nil)
      #expect(try fixture.rows(of: other) == before)
    }
  }

  @Test func `a plain close after forgetting leaves nothing of it in the file`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      let queue = try Queue(path: path, time: ManualTimeSource())
      let rows = Self.rows(100, "gone")
      let batch = try #require(try queue.importBatch(QueueFixture.batch()) { add in for row in rows { try add(row) } })
        .batch
      _ = try queue.cancel(batch)
      let other = Self.rows(100, "stays")
      _ = try queue.importBatch(QueueFixture.batch("/stays.csv")) { add in for row in other { try add(row) } }
      #expect(try queue.forget(batch)?.itemCount == 100)
      #expect(try queue.scrub() == nil)
      try queue.close()
      Self.expectNone(of: Self.secrets(rows, "gone") + ["goneaccount"], in: path)
      #expect(Self.bytes(path).range(of: Data(Self.person(7, "stays").utf8)) != nil)
    }
  }

  @Test func `rows that are stored as differences of a forgotten one keep their definitions`() async throws {
    try await QueueFixture.with { fixture in
      let first = Self.rows(20, "first", account: "acc")
      let batch = try fixture.importRows(first, label: "/class.csv", digest: "one")
      try await finish(batch, "first", fixture)
      // The next roster is the same but for its first row, of which the others are stored as differences.
      var second = Array(first.dropFirst())
      second.append(Self.rows(21, "second", account: "acc")[20])
      let next = try fixture.importRows(
        second.enumerated().map { index, row in
          var row = row
          row.ordinal = index + 1
          return row
        }, label: "/class.csv", digest: "two")
      try await finish(next, "second", fixture)
      #expect(try fixture.queue.forget(batch)?.itemCount == 1)
      #expect(try fixture.queue.scrub() == nil)
      Self.expectNone(
        of: ["first-name-1-q", Self.person(1, "first"), "first-cell-1-q", "first-message"], in: fixture.queue.path)
      for row in second {
        guard case .item(_, let name, let definition) = row.content else { continue }
        let found = try fixture.queue.histories(named: name, in: next)
        #expect(found.map(\.definition) == [definition.text])
      }
      // They are stored as differences still.
      let bases = try fixture.queue.read { try $0.value("SELECT count(*) FROM definition_base", as: Int.self) }
      #expect(bases == 2)
    }
  }

  @Test func `what of a base nobody uses is erased, and the definitions on it stay as they are`() async throws {
    for seed in 1...40 {
      try await QueueFixture.with { fixture in
        var random = SeededGenerator(seed: seed)
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        let nameAt = [nil, 0, 5, 13, 26].randomElement(using: &random) ?? nil
        let base = Definition.Base(text: Array(String(letters).utf8), nameAt: nameAt)
        let rows = (1...4).map { index in
          let bounds = (0...26).filter {
            nameAt == nil || (index.isMultiple(of: 2) ? $0 <= nameAt ?? 0 : $0 >= nameAt ?? 0)
          }
          let ends = [bounds.randomElement(using: &random) ?? 0, bounds.randomElement(using: &random) ?? 0].sorted()
          let patch = Definition.Patch(ends[0]..<ends[1], text: Array("<\(index)가>".utf8))
          return NewRow(
            ordinal: index, line: index, cells: [],
            content: .item(
              account: "acc", name: "n\(index)", definition: Definition(base: base, patch: patch, name: "n\(index)")))
        }
        // What the other rows show of the base may stay, and nothing else.
        let stay = try fixture.importRows(Array(rows.dropFirst()), label: "/stays.csv")
        let gone = try fixture.importRows(
          [QueueFixture.row(1, "gone", definition: "gone")], label: "/gone.csv", digest: "other")
        _ = try fixture.queue.cancel(gone)
        _ = try fixture.queue.forget(gone)
        let shown = rows.dropFirst().reduce(into: Set<UInt8>()) { shown, row in
          if case .item(_, _, let definition) = row.content { shown.formUnion(definition.text.utf8) }
        }
        let left = try fixture.queue.read { try $0.value("SELECT text FROM definition_base", as: String.self) }
        #expect(Set((left ?? "?").utf8).isSubset(of: shown), "seed \(seed)")
        for case .item(_, let name, let definition) in rows.dropFirst().map(\.content) {
          let found = try fixture.queue.histories(named: name, in: stay)
          #expect(found.map(\.definition) == [definition.text], "seed \(seed)")
        }
      }
    }
  }

  @Test func `an item that two batches name loses what only the forgotten one said of it`() async throws {
    try await QueueFixture.with { fixture in
      let names = [1: "both-1", 2: "both-2"]
      let first = Self.rows(3, "first", account: "acc", names: names)
      let batch = try fixture.importRows(first, label: "/one.csv")
      try await finish(batch, "first", fixture)
      let second = Self.rows(2, "second", account: "acc", names: names)
      let other = try fixture.importRows(second, label: "/two.csv")
      try await finish(other, "second", fixture)
      #expect(try fixture.queue.forget(batch)?.itemCount == 1)
      #expect(try fixture.queue.scrub() == nil)
      Self.expectNone(of: Self.secrets(first, "first") + ["first-message"], in: fixture.queue.path)
      for row in second {
        guard case .item(_, let name, let definition) = row.content else { continue }
        #expect(try fixture.queue.histories(named: name, in: other).map(\.definition) == [definition.text])
      }
    }
  }

  @Test func `where somebody reads an older state it says so, and the next time finishes it`() async throws {
    try await QueueFixture.with { fixture in
      let rows = Self.rows(50, "gone")
      let batch = try fixture.importRows(rows)
      try await finish(batch, "gone", fixture)
      let (reader, snapshot) = try Self.snapshot(of: fixture.queue.path)
      #expect(try fixture.queue.forget(batch)?.itemCount == 50)
      #expect(try fixture.queue.scrub(waiting: .zero) == .readers([]))
      try snapshot.close()
      try reader.close()
      #expect(try fixture.queue.scrub() == nil)
      Self.expectNone(of: Self.secrets(rows, "gone"), in: fixture.queue.path)
    }
  }

  /// Another reader, which holds the state of now.
  private static func snapshot(of path: String) throws -> (DatabasePool, DatabaseSnapshot) {
    let reader = try DatabasePool(path: path)
    let snapshot = try reader.makeSnapshot()
    #expect(try snapshot.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM batch") } == 1)
    return (reader, snapshot)
  }

  @Test func `who reads is told by the kernel's locks`() {
    let locks = """
      1: POSIX  ADVISORY  READ 11 fe:00:131 124 124
      2: POSIX  ADVISORY  READ 12 fe:00:131 128 128
      3: POSIX  ADVISORY  WRITE 13 fe:00:131 120 120
      4: POSIX  ADVISORY  READ 14 fe:00:999 124 124
      5: POSIX  ADVISORY  READ 15 fe:00:131 127 128
      6: FLOCK  ADVISORY  READ 16 fe:00:131 124 124
      """
    #expect(LockHolder.readers(in: locks, log: 131) == [11, 15])
    #expect(LockHolder.readers(in: locks, log: nil) == [])
  }

  @Test func `a batch with unfinished rows is left alone`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a"])
      #expect(try fixture.queue.forget(batch) == nil)
      #expect(try fixture.queue.tally(of: batch) == Tally([.ready: 1]))
    }
  }
}
