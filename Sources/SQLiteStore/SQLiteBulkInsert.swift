// Inserting many rows with one statement. A million rows are what an import is measured by: a statement for each of them
// would open and close its cursors a million times, and twice the time would be gone.

import DurableQueue
import Foundation
import GRDB
import GRDBSQLite

/// An `INSERT` of some rows at once, with values that lie in memory until it has run.
final class SQLiteBulkInsert: BulkInsert {
  private let statement: OpaquePointer
  private let connection: OpaquePointer
  private var parameter: Int32 = 0

  /// Prepares a statement.
  ///
  /// - Parameters:
  ///   - start: `INSERT INTO … VALUES`.
  ///   - row: the values of a row, `(?, ?)`.
  ///   - count: how many rows it inserts.
  init(_ start: String, row: String, count: Int, _ db: Database) throws {
    guard let connection = db.sqliteConnection else {
      throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "the connection is closed")
    }
    let sql = start + " " + Array(repeating: row, count: count).joined(separator: ", ")
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
    guard code == SQLITE_OK, let statement else { throw Self.error(code, connection) }
    self.statement = statement
    self.connection = connection
  }

  deinit { sqlite3_finalize(statement) }

  /// Gives the next value.
  func bind(_ value: Int64?) {
    parameter += 1
    if let value { sqlite3_bind_int64(statement, parameter, value) } else { sqlite3_bind_null(statement, parameter) }
  }

  /// Gives the next value: text, which is copied.
  func bind(_ bytes: [UInt8]) {
    parameter += 1
    let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    // A text without bytes needs an address too, or it would be null.
    (bytes.isEmpty ? [0] : bytes).withUnsafeBytes { text in
      let start = text.assumingMemoryBound(to: CChar.self).baseAddress
      sqlite3_bind_text(statement, parameter, start, Int32(bytes.count), copied)
    }
  }

  /// Gives the next value: text that stays where it is until `run` returns.
  func bind(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    parameter += 1
    let start = bytes.baseAddress.map { UnsafeRawPointer($0 + range.lowerBound).assumingMemoryBound(to: CChar.self) }
    sqlite3_bind_text(statement, parameter, start, Int32(range.count), nil)
  }

  /// Inserts the rows whose values were given, and takes new values from the first on.
  ///
  /// - Throws: `DatabaseError`.
  func run() throws {
    parameter = 0
    let code = sqlite3_step(statement)
    guard code == SQLITE_DONE else {
      let error = Self.error(code, connection)
      sqlite3_reset(statement)
      throw error
    }
    sqlite3_reset(statement)
  }

  private static func error(_ code: Int32, _ connection: OpaquePointer) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
      message: String(cString: sqlite3_errmsg(connection)))
  }
}
