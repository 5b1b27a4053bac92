import Foundation
import Pacing
import Synchronization

@testable import DurableQueue

/// A store that notes which table each statement changes, by the body that runs it.
final class RecordingStore: Store {
  private let store: any Store
  private let bodies = Mutex<[[String]]>([])

  init(_ store: any Store) { self.store = store }

  /// The tables that each body has changed, in the order of its statements.
  var tables: [[String]] { bodies.withLock { $0 } }

  func forget() { bodies.withLock { $0 = [] } }

  private func recording(_ transaction: any Transaction) -> any Transaction {
    bodies.withLock { $0.append([]) }
    return RecordingTransaction(transaction) { table in
      self.bodies.withLock { $0[$0.count - 1].append(table) }
    }
  }

  func grouped<Value: Sendable>(
    patiently isPatient: Bool, _ body: @escaping @Sendable (any Transaction) throws -> Value
  ) async throws -> Value {
    try await store.grouped(patiently: isPatient) { try body(self.recording($0)) }
  }

  func exclusive<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
    try store.exclusive { try body(recording($0)) }
  }

  func importing<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
    try store.importing { try body(recording($0)) }
  }

  func reading<Value>(_ body: (any Transaction) throws -> Value) throws -> Value { try store.reading(body) }

  // MARK: - As it is

  var path: String { store.path }
  var ownIdentity: String? { store.ownIdentity }
  var waitingCommandCount: Int { store.waitingCommandCount }
  func lock(owner: Int64) throws -> any OwnerLock { try store.lock(owner: owner) }
  func takeOver(owner: Int64) throws -> (any OwnerLock)? { try store.takeOver(owner: owner) }
  func isAlive(_ owner: OwnerRow) throws -> Bool { try store.isAlive(owner) }
  func process(of owner: OwnerRow) -> OwnerProcess { store.process(of: owner) }
  func leftOwners() -> [Int64] { store.leftOwners() }
  func close() throws { try store.close() }
  func refuseIfReplaced() throws { try store.refuseIfReplaced() }
  func checkpoint() throws -> Bool { try store.checkpoint() }
  func health() throws -> QueueHealth { try store.health() }
  func scrub(waiting limit: Duration) throws -> Remains? { try store.scrub(waiting: limit) }
  func rescue() throws -> String? { try store.rescue() }
  func rescuedCopies() -> [String] { store.rescuedCopies() }
  func stepByHand() { store.stepByHand() }
  func flush() -> Bool { store.flush() }
}

private final class RecordingTransaction: Transaction {
  private let transaction: any Transaction
  private let note: (String) -> Void

  init(_ transaction: any Transaction, _ note: @escaping (String) -> Void) {
    self.transaction = transaction
    self.note = note
  }

  /// `INSERT [OR …] INTO table`, `UPDATE [OR …] table`, `DELETE FROM table`.
  private func record(_ sql: String) {
    let words = sql.split { $0 == " " || $0.isNewline }.map(String.init)
    let place = words.count > 1 && words[1] == "OR" ? 3 : 1
    switch words.first {
    case "INSERT", "DELETE": note(words[place + 1])
    case "UPDATE": note(words[place])
    default: break
    }
  }

  var now: Moment { transaction.now }

  func run(_ sql: String, _ arguments: Arguments) throws -> Int {
    record(sql)
    return try transaction.run(sql, arguments)
  }

  func insert(_ sql: String, _ arguments: Arguments) throws -> Int64 {
    record(sql)
    return try transaction.insert(sql, arguments)
  }

  func read(_ sql: String, _ arguments: Arguments, _ body: (Row) throws -> Bool) throws {
    record(sql)
    try transaction.read(sql, arguments, body)
  }

  func bulkInsert(_ start: String, row: String) throws -> any BulkInsert {
    // One that is prepared need not be run; the import tells of its rows by the tally.
    try transaction.bulkInsert(start, row: row)
  }
}
