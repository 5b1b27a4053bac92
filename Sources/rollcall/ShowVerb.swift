// `rollcall show ITEM`: one item's whole history, with the reason of every wait.

import ArgumentParser
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Reporter

struct ShowVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one item's whole history, with the reason of every wait.")

  @Argument(help: "The item's name, or the line of its row in the roster.")
  var item: String
  @Option(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    let found = try queue.histories(named: item, line: Int(item), in: batch.id)
    guard !found.isEmpty else {
      throw Problem(
        "Batch \(batch.id.rawValue) (\(batch.shortLabel)) has no item '\(item)', neither as a name nor as a line.",
        hint: "Name another batch with --batch.", .usage)
    }
    for history in found { for line in Self.lines(history) { context.say(line) } }
  }

  /// The item first, then a line an attempt.
  static func lines(_ history: ItemHistory) -> [String] {
    var lines = ["\(history.name) of \(history.account): \(ClosingTable.name(of: history.state))"]
    if let id = history.remoteID {
      lines.append("  id        \(id)\(history.isAdopted ? " (adopted from the service's list)" : "")")
    }
    if let reason = history.reason {
      lines.append("  why       \(reason.forPeople)\(history.message.map { " (\($0))" } ?? "")")
    }
    if let due = history.due { lines.append("  not before \(due.rfc3339())") }
    if let doubtAt = history.doubtAt { lines.append("  in doubt since \(doubtAt.rfc3339())") }
    lines.append("  sent as   \(history.definition)")
    if history.attempts.isEmpty { lines.append("  no attempt yet") }
    return lines + history.attempts.map(line)
  }

  private static func line(_ attempt: ItemHistory.Attempt) -> String {
    var parts = ["  attempt \(attempt.ordinal)", attempt.startAt.rfc3339()]
    parts.append(attempt.outcome?.rawValue ?? "under way")
    if let status = attempt.status { parts.append("HTTP \(status)") }
    if let latency = attempt.latency { parts.append("after \(latency.forPeople)") }
    if let message = attempt.message { parts.append(message) }
    if let requestID = attempt.requestID { parts.append("request \(requestID)") }
    if attempt.outcome != nil, !attempt.isUsed { parts.append("not counted") }
    return parts.joined(separator: " · ")
  }
}
