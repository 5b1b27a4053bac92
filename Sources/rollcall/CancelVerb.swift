// `rollcall cancel [BATCH]`: drops what is not sent. It never deletes a workspace.

import ArgumentParser
import DurableQueue
import Provisioning

struct CancelVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Drop what is not sent; never deletes a workspace.",
    discussion: """
      Rows that were not sent are cancelled. A row that is being sent, or whose answer is unknown, becomes done if it
      turns out to be made and is cancelled otherwise. `rollcall retry --reason cancelled` brings cancelled rows back.
      """)

  @Argument(help: "The batch's number (the only unfinished one unless given).")
  var batch: Int64?
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.only(batch, in: queue, for: ["cancel"], queueOptions, "are unfinished") {
      $0.unfinishedCount > 0
    }
    let cancellation = try queue.cancel(batch.id)
    context.answer([
      "batch": .integer(batch.id.rawValue), "label": .string(batch.label),
      "cancelledCount": .count(cancellation.cancelledCount), "flaggedCount": .count(cancellation.flaggedCount),
    ])
    context.say(
      "Batch \(batch.id.rawValue), \(batch.shortLabel): \(cancellation.cancelledCount.of("row")) cancelled.")
    if cancellation.flaggedCount > 0 {
      context.say(
        "\(cancellation.flaggedCount) may have been sent: they are cancelled unless they turn out to be made.")
      context.advise("Hint: \(queueOptions.command("resume \(batch.id.rawValue)", in: context)) finds out.")
    }
  }
}
