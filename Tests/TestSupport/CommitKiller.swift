// Death at a commit, from the test target alone: the product has no hook for it.

package import GRDB

/// Kills at the n-th commit of a queue's writer, just before it or just after.
package final class CommitKiller: TransactionObserver {
  private let number: Int
  private let isBefore: Bool
  private var count = 0

  /// Makes one; the queue's pool takes it as a transaction observer.
  package init(number: Int, isBefore: Bool) {
    self.number = number
    self.isBefore = isBefore
  }

  package func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
  package func databaseDidChange(with event: DatabaseEvent) {}
  package func databaseWillCommit() throws {
    count += 1
    if isBefore, count == number { die() }
  }
  package func databaseDidCommit(_ db: Database) { if !isBefore, count == number { die() } }
  package func databaseDidRollback(_ db: Database) {}
}
