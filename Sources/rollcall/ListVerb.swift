// `rollcall list`: the batches.

import ArgumentParser
import DurableQueue
import Pacing
import Provisioning
import Words

struct ListVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Show the batches.")

  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batches = try queue.batches().map { (batch: $0, tally: try queue.tally(of: $0.id)) }
    context.answer(["batches": .array(batches.map { .object($0.batch.members($0.tally)) })])
    for (batch, tally) in batches {
      var parts = ItemState.allCases.filter { tally[$0] > 0 }.map { "\(tally[$0]) \($0.displayName)" }
      if tally.invalidCount > 0 { parts.append("\(tally.invalidCount) invalid") }
      let number = String(repeating: " ", count: max(0, 4 - "\(batch.id.rawValue)".count)) + "\(batch.id.rawValue)"
      context.show(
        "\(number)  \(batch.importedAt.rfc3339())  \(batch.shortLabel)  \(batch.baseURL)  \(parts.joined(separator: ", "))"
      )
    }
  }
}
