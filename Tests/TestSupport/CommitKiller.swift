// Death at a commit, from the test target alone: the product has no hook for it.

package import GRDB

/// Kills at the n-th commit of a queue's writer, just before it or just after; of those that insert into a table, if one
/// is named.
package final class CommitKiller: TransactionObserver {
  private let number: Int
  private let isBefore: Bool
  private let table: String?
  private var isMet: Bool
  private var count = 0

  /// Makes one; the queue's pool takes it as a transaction observer.
  package init(number: Int, isBefore: Bool, inserting table: String? = nil) {
    self.number = number
    self.isBefore = isBefore
    self.table = table
    isMet = table == nil
  }

  package func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool {
    if case .insert(let name) = eventKind { name == table } else { false }
  }
  package func databaseDidChange(with event: DatabaseEvent) { isMet = true }
  package func databaseWillCommit() throws {
    if isMet { count += 1 }
    if isBefore, count == number { die() }
  }
  package func databaseDidCommit(_ db: Database) { if !isBefore, count == number { die() } }
  package func databaseDidRollback(_ db: Database) {}
}
