package import DurableQueue
package import GRDB
package import Pacing
import SQLiteStore

extension Queue {
  /// The connections of a queue in a SQLite file.
  package var pool: DatabasePool {
    guard let store = store as? SQLiteQueueStore else { preconditionFailure("the queue is in no SQLite file") }
    return store.pool
  }

  /// The time that its transactions have.
  package var time: any TimeSource {
    guard let store = store as? SQLiteQueueStore else { preconditionFailure("the queue is in no SQLite file") }
    return store.time
  }

  /// Runs something on the connection that writes, outside of a transaction.
  package func onWriter<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try pool.writeWithoutTransaction(body)
  }

  /// Reads with what only SQLite has.
  package func onReader<Value>(_ body: (Database) throws -> Value) throws -> Value { try pool.read(body) }
}
