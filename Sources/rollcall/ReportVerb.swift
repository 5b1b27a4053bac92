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
    if report.json { context.output(json: String(decoding: try summary.json(), as: UTF8.self)) }
    guard !report.quiet else { return }
    context.tell("Batch \(batch.id.rawValue), \(batch.shortLabel):")
    for line in ClosingTable.lines(summary) { context.tell(line) }
    context.tell("Files in \(folder)/")
  }
}
