// What `resume` and `retry` share: they submit a batch that is there.

import ArgumentParser
import DataForest
import DurableQueue
import Provisioning

/// The options of a verb that submits what is in the queue.
struct SubmitOptions: ParsableArguments {
  @OptionGroup(title: HelpTitle.place) var queueOptions: QueueOptions
  @OptionGroup(title: HelpTitle.place) var endpointOptions: EndpointOptions
  @OptionGroup(title: HelpTitle.pace) var pace: PaceOptions
  @OptionGroup var report: ReportOptions

  /// Submits the batch that `BatchChoice.only` chooses; `requeue` tells what is tried again.
  func submit(
    _ number: Int64?, _ requeue: Requeue, for verb: [String], _ state: String, where wouldChange: (Tally) -> Bool
  ) async throws {
    let context = Context.current
    try await report.ending(of: queueOptions, verb: verb[0], in: context) { note in
      let queue = try queueOptions.openExisting(in: context, lockWait: pace.maxWait.duration)
      let batch = try BatchChoice.only(number, in: queue, for: verb, queueOptions, state, where: wouldChange)
      note.belongs(to: batch.course)
      let endpoint = try endpointOptions.endpoint(of: batch)
      // What can be reported without credentials is reported first.
      let folder = try report.folder(of: batch, in: queue, context)
      try report.refuseUnwritable(folder: folder, in: context)
      let session = RunSession(
        queue: queue, batch: batch, endpoint: endpoint,
        credentials: try CredentialSource.credentials(for: endpoint, in: context), pace: pace, report: report,
        context: context, note: note, folder: folder, place: queueOptions.words(in: context))
      return try await session.run(requeue)
    }
  }
}

extension EndpointOptions {
  /// Where a batch's items are made; a batch keeps its endpoint. What is configured is for batches to come; who types one
  /// wants that one.
  fileprivate func endpoint(of batch: Batch) throws -> Endpoint {
    let endpoint = try EndpointOptions.endpoint(batch.baseURL.text)
    if let given = try typed(), given != endpoint {
      throw CommandError(
        "Batch \(batch.id.rawValue) belongs to \(batch.baseURL); it cannot be resumed at \(given.baseURL).",
        hint: "Leave --endpoint out.", .usage)
    }
    return endpoint
  }
}
