// `rollcall report [BATCH]`: the outcome files again, at any time.

import ArgumentParser
import DataForest
import DurableQueue
import Pacing
import Provisioning
import Reporter

struct ReportVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write the outcome files again, at any time.")

  @Argument(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @OptionGroup var queueOptions: QueueOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    if report.onFinish != nil { throw ValidationError("--on-finish goes with run, resume and retry.") }
  }

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    let folder = try report.folder(of: batch, in: queue, context)
    let summary = try OutcomeFiles(of: batch, in: queue, to: folder, schema: .workspace).write(at: context.time.now())
    context.machine.note(batch: batch.id.rawValue)
    try context.answer(summary.members())
    context.answer(["folder": .string(folder)])
    guard !report.quiet else { return }
    let table = ClosingTable.lines(
      summary, columns: context.terminalWidth() ?? 100, options: queueOptions.words(in: context))
    context.tell(
      lines: ["Batch \(batch.id.rawValue), \(batch.shortLabel):"] + table + ["Files in \(folder)/"], as: .closing)
  }
}
