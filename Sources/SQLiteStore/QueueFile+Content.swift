// Whether the queue's file is ours and whole, seen by SQLite before anything in it is changed.

import DurableQueue
import Files
import Foundation
import GRDB

extension QueueFile {
  /// Whether this process has the file open already, so that it was looked at and may not be opened and closed beside
  /// SQLite.
  private var isOpenHere: Bool {
    guard case .there(let identity) = FileLook(path) else { return false }
    return OpenQueues.has(identity)
  }

  /// Refuses another program's file; whatever a killed process of ours left is let through.
  func refuseStranger() throws {
    guard !isOpenHere, try beginning() == .unclear else { return }
    try reading { db in try QueueSchema.check(db, path) }
  }

  /// Everything that is done under the lock of the opening before the file is opened for good.
  func prepare(_ onLongCheck: @escaping @Sendable () -> Void) throws {
    guard !isOpenHere else { return }
    let use = try OtherProcesses.use(of: path)
    if case .separated(let detail) = use {
      throw QueueError(.replaced, path: path, detail: "must not be opened now: \(detail)")
    }
    let beginning = try beginning()
    if beginning != .nothing {
      // Who was killed left its log. It may be another file's: an older copy may have been put back.
      let isLeft = use == .nobody && hasLog
      do {
        try reading { db in
          try QueueSchema.check(db, path)
          if isLeft { try Self.noting(onLongCheck) { try refuseStrangeLog(db) } }
        }
      } catch let error as DatabaseError where isLeft && error.resultCode == .SQLITE_CORRUPT {
        throw strangeLog("-wal", error.message ?? "malformed")
      }
      if use == .nobody, hasJournal { try Self.noting(onLongCheck) { try refuseStrangeJournal() } }
    }
    if beginning != .ours { try sign() }
  }

  /// Reads the file without a change to it, not even to its journal's mode.
  private func reading(_ body: (Database) throws -> Void) throws {
    do {
      try opened(readonly: true) { file in try file.read(body) }
    } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
      // A first opening was cut off; the opening for writing takes it back, and all is checked then.
      guard try beginning() == .ours else {
        throw QueueError(.notOurs, path: path, detail: "another program was cut off in writing it")
      }
    }
  }

  /// Calls `note` when `body` takes longer than a second.
  private static func noting(_ note: @escaping @Sendable () -> Void, _ body: () throws -> Void) throws {
    let item = DispatchWorkItem(block: note)
    DispatchQueue.global().asyncAfter(deadline: .now() + 1, execute: item)
    defer { item.cancel() }
    try body()
  }

  private func refuseStrangeLog(_ db: Database) throws {
    guard let problem = try QueueSchema.firstProblem(db) else { return }
    throw strangeLog("-wal", problem)
  }

  /// Says in the first page, and in the first transaction of all, that the file is ours: whatever kills this process
  /// later, nobody takes it for a stranger's.
  private func sign() throws {
    try opened { file in
      try file.writeWithoutTransaction { db in
        try QueueSchema.check(db, path)
        // The removal of the journal is the commit; FULL does not sync the folder.
        try db.execute(sql: "PRAGMA synchronous = EXTRA")
        try db.execute(sql: "PRAGMA application_id = \(QueueSchema.applicationID)")
      }
    }
  }

  /// Opens the file as any of SQLite's, with waits of a few seconds, and closes it.
  func opened<Value>(readonly: Bool = false, _ body: (DatabaseQueue) throws -> Value) throws -> Value {
    var configuration = Configuration()
    configuration.readonly = readonly
    configuration.busyMode = .timeout(5)
    let file = try DatabaseQueue(path: path, configuration: configuration)
    let value = try body(file)
    try file.close()
    return value
  }
}

extension QueueSchema {
  /// Refuses a file that is not ours or that another Rollcall wrote, before anything in it is changed.
  static func check(_ db: Database, _ path: String) throws {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    guard try application == applicationID || (application == 0 && isEmpty(db)) else {
      throw QueueError(.notOurs, path: path, detail: "it is another program's database")
    }
    let number = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard try number == version || (number == 0 && isEmpty(db)) else {
      let detail = number == 0 ? "no number, because they are older" : "number \(number)"
      throw QueueError(.otherSchema, path: path, detail: "\(detail); this Rollcall's have number \(version)")
    }
  }

  /// Whether nothing is in it.
  private static func isEmpty(_ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)") == true
  }

  private static let contradictions = [
    (
      """
      SELECT 1 FROM item WHERE ordinal > 0
        AND NOT EXISTS (SELECT 1 FROM attempt WHERE item_id = item.id AND attempt.ordinal = item.ordinal)
      """, "an item has an attempt that is not there"
    ),
    (
      "SELECT 1 FROM attempt JOIN item ON item.id = item_id WHERE attempt.ordinal > item.ordinal",
      "an attempt has no item"
    ),
    (
      """
      SELECT 1 FROM tally WHERE done <> (
        SELECT count(*) FROM batch_row JOIN item ON item.id = item_id
        WHERE batch_row.batch_id = tally.batch_id AND state = 'done')
      """, "a tally is not the count of its rows"
    ),
  ]

  /// What does not fit together in the file and its log; nil when all does.
  static func firstProblem(_ db: Database) throws -> String? {
    let found = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
    if let found, found != "ok" { return found }
    if let row = try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") {
      return "a row of \(row[0] as String? ?? "?") leads to none of \(row[2] as String? ?? "?")"
    }
    // Pages of two times can each be whole. What is written in one transaction stands in several tables.
    guard try db.tableExists("tally") else { return nil }
    for (sql, problem) in contradictions where try Bool.fetchOne(db, sql: "SELECT EXISTS (\(sql))") == true {
      return problem
    }
    return nil
  }
}
