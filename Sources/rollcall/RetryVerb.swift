// `rollcall retry [BATCH]`: tries failed items again, by reason if asked, and finishes the batch.

import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Provisioning

struct RetryVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Try failed rows again, by reason if asked, and finish the batch.")

  @Argument(help: "The batch's number (the only one with failed rows unless given).")
  var batch: Int64?
  @Option(
    help: "Only rows with this reason, as failed.csv has it; may be repeated. 'cancelled' and 'gone' bring those back.")
  var reason: [Reason] = []
  @OptionGroup var queueOptions: QueueOptions
  @OptionGroup var endpointOptions: EndpointOptions
  @OptionGroup var pace: PaceOptions
  @OptionGroup var report: ReportOptions

  mutating func run() async throws {
    let (verb, context) = (self, Context.current)
    try await report.ending(of: queueOptions, in: context) { try await verb.end(in: context) }
  }

  private func end(in context: Context) async throws -> Ending {
    let queue = try queueOptions.openExisting(in: context, lockWait: pace.maxWait.duration)
    let wantsCancelled = reason.contains(.cancelled) || reason.contains(.gone)
    let batch = try BatchChoice.only(
      batch, in: queue, for: ["retry"] + reason.flatMap { ["--reason", $0.rawValue] }, queueOptions,
      "have rows to try again"
    ) {
      $0[.failed] > 0 || (wantsCancelled && $0[.cancelled] > 0)
    }
    let endpoint = try endpointOptions.endpoint(of: batch, in: context)
    // What can be reported without credentials is reported first.
    try report.refuseUnwritable(folder: report.folder(of: batch, in: context), in: context)
    let session = RunSession(
      queue: queue, batch: batch, endpoint: endpoint,
      credentials: try CredentialSource.credentials(for: endpoint, in: context), pace: pace, report: report,
      context: context)
    return try await session.run(reason.isEmpty ? .failed : Requeue(reasons: Set(reason)))
  }
}

extension Reason: ExpressibleByArgument {}
