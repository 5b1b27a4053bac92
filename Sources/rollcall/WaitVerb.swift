// `rollcall wait BATCH`: until a batch that another process runs is over; ends as that run would.

import ArgumentParser
import DurableQueue
import Pacing
import Provisioning
import Reporter

struct WaitVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until a batch that another process runs is over; end as run would.",
    discussion: """
      Ends when nothing is left to do or nobody works on the batch any more, with the exit status that run would have for
      the batch as it is then; with 4 when the time is over.
      """)

  @Argument(help: "The batch's number.")
  var batch: Int64
  @Option(help: "Not longer than this, for example 2h (for ever unless given).", transform: Span.read)
  var timeout: Span?
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    context.machine.note(batch: batch.id.rawValue)
    let isShown = !context.machine.isQuiet || context.machine.logsObjects
    let follow = BatchFollow(
      batch: batch, queue: queue, context: context, print: isShown ? { context.tell($0) } : nil)
    let end = try await follow.run(for: timeout?.duration)
    var (ending, summary) = try Ending.now(of: batch, in: queue, queueOptions, in: context)
    if case .timedOut = end, ending.reason == .unfinished, let timeout {
      ending = Ending(
        status: .paused, reason: .timedOut,
        message: "Waited for \(timeout.duration.displayText). \(ending.message)", hint: ending.hint)
    }
    try show(batch, summary, ending, context)
    guard ending.status == .done else { throw Exit(ending) }
  }

  private func show(_ batch: Batch, _ summary: Summary, _ ending: Ending, _ context: Context) throws {
    try context.answer(summary.members())
    guard showsClosing(ending, context) else { return }
    let unfinished = [.done, .someFailed].contains(ending.status) ? [] : [ending.message]
    context.tell(
      lines: ["Batch \(batch.id.rawValue), \(batch.shortLabel):"] + ClosingTable.lines(summary) + unfinished,
      as: .closing,
      ending.members)
    if let hint = ending.hint, !context.machine.logsObjects { context.tell("Hint: \(hint)") }
  }

  /// With --quiet nothing is said when all is done, as by `run`.
  private func showsClosing(_ ending: Ending, _ context: Context) -> Bool {
    !context.machine.isQuiet || context.machine.logsObjects || ending.status != .done
  }
}

extension Summary {
  /// Its members, for a document.
  func members() throws -> [String: JSONValue] {
    guard case .object(let members) = try JSONParser.value(of: json(), .roster) else { return [:] }
    return members
  }
}
