// `rollcall adopt ITEM…`: takes over what a conflict found, after a person has looked at it.

import ArgumentParser
import DurableQueue
import Provisioning

struct AdoptVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt", abstract: "Take over what a conflict found, after a look.",
    discussion:
      "Without a name it lists the conflicts. An adopted row is done with the id that was found; nothing is sent.")

  @Argument(help: "The names.")
  var items: [String] = []
  @Option(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    guard !items.isEmpty else {
      for conflict in try queue.conflicts(of: batch.id) { context.say("\(conflict.name)  \(conflict.remoteID)") }
      return
    }
    let unknown = try queue.adopt(items, in: batch.id)
    let count = items.count - unknown.count
    context.say("Batch \(batch.id.rawValue), \(batch.shortLabel): \(count) adopted.")
    guard unknown.isEmpty else {
      throw CommandError(
        "No conflict of batch \(batch.id.rawValue) has found something of the name \(unknown.joined(separator: ", ")).",
        hint: "`rollcall adopt --batch \(batch.id.rawValue)` lists the conflicts.", .usage)
    }
  }
}
