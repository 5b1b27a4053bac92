import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

/// A journal that a killed process left is played back into the file that it was written for, and into no other.
@Suite struct JournalTests {
  /// What is left of first openings that were killed, beside queues that came later.
  enum Left: String, CaseIterable, Sendable {
    /// Of the very first transaction: the file was empty.
    case opening
    /// Of a transaction in a queue that was empty.
    case emptyQueue
    /// Of the switch to the log's mode: a file of one page.
    case onePage
    /// Of a transaction in another queue.
    case otherQueue
  }

  private func queue(at path: String, _ names: Range<Int>) throws {
    let queue = try Queue(path: path, time: ManualTimeSource())
    _ = try queue.importBatch(QueueFixture.batch()) { add in
      for index in names { try add(QueueFixture.row(index, "n\(index)")) }
    }
    try queue.close()
  }

  private func content(_ path: String) throws -> [Data] {
    try ["", "-journal"].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) }
  }

  /// The journal of a transaction that was cut off, and the file beside it.
  private func cutOff(_ path: String, to copy: String, _ sql: [String]) throws {
    let file = try DatabaseQueue(path: path)
    try file.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA journal_mode = DELETE")
      // So few pages are held that they are written, and the journal before them.
      try db.execute(sql: "PRAGMA cache_size = 1")
      try db.execute(sql: "BEGIN")
      for sql in sql { try db.execute(sql: sql) }
      for suffix in ["", "-journal"] {
        try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
      }
      try db.execute(sql: "ROLLBACK")
    }
    try file.close()
  }

  private func leaveJournal(_ left: Left, in folder: String) throws -> String {
    let (path, copy) = (folder + "/early.db", folder + "/left.db")
    switch left {
    case .opening: try FirstOpeningTests.journal(of: 0).write(to: URL(fileURLWithPath: copy + "-journal"))
    case .onePage: try FirstOpeningTests.journal(of: 1).write(to: URL(fileURLWithPath: copy + "-journal"))
    case .emptyQueue:
      try Queue(path: path, time: ManualTimeSource()).close()
      let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
      try cutOff(path, to: copy, ["\(rows) INSERT INTO definition_base (text) SELECT 'base ' || i FROM n"])
    case .otherQueue:
      try queue(at: path, 1..<400)
      try cutOff(path, to: copy, ["UPDATE item SET message = 'x'", "UPDATE batch_row SET line = line + 1000"])
    }
    return copy + "-journal"
  }

  @Test(arguments: Left.allCases)
  func `a journal of another time is refused, and queue and journal stay as they are`(left: Left) async throws {
    try await withTemporaryFolder { folder in
      let journal = try leaveJournal(left, in: folder)
      let path = folder + "/rollcall.db"
      try queue(at: path, 1..<900)
      try FileManager.default.copyItem(atPath: journal, toPath: path + "-journal")
      let before = try content(path)
      for _ in 1...2 {
        let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
        #expect(error?.code == .strangeLog, "\(error.map { "\($0)" } ?? "-")")
        #expect(error?.hint?.contains(path + "-journal") == true)
      }
      #expect(try content(path) == before)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("journal-look") }.isEmpty)
      // What the hint says.
      #expect(rename(path + "-journal", folder + "/away") == 0)
      let again = try Queue(path: path, time: ManualTimeSource())
      #expect(try again.tally(of: BatchID(1)) == Tally([.ready: 899]))
      try again.close()
    }
  }

  @Test func `a journal of this file is played back, also where an earlier look was killed`() async throws {
    try await withTemporaryFolder { folder in
      let (path, copy) = (folder + "/rollcall.db", folder + "/copy.db")
      try queue(at: path, 1..<900)
      try cutOff(path, to: copy, ["UPDATE item SET message = 'x'"])
      for suffix in ["", "-journal", "-wal"] {
        try "left".write(toFile: copy + ".journal-look" + suffix, atomically: false, encoding: .utf8)
      }
      let again = try Queue(path: copy, time: ManualTimeSource())
      #expect(try again.tally(of: BatchID(1)) == Tally([.ready: 899]))
      #expect(try again.onReader { try Int.fetchOne($0, sql: "SELECT count(*) FROM item WHERE message = 'x'") } == 0)
      try again.close()
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("journal-look") }.isEmpty)
    }
  }
}
