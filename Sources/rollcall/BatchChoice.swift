// Which batch a verb means where its number is left out.

import DurableQueue
import Provisioning

enum BatchChoice {
  /// The batch of this number, or the latest.
  static func latest(_ number: Int64?, in queue: Queue) throws -> Batch {
    if let number { return try numbered(number, in: queue) }
    guard let batch = try queue.latestBatch() else { throw none(queue) }
    return batch
  }

  /// The batch of this number, or the only one that a verb would change; the latest if there is none.
  ///
  /// - Parameters:
  ///   - verb: what the person wants to do, with its options, for the commands to choose from.
  ///   - state: what a batch has that the verb would change, for example `unfinished`.
  static func only(
    _ number: Int64?, in queue: Queue, for verb: [String], _ options: QueueOptions, _ state: String,
    where wouldChange: (Tally) -> Bool
  ) throws -> Batch {
    if let number { return try numbered(number, in: queue) }
    let batches = try queue.batches()
    guard let latest = batches.last else { throw none(queue) }
    let candidates = try batches.filter { wouldChange(try queue.tally(of: $0.id)) }
    guard candidates.count > 1 else { return candidates.first ?? latest }
    let commands = candidates.map { batch in
      let words = ["rollcall"] + verb.prefix(1) + ["\(batch.id.rawValue)"] + verb.dropFirst()
      let command = (words + options.words(in: .current)).map(\.shellQuoted).joined(separator: " ")
      return "      \(command)   # \(batch.label)"
    }
    throw CommandError(
      "\(candidates.count) batches \(state); say which one.",
      hint: "Choose one of:", more: commands, .usage)
  }

  private static func numbered(_ number: Int64, in queue: Queue) throws -> Batch {
    guard let batch = try queue.batch(BatchID(number)) else {
      throw CommandError("There is no batch \(number) in \(queue.path).", .usage)
    }
    return batch
  }

  private static func none(_ queue: Queue) -> CommandError {
    CommandError("The queue \(queue.path) has no batches yet.", hint: "`rollcall run ROSTER` makes the first.", .usage)
  }
}

extension QueueOptions {
  /// Opens a queue that must exist already.
  func openExisting(in context: Context, lockWait: Duration = Queue.standardLockWait) throws -> Queue {
    guard let queue = try openIfExists(in: context, lockWait: lockWait) else {
      throw CommandError(
        "There is no queue at \(try path(in: context)).",
        hint: "Name its file with --db, or start with `rollcall run ROSTER`.", .usage)
    }
    return queue
  }
}
