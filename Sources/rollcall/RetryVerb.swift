// `rollcall retry [BATCH]`: tries failed items again, by reason if asked, and finishes the batch.

import ArgumentParser
import DurableQueue
import Provisioning

struct RetryVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Try failed rows again, by reason if asked, and finish the batch.")

  @Argument(help: "The batch's number (the only one with failed rows unless given).")
  var batch: Int64?
  @Option(
    help: "Only rows with this reason, as failed.csv has it; may be repeated. 'cancelled' and 'gone' bring those back.")
  var reason: [Reason] = []
  @OptionGroup var options: SubmitOptions

  mutating func run() async throws {
    let wantsCancelled = reason.contains(.cancelled) || reason.contains(.gone)
    try await options.submit(
      batch, reason.isEmpty ? .failed : Requeue(reasons: Set(reason)),
      for: ["retry"] + reason.flatMap { ["--reason", $0.rawValue] }, "have rows to try again"
    ) {
      $0[.failed] > 0 || (wantsCancelled && $0[.cancelled] > 0)
    }
  }
}

extension Reason: ExpressibleByArgument {
  /// Those that the state table gives to rows that are over; whatever else keeps a row from being sent, it is sent later.
  static var allValueStrings: [String] {
    [Reason.refused, .conflict, .unknown, .foreign, .cancelled, .gone].map(\.rawValue)
  }
}
