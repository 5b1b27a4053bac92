// What the rules of the queue see of a database: statements inside one transaction, in which nobody else writes. A store
// makes them; the rules know no engine.

package import Pacing

/// A transaction, or one state of the database that is read. Good only inside of the body that it is handed to.
///
/// A statement has `?`, `?1` or `:name` where its arguments belong. Statements are prepared once and kept, so their texts
/// are few and fixed.
///
/// Statements are SQL that several engines take: a truth value is 0 or 1 and compared with `= 1`, a subquery in FROM has a
/// name, what is selected beside GROUP BY is grouped or aggregated, no `max` of two values, no `IS` of two values, no column
/// set twice. `?1 IS NULL` stands behind what tells the argument's type. Hints that a store may leave out: `INDEXED BY`,
/// `OR ROLLBACK`, and the CROSS of `CROSS JOIN … ON`.
///
/// **Lock order.** A body that changes several of these changes them in this order, each in one go: scopes (of keys, then of
/// accounts, with what belongs to them), owners, tallies, items with their attempts, runs. Not so:
/// - The tally of an item that moves is changed by a trigger, right behind the item: to lock it before would cost every
///   claim and settle a statement.
/// - An import makes accounts as its rows name them, which only imports do, and its own tally, which nobody sees yet, last.
/// - Forgetting erases accounts last, when no item refers to them any more.
/// - A group commit runs one body after another in one transaction.
///
/// Nobody waits for anybody because of these where one transaction writes at a time, as a `Store` promises.
package protocol Transaction: AnyObject {
  /// The time by which limits and waits count.
  var now: Moment { get }

  /// Runs a statement that returns no rows.
  ///
  /// - Returns: how many rows it changed.
  @discardableResult
  func run(_ sql: String, _ arguments: Arguments) throws -> Int

  /// Inserts one row.
  ///
  /// - Returns: its id.
  func insert(_ sql: String, _ arguments: Arguments) throws -> Int64

  /// Hands over the rows that a statement returns, one after another; memory is flat.
  ///
  /// - Parameter body: takes a row, which is good only until it returns; false ends the reading.
  func read(_ sql: String, _ arguments: Arguments, _ body: (Row) throws -> Bool) throws

  /// Prepares an `INSERT` of many rows.
  ///
  /// - Parameters:
  ///   - start: `INSERT INTO … VALUES`.
  ///   - row: the values of a row, `(?, ?)`.
  func bulkInsert(_ start: String, row: String) throws -> any BulkInsert
}

/// An `INSERT` of many rows.
package protocol BulkInsert: AnyObject {
  /// Writes rows, fastest `BulkRows.groupSize` at once.
  func insert(_ rows: BulkRows) throws
}

/// Rows on their way into a table, their values one behind the other: no row has an object of its own to be counted.
package struct BulkRows {
  /// A value; of a text its place in `bytes`.
  package enum Value {
    case null
    case integer(Int64)
    case text(Range<Int>)
  }

  /// How many rows a statement inserts; more make it no faster.
  package static let groupSize = 20

  /// How many there are.
  package private(set) var count = 0
  /// Their values.
  package private(set) var values: [Value] = []
  /// The texts among the values, in UTF-8.
  package private(set) var bytes: [UInt8] = []
  private let statement: any BulkInsert

  init(_ statement: any BulkInsert) { self.statement = statement }

  mutating func add(_ value: Int64?) { values.append(value.map(Value.integer) ?? .null) }

  mutating func add(_ text: some Collection<UInt8>) {
    let start = bytes.count
    bytes += text
    values.append(.text(start..<bytes.count))
  }

  /// Ends a row, and may write it with those before.
  mutating func endRow() throws {
    count += 1
    if count == Self.groupSize { try flush() }
  }

  /// Writes what is not written yet.
  mutating func flush() throws {
    try statement.insert(self)
    count = 0
    values.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }
}

/// The rows of one statement, or a copy of one.
package protocol RowSource: AnyObject {
  /// The value of a column.
  func value(_ index: Int) -> SQLValue
  /// The columns' names.
  var columns: [String] { get }
}

/// One row.
package struct Row {
  private let source: any RowSource

  /// Makes a row of what has its values.
  package init(_ source: any RowSource) { self.source = source }

  /// A column's value, by its place.
  ///
  /// - Throws: `DamagedValue`.
  package func get<Value: StoredValue>(_ index: Int) throws -> Value {
    guard let value = Value.stored(source.value(index)) else { throw DamagedValue(what: source.columns[index]) }
    return value
  }

  /// A column's value, by its name.
  ///
  /// - Throws: `DamagedValue`.
  package func get<Value: StoredValue>(_ column: String) throws -> Value {
    guard let index = source.columns.firstIndex(of: column), let value = Value.stored(source.value(index)) else {
      throw DamagedValue(what: column)
    }
    return value
  }

  /// A copy that outlives the statement.
  fileprivate func copy() -> Row {
    let columns = source.columns
    return Row(RowCopy(values: columns.indices.map(source.value), columns: columns))
  }
}

private final class RowCopy: RowSource {
  let values: [SQLValue]
  let columns: [String]

  init(values: [SQLValue], columns: [String]) {
    self.values = values
    self.columns = columns
  }

  func value(_ index: Int) -> SQLValue { values[index] }
}

extension Transaction {
  /// Runs a statement that returns no rows.
  ///
  /// - Returns: how many rows it changed.
  @discardableResult
  package func run(_ sql: String) throws -> Int { try run(sql, []) }

  /// Hands over every row that a statement returns; memory is flat.
  package func each(_ sql: String, _ arguments: Arguments = [], _ body: (Row) throws -> Void) throws {
    try read(sql, arguments) { row in
      try body(row)
      return true
    }
  }

  /// The first row that a statement returns; nil when it returns none.
  package func one(_ sql: String, _ arguments: Arguments = []) throws -> Row? {
    try one(sql, arguments) { $0.copy() }
  }

  /// What is made of the first row that a statement returns; nil when it returns none.
  package func one<Value>(_ sql: String, _ arguments: Arguments = [], _ body: (Row) throws -> Value) throws -> Value? {
    var value: Value?
    try read(sql, arguments) { row in
      value = try body(row)
      return false
    }
    return value
  }

  /// All rows that a statement returns.
  package func all(_ sql: String, _ arguments: Arguments = []) throws -> [Row] {
    var rows: [Row] = []
    try each(sql, arguments) { rows.append($0.copy()) }
    return rows
  }

  /// The first column of the first row; nil when there is no row, or NULL in it.
  package func value<Value: StoredValue>(
    _ sql: String, _ arguments: Arguments = [], as type: Value.Type
  ) throws -> Value? {
    try one(sql, arguments) { try $0.get(0) as Value? } ?? nil
  }

  /// The first column of all rows.
  package func values<Value: StoredValue>(
    _ sql: String, _ arguments: Arguments = [], as type: Value.Type
  ) throws -> [Value] {
    var values: [Value] = []
    try each(sql, arguments) { values.append(try $0.get(0)) }
    return values
  }
}

/// A rule met rows that cannot be: they changed inside of a transaction, or are missing. Nothing is kept.
package struct BrokenRows: Error, Hashable {
  /// What was met.
  package let what: String
}
