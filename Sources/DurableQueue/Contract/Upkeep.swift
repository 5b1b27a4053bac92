// What the upkeep of a queue's database tells.

/// What a look at the queue's file showed.
package struct QueueHealth: Hashable, Sendable {
  /// What SQLite finds wrong in the file; empty when nothing is.
  package let problems: [String]
  /// The name of the network file system that it is on; nil when it is on none.
  package let networkName: String?
  /// Whether others than its owner may read it.
  package let isReadableByOthers: Bool
  /// Free bytes on its disk; nil when the system does not tell.
  package let freeByteCount: Int64?
  /// Its size with its log.
  package let byteCount: Int64
  /// The number of its tables.
  package let schema: Int

  /// Makes one.
  package init(
    problems: [String], networkName: String?, isReadableByOthers: Bool, freeByteCount: Int64?, byteCount: Int64,
    schema: Int
  ) {
    self.problems = problems
    self.networkName = networkName
    self.isReadableByOthers = isReadableByOthers
    self.freeByteCount = freeByteCount
    self.byteCount = byteCount
    self.schema = schema
  }
}

/// Why the files may still hold what was erased.
package enum Remains: Hashable, Sendable {
  /// Somebody reads an older state of the file, so that the log keeps it; the processes, as far as they can be told.
  case readers([Int32])
  /// The file could not be written anew; what the system or SQLite said.
  case notWritten(String)
  /// Another process writes to the file; what is known of it.
  case busy(String)
}

extension Queue {
  /// How long readers of an older state are waited for.
  package static let standardScrubWait = Duration.seconds(5)

  /// Writes the database anew, with nothing in it but what is there; see `Store.scrub`. Blocks.
  package func scrub(waiting limit: Duration = Queue.standardScrubWait) throws -> Remains? {
    try store.scrub(waiting: limit)
  }

  /// Saves what this process knows of a queue that was deleted or replaced under it; see `Store.rescue`. Blocks.
  package func rescue() throws -> String? { try store.rescue() }

  /// Copies of the queue that a run has saved beside it.
  package func rescuedCopies() -> [String] { store.rescuedCopies() }

  /// Looks at the database; reads all of it.
  package func health() throws -> QueueHealth { try store.health() }
}
