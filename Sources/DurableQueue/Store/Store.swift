// The database of a queue, as its rules need it.

/// A database that holds one queue.
///
/// **Inside of `grouped` and `exclusive` nobody else writes**, in this process or another, until the body has
/// returned and its transaction is on disk. Whatever is thrown undoes the body's own part and nobody else's. All throw
/// `QueueError` for what is the database's fault, and what a body has thrown as it is.
package protocol Store: AnyObject, Sendable {
  /// Where it is, as people write it.
  var path: String { get }

  /// Runs a body in a transaction that it may share with others that wait (group commit). Never blocks a thread of the
  /// caller; cannot be reached by cancellation.
  ///
  /// - Parameters:
  ///   - isPatient: whether the caller can wait some milliseconds for others to share its commit.
  ///   - body: may run twice, so it does nothing but read and write the transaction.
  func grouped<Value: Sendable>(
    patiently isPatient: Bool, _ body: @escaping @Sendable (any Transaction) throws -> Value
  ) async throws -> Value

  /// Runs a body in a transaction of its own, on the caller's thread. Blocks while others write.
  ///
  /// - Throws: `QueueError`, also when the database was deleted or replaced meanwhile, so that nothing is left of it.
  func exclusive<Value>(_ body: (any Transaction) throws -> Value) throws -> Value

  /// As `exclusive`, for a transaction that writes much; what is in the database already may decide how it is written.
  func importing<Value>(_ body: (any Transaction) throws -> Value) throws -> Value

  /// Reads one state of the database, undisturbed by who writes. Blocks only while it reads.
  func reading<Value>(_ body: (any Transaction) throws -> Value) throws -> Value

  // MARK: - Who is alive

  /// What tells this process apart from others, as its owner's row has it; nil where the system does not tell.
  var ownIdentity: String? { get }

  /// Takes the lock that shows that an owner lives. Called in the transaction that writes the owner's row, so that it is
  /// held before anybody can see the row.
  func lock(owner: Int64) throws -> any OwnerLock

  /// Takes the lock of an owner that seems to be gone, so that two who reclaim do it one after the other.
  ///
  /// - Returns: nil when somebody has it.
  func takeOver(owner: Int64) throws -> (any OwnerLock)?

  /// Whether an owner's process lives.
  func isAlive(_ owner: OwnerRow) throws -> Bool

  /// What can be told of an owner's process that lives.
  func process(of owner: OwnerRow) -> OwnerProcess

  /// The owners whose locks are left, of processes that were killed before they could remove them, perhaps.
  func leftOwners() -> [Int64]

  // MARK: - Upkeep

  /// Closes the database; nothing may be under way.
  func close() throws

  /// Throws when what this process has open no longer stands where it stood: it was deleted, replaced, or lost a
  /// neighbour.
  func refuseIfReplaced() throws

  /// Copies what was committed to where it stays, as far as nobody else is at it. Blocks.
  ///
  /// - Returns: whether all of it was.
  @discardableResult
  func checkpoint() throws -> Bool

  /// Looks at the database; reads all of it.
  func health() throws -> QueueHealth

  /// Writes the database anew, with nothing in it but what is there, and empties its log.
  ///
  /// - Parameter limit: how long readers that hold the log are waited for.
  /// - Returns: what may be left; nil when nothing is.
  func scrub(waiting limit: Duration) throws -> Remains?

  /// Saves what this process knows of a database that no longer stands where it stood.
  ///
  /// - Returns: the new file; nil when the database itself has everything.
  func rescue() throws -> String?

  /// Copies of the database that a run has saved beside it, whole or in part; they hold what was in it then.
  func rescuedCopies() -> [String]

  /// From now on nothing that waits for a group commit is committed before `flush`; for tests that step a pool.
  func stepByHand()

  /// Commits all that waits, on this thread.
  ///
  /// - Returns: whether anything waited.
  @discardableResult
  func flush() -> Bool

  /// How many commands wait for a group commit; for tests.
  var waitingCommandCount: Int { get }
}

/// Shows, as long as it is there, that an owner lives.
package protocol OwnerLock: AnyObject, Sendable {
  /// Ends it for good, and removes what is left of it.
  func remove()
}

/// A row of `owner` that has not ended.
package struct OwnerRow: Sendable {
  /// The owner's id.
  package let id: Int64
  /// The process's number.
  package let process: Int32
  /// What tells the process apart, as the store that wrote it says; nil: it was not stored.
  package let identity: String?
}
