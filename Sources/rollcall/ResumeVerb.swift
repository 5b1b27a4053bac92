// `rollcall resume [BATCH]`: finishes what is unfinished, without the roster.

import ArgumentParser
import DurableQueue
import Provisioning

struct ResumeVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Finish what is unfinished, without the roster.")

  @Argument(help: "The batch's number (the only unfinished one unless given).")
  var batch: Int64?
  @OptionGroup var options: SubmitOptions

  mutating func run() async throws {
    try await options.submit(batch, Requeue(), for: ["resume"], "are unfinished") { $0.unfinishedCount > 0 }
  }
}
