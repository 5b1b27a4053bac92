// Statements of a transaction, run on a connection of SQLite. A statement is prepared once for each connection, and its
// values are bound and read without a detour: these are most of what a claim and a settle cost.

import DurableQueue
import Foundation
import GRDB
import GRDBSQLite
import Pacing

final class SQLiteTransaction: Transaction {
  private let db: Database
  private let time: any TimeSource

  init(_ db: Database, _ time: any TimeSource) {
    self.db = db
    self.time = time
  }

  var now: Moment { time.moment() }

  @discardableResult
  func run(_ sql: String, _ arguments: Arguments) throws -> Int {
    let statement = try statement(sql)
    defer { sqlite3_reset(statement.sqliteStatement) }
    try bind(arguments, to: statement.sqliteStatement)
    let code = sqlite3_step(statement.sqliteStatement)
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw db.lastError }
    return Int(sqlite3_changes(db.sqliteConnection))
  }

  func insert(_ sql: String, _ arguments: Arguments) throws -> Int64 {
    try run(sql, arguments)
    return sqlite3_last_insert_rowid(db.sqliteConnection)
  }

  func read(_ sql: String, _ arguments: Arguments, _ body: (DurableQueue.Row) throws -> Bool) throws {
    let statement = try statement(sql)
    defer { sqlite3_reset(statement.sqliteStatement) }
    try bind(arguments, to: statement.sqliteStatement)
    let row = DurableQueue.Row(SQLiteRow(statement))
    while true {
      let code = sqlite3_step(statement.sqliteStatement)
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else { throw db.lastError }
      guard try body(row) else { return }
    }
  }

  func bulkInsert(_ start: String, row: String) throws -> any BulkInsert { try SQLiteBulkInsert(start, row: row, db) }

  /// The prepared statement; another one where it is under way already.
  private func statement(_ sql: String) throws -> Statement {
    let cached = try db.cachedStatement(sql: sql)
    return sqlite3_stmt_busy(cached.sqliteStatement) == 0 ? cached : try db.makeStatement(sql: sql)
  }

  private func bind(_ arguments: Arguments, to statement: OpaquePointer) throws {
    switch arguments {
    case .ordered(let values):
      guard values.count == sqlite3_bind_parameter_count(statement) else { throw misuse("another count of arguments") }
      for (index, value) in values.enumerated() { bind(value?.sqlValue ?? .null, at: Int32(index + 1), to: statement) }
    case .named(let pairs):
      var boundCount = 0
      for (name, value) in pairs {
        // A statement that is put together need not have all that is known.
        let index = sqlite3_bind_parameter_index(statement, ":" + name)
        guard index > 0 else { continue }
        bind(value?.sqlValue ?? .null, at: index, to: statement)
        boundCount += 1
      }
      guard boundCount == sqlite3_bind_parameter_count(statement) else { throw misuse("an argument is missing") }
    }
  }

  private func bind(_ value: SQLValue, at index: Int32, to statement: OpaquePointer) {
    switch value {
    case .null, .bytes: sqlite3_bind_null(statement, index)
    case .integer(let number): sqlite3_bind_int64(statement, index, number)
    case .real(let number): sqlite3_bind_double(statement, index, number)
    case .text(var text):
      let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      _ = text.withUTF8 { bytes in
        // A text without bytes needs an address too, or it would be null.
        guard let start = bytes.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, copied) }
        return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
          sqlite3_bind_text(statement, index, $0, Int32(bytes.count), copied)
        }
      }
    }
  }

  private func misuse(_ message: String) -> DatabaseError {
    DatabaseError(resultCode: .SQLITE_MISUSE, message: message)
  }
}

/// The row that a statement stands at.
private final class SQLiteRow: RowSource {
  private let prepared: Statement
  private let statement: OpaquePointer

  init(_ prepared: Statement) {
    self.prepared = prepared
    statement = prepared.sqliteStatement
  }

  func value(_ index: Int) -> SQLValue {
    let index = Int32(index)
    switch sqlite3_column_type(statement, index) {
    case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
    case SQLITE_TEXT:
      guard let text = sqlite3_column_text(statement, index) else { return .text("") }
      let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, index)))
      return .text(String(decoding: bytes, as: UTF8.self))
    case SQLITE_NULL: return .null
    default: return .bytes
    }
  }

  /// Read once for each statement: every copy of a row takes them along.
  var columns: [String] { prepared.columnNames }
}

extension Database {
  /// What SQLite says of the last call that failed.
  var lastError: DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqliteConnection)),
      message: String(cString: sqlite3_errmsg(sqliteConnection)))
  }
}

// MARK: - Many rows

/// An `INSERT` of a group of rows at once, and of the last ones one by one. A million rows are what an import is measured by:
/// a statement for each of them would open and close its cursors a million times, and twice the time would be gone.
final class SQLiteBulkInsert: BulkInsert {
  private let group: OpaquePointer
  private let single: OpaquePointer
  private let db: Database

  /// Prepares the statements: see `Transaction.bulkInsert`.
  init(_ start: String, row: String, _ db: Database) throws {
    func prepared(_ count: Int) throws -> OpaquePointer {
      let sql = start + " " + Array(repeating: row, count: count).joined(separator: ", ")
      var statement: OpaquePointer?
      let code = sqlite3_prepare_v2(db.sqliteConnection, sql, -1, &statement, nil)
      guard code == SQLITE_OK, let statement else { throw db.lastError }
      return statement
    }
    single = try prepared(1)
    group = try prepared(BulkRows.groupSize)
    self.db = db
  }

  deinit {
    sqlite3_finalize(group)
    sqlite3_finalize(single)
  }

  func insert(_ rows: BulkRows) throws {
    if rows.count == BulkRows.groupSize { return try insert(rows.values[...], rows.bytes, with: group) }
    for row in 0..<rows.count {
      let width = rows.values.count / rows.count
      try insert(rows.values[row * width..<(row + 1) * width], rows.bytes, with: single)
    }
  }

  private func insert(
    _ values: ArraySlice<BulkRows.Value>, _ bytes: [UInt8], with statement: OpaquePointer
  ) throws {
    defer { sqlite3_reset(statement) }
    try bytes.withUnsafeBytes { bytes in
      for (parameter, value) in zip(Int32(1)..., values) {
        switch value {
        case .null: sqlite3_bind_null(statement, parameter)
        case .integer(let number): sqlite3_bind_int64(statement, parameter, number)
        case .text(let range):
          // The bytes stay where they are until the statement has run.
          let start = bytes.baseAddress.map { ($0 + range.lowerBound).assumingMemoryBound(to: CChar.self) }
          sqlite3_bind_text(statement, parameter, start, Int32(range.count), nil)
        }
      }
      guard sqlite3_step(statement) == SQLITE_DONE else { throw db.lastError }
    }
  }
}
