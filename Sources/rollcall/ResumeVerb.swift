// `rollcall resume [BATCH]`: finishes what is unfinished, without the roster.

import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Provisioning

struct ResumeVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Finish what is unfinished, without the roster.")

  @Argument(help: "The batch's number (the only unfinished one unless given).")
  var batch: Int64?
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
    let batch = try BatchChoice.only(batch, in: queue, for: ["resume"], queueOptions, "are unfinished") {
      $0.unfinishedCount > 0
    }
    let endpoint = try endpointOptions.endpoint(of: batch, in: context)
    // What can be reported without credentials is reported first.
    try report.refuseUnwritable(folder: report.folder(of: batch, in: context), in: context)
    let session = RunSession(
      queue: queue, batch: batch, endpoint: endpoint,
      credentials: try CredentialSource.credentials(for: endpoint, in: context), pace: pace, report: report,
      context: context)
    return try await session.run(Requeue())
  }
}

extension EndpointOptions {
  /// Where a batch's items are made; a batch keeps its endpoint.
  func endpoint(of batch: Batch, in context: Context) throws -> Endpoint {
    let endpoint = try EndpointOptions.endpoint(batch.baseURL.text)
    if let given = try given(in: context), given != endpoint {
      throw CommandError(
        "Batch \(batch.id.rawValue) belongs to \(batch.baseURL); it cannot be resumed at \(given.baseURL).",
        hint: "Leave --endpoint and ROLLCALL_ENDPOINT out.", .usage)
    }
    return endpoint
  }
}
