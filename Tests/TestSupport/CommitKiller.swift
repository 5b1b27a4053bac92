// Death at a commit, from the test target alone: the product has no hook for it.

package import GRDB
import Synchronization

/// Kills at the n-th commit of a queue's writer, just before it or just after; of those that insert into a table, if one
/// is named.
package final class CommitKiller: TransactionObserver, Sendable {
  private struct State {
    var isMet: Bool
    var count = 0
  }

  private let number: Int
  private let isBefore: Bool
  private let state: Mutex<State>

  /// Lets a connection's writing end at that commit.
  package static func add(
    to pool: DatabasePool, number: Int, isBefore: Bool, inserting table: String? = nil
  ) throws {
    let killer = CommitKiller(number: number, isBefore: isBefore, isMet: table == nil)
    pool.add(transactionObserver: killer, extent: .databaseLifetime)
    guard let table else { return }
    // The queue's statements go past GRDB's events.
    try pool.writeWithoutTransaction { db in
      db.add(
        function: DatabaseFunction("is_met", argumentCount: 0) { _ in
          killer.state.withLock { $0.isMet = true }
          return nil
        })
      try db.execute(sql: "CREATE TEMP TRIGGER is_met AFTER INSERT ON \(table) BEGIN SELECT is_met(); END")
    }
  }

  private init(number: Int, isBefore: Bool, isMet: Bool) {
    self.number = number
    self.isBefore = isBefore
    state = Mutex(State(isMet: isMet))
  }

  private var isNumber: Bool { state.withLock { $0.count == number } }

  package func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
  package func databaseDidChange(with event: DatabaseEvent) {}
  package func databaseWillCommit() throws {
    state.withLock { if $0.isMet { $0.count += 1 } }
    if isBefore, isNumber { die() }
  }
  package func databaseDidCommit(_ db: Database) { if !isBefore, isNumber { die() } }
  package func databaseDidRollback(_ db: Database) {}
}
