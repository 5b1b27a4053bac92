// Group commit: commands that wait together share one transaction and so one sync of the disk.
//
// A caller hands in a body and awaits its reply. Whoever finds the writer idle starts it; it takes all that waits, runs
// the bodies inside one immediate transaction, commits once, then replies to each. If one of them fails, or the commit
// does, the group is rolled back and each command runs again in a transaction of its own, so that nobody's answer is
// lost to a neighbour; that is rare, and a savepoint around each body would cost a fifth of the speed always. No queue
// of our own is needed: GRDB's writer is the serial queue. A submitted body cannot be reached by cancellation, so that
// an answer is never lost to a drain.

import Dispatch
import DurableQueue
import GRDB
import Pacing
import Synchronization

final class GroupCommitWriter: Sendable {
  /// Gives a body's caller its result; called after the commit.
  private typealias Reply = @Sendable () -> Void

  /// One body that waits.
  private struct Command: Sendable {
    /// Whether its caller can wait some milliseconds for others to share its commit.
    let isPatient: Bool
    /// Runs the body; throws what the body throws.
    let execute: @Sendable (any Transaction) throws -> Reply
    /// Answers the caller with why nothing of it was kept.
    let refuse: @Sendable (any Error) -> Void
  }

  private struct State {
    var waiting: [Command] = []
    var isBusy = false
    /// How many commands the last commit had.
    var lastCount = 0
    /// Ends the writer's wait for more commands; nil when it does not wait.
    var enough: DispatchSemaphore?
    /// Whether commits wait for `flush`.
    var isSteppedByHand = false
    /// Whether a commit need not wait for more commands.
    var hasEnough: Bool {
      GroupCommitWriter.isEnough(waiting.count, hasImpatient: waiting.contains { !$0.isPatient }, after: lastCount)
    }
  }

  /// Whether so many commands need not wait for more; who came alone the last time is alone.
  static func isEnough(_ count: Int, hasImpatient: Bool, after lastCount: Int) -> Bool {
    lastCount < 2 || count >= 64 || hasImpatient
  }

  private let writer: any DatabaseWriter
  private let time: any TimeSource
  private let afterCommit: @Sendable (Database) throws -> Void
  private let state = Mutex(State())

  /// Makes a writer.
  ///
  /// - Parameter afterCommit: called on the writer after each commit, when the callers have their replies.
  init(writer: any DatabaseWriter, time: any TimeSource, afterCommit: @escaping @Sendable (Database) throws -> Void) {
    self.writer = writer
    self.time = time
    self.afterCommit = afterCommit
  }

  /// Runs `body` in a transaction that is on disk when this returns.
  ///
  /// The body may run twice (its group may have to be run again one by one), so it does nothing but read and write the
  /// database. Throws what the body threw, or why the commit failed; then nothing of it was kept.
  ///
  /// - Parameter isPatient: whether the caller can wait some milliseconds for others to share its commit.
  func submit<Value: Sendable>(
    patiently isPatient: Bool = false, _ body: @escaping @Sendable (any Transaction) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      enqueue(
        Command(
          isPatient: isPatient,
          execute: { db in
            let value = try body(db)
            return { continuation.resume(returning: value) }
          },
          refuse: { continuation.resume(throwing: $0) }))
    }
  }

  private func enqueue(_ command: Command) {
    let mustStart = state.withLock { state in
      state.waiting.append(command)
      if let enough = state.enough, state.hasEnough {
        enough.signal()
        state.enough = nil
      }
      guard !state.isSteppedByHand else { return false }
      defer { state.isBusy = true }
      return !state.isBusy
    }
    if mustStart { writer.asyncWriteWithoutTransaction { self.commitAllThatWaits($0) } }
  }

  /// From now on nothing is committed before `flush`; for tests that step a pool.
  func stepByHand() { state.withLock { $0.isSteppedByHand = true } }

  /// How many commands wait.
  var waitingCount: Int { state.withLock(\.waiting.count) }

  /// Commits all that waits, on this thread.
  ///
  /// - Returns: whether anything waited.
  func flush() -> Bool {
    let isWaiting = state.withLock { !$0.waiting.isEmpty }
    if isWaiting { writer.writeWithoutTransaction { commitAllThatWaits($0) } }
    return isWaiting
  }

  private func commitAllThatWaits(_ db: Database) {
    while true {
      gather()
      let group = state.withLock { state in
        defer { state.waiting = [] }
        state.lastCount = state.waiting.count
        state.isBusy = !state.waiting.isEmpty
        return state.waiting
      }
      guard !group.isEmpty else { return }
      commit(group, db)
    }
  }

  /// Waits for patient commands, 5 ms at most, where several have come together. Answers come one after another: a commit
  /// for each few of them would sync the disk, and write anew the pages that they share, all the time. A time that is not the machine's does not pass meanwhile: nobody
  /// waits in it.
  private func gather() {
    let enough = DispatchSemaphore(value: 0)
    let mustWait = state.withLock { state in
      guard time is SystemTimeSource, !state.isSteppedByHand, !state.hasEnough else { return false }
      state.enough = enough
      return true
    }
    guard mustWait, enough.wait(timeout: .now() + .milliseconds(5)) == .timedOut else { return }
    state.withLock { $0.enough = nil }
  }

  private func commit(_ group: [Command], _ db: Database) {
    var replies: [Reply] = []
    var didBegin = false
    do {
      try db.inTransaction(.immediate) {
        didBegin = true
        let transaction = SQLiteTransaction(db, time)
        for command in group { replies.append(try command.execute(transaction)) }
        return .commit
      }
    } catch {
      // Nothing of the group was kept, neither the failed command's part nor its neighbours'. Where the transaction did
      // not even begin, trying again one by one would only wait a minute for each.
      if group.count > 1, didBegin {
        for command in group { commit([command], db) }
      } else {
        for command in group { command.refuse(error) }
      }
      return
    }
    for reply in replies { reply() }
    // A checkpoint that fails leaves everything in the log, where it is safe; the next command meets the cause itself.
    _ = Result { try afterCommit(db) }
  }
}
