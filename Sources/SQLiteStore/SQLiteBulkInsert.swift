// Inserting many rows with one statement. A million rows are what an import is measured by: a statement for each of them
// would open and close its cursors a million times, and twice the time would be gone.

import DurableQueue
import GRDB
import GRDBSQLite

/// An `INSERT` of some rows at once, with values that lie in memory until it has run.
final class SQLiteBulkInsert: BulkInsert {
  private let statement: OpaquePointer
  private let db: Database
  private var parameter: Int32 = 0

  /// Prepares a statement: see `Transaction.bulkInsert`.
  init(_ start: String, row: String, count: Int, _ db: Database) throws {
    let sql = start + " " + Array(repeating: row, count: count).joined(separator: ", ")
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v2(db.sqliteConnection, sql, -1, &statement, nil)
    guard code == SQLITE_OK, let statement else { throw db.lastError }
    (self.statement, self.db) = (statement, db)
  }

  deinit { sqlite3_finalize(statement) }

  func bind(_ value: Int64?) {
    parameter += 1
    if let value { sqlite3_bind_int64(statement, parameter, value) } else { sqlite3_bind_null(statement, parameter) }
  }

  func bind(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    parameter += 1
    let start = bytes.baseAddress.map { UnsafeRawPointer($0 + range.lowerBound).assumingMemoryBound(to: CChar.self) }
    sqlite3_bind_text(statement, parameter, start, Int32(range.count), nil)
  }

  func run() throws {
    parameter = 0
    defer { sqlite3_reset(statement) }
    guard sqlite3_step(statement) == SQLITE_DONE else { throw db.lastError }
  }
}
