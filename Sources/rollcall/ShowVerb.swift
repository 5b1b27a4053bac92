// `rollcall show ITEM`: one item's whole history, with the reason of every wait.

import ArgumentParser
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Reporter
import Words

struct ShowVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one item's whole history, with the reason of every wait.")

  @Argument(help: "The item's name, or the line of its row in the roster.")
  var item: String
  @Option(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    let found = try queue.histories(named: item, line: Int(item), in: batch.id)
    let rejected = try queue.rejectedRows(named: item, line: Int(item), in: batch.id)
    context.answer([
      "batch": .integer(batch.id.rawValue),
      "notAccepted": .array(rejected.map { .object(["line": .count($0.line), "issue": .string($0.issue)]) }),
      "items": .array([]),
    ])
    for row in rejected { context.show("line \(row.line): not accepted: \(row.issue)") }
    guard !found.isEmpty || !rejected.isEmpty else {
      throw CommandError(
        "Batch \(batch.id.rawValue) (\(batch.shortLabel)) has no item '\(item)', neither as a name nor as a line.",
        hint: "Name another batch with --batch.", .usage)
    }
    try context.answer(["items": .array(found.map { try $0.members() })])
    for history in found { for line in Self.lines(history) { context.show(line) } }
  }

  /// The item first, then a line for each thing that happened to it.
  static func lines(_ history: ItemHistory) -> [String] {
    var lines = ["\(history.name) of \(history.account): \(history.state.displayName)"]
    if let id = history.remoteID {
      lines.append("  id        \(id)\(history.isAdopted ? " (adopted from the service's list)" : "")")
    }
    if let reason = history.reason {
      let why = Advice.why(history.state, reason)
      let message = history.message == why ? nil : history.message
      lines.append("  why       \(why)\(message.map { " (\($0))" } ?? "")")
    }
    if let hold = history.hold, history.state.isUnfinished {
      lines.append("  held      \(hold.reason.displayText)\(hold.message.map { " (\($0))" } ?? "")")
    }
    if let due = history.due { lines.append("  not before \(due.rfc3339())") }
    if let doubtAt = history.doubtAt { lines.append("  in doubt since \(doubtAt.rfc3339())") }
    lines.append("  sent as   \(history.definition)")
    if history.attempts.isEmpty { lines.append("  no attempt yet") }
    return lines + events(history)
  }

  /// Attempts, lists and waits in the order in which they happened.
  private static func events(_ history: ItemHistory) -> [String] {
    var events: [(at: Instant, line: String)] = []
    events += history.attempts.map { ($0.startAt, line($0)) }
    events += history.listings.map { ($0.askedAt, line($0)) }
    events += history.waits.map { ($0.from, line($0)) }
    // Sorting keeps no order among equals; attempts stand first then.
    return events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.line)
  }

  private static func line(_ listing: ItemHistory.Listing) -> String {
    let found = "\(listing.entryCount) entries\(listing.isWhole ? "" : ", not whole")"
    return line(
      "list", listing.askedAt, listing.outcome == .made ? found : listing.outcome.rawValue,
      listing.status.map { "HTTP \($0)" }, "after \(listing.latency.displayText)", listing.message,
      listing.requestID.map { "request \($0)" })
  }

  private static func line(_ wait: ItemHistory.Wait) -> String {
    let length = (wait.until - wait.from).displayText
    return line("wait", wait.from, "\(length): \(wait.reason.displayTextWhileWaiting)", wait.message)
  }

  private static func line(_ attempt: ItemHistory.Attempt) -> String {
    line(
      "attempt \(attempt.ordinal)", attempt.startAt, attempt.outcome?.rawValue ?? "under way",
      attempt.status.map { "HTTP \($0)" }, attempt.latency.map { "after \($0.displayText)" }, attempt.message,
      attempt.requestID.map { "request \($0)" },
      attempt.outcome != nil && !attempt.isUsed ? "not counted" : nil)
  }

  private static func line(_ what: String, _ at: Instant, _ parts: String?...) -> String {
    (["  \(what)", at.rfc3339()] + parts.compactMap(\.self)).joined(separator: " · ")
  }
}
