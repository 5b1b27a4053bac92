// `rollcall list`: the batches.

import ArgumentParser
import DurableQueue
import Pacing
import Provisioning
import Words

struct ListVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Show the batches.")

  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    for batch in try queue.batches() {
      let tally = try queue.tally(of: batch.id)
      var parts = ItemState.allCases.filter { tally[$0] > 0 }.map { "\(tally[$0]) \($0.displayName)" }
      if tally.invalidCount > 0 { parts.append("\(tally.invalidCount) invalid") }
      let number = String(repeating: " ", count: max(0, 4 - "\(batch.id.rawValue)".count)) + "\(batch.id.rawValue)"
      context.say(
        "\(number)  \(batch.importedAt.rfc3339())  \(batch.shortLabel)  \(batch.baseURL)  \(parts.joined(separator: ", "))"
      )
    }
  }
}
