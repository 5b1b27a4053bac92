// `rollcall status [BATCH]`: how far a batch is; also while another process runs it.

import ArgumentParser
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Reporter

struct StatusVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how far a batch is; also while another process runs it.")

  @Argument(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @Flag(help: "Print it as JSON on standard output.")
  var json = false
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    let tally = try queue.tally(of: batch.id)
    let holds = try queue.holds(of: batch.id)
    guard !json else {
      context.say(Self.json(batch, tally))
      return
    }
    context.say("Batch \(batch.id.rawValue), \(batch.label), imported \(batch.importedAt.rfc3339())")
    context.say("  endpoint  \(batch.endpoint)")
    for state in ItemState.allCases where tally[state] > 0 {
      context.say("  \(ClosingTable.name(of: state)): \(tally[state])")
    }
    if tally.invalidCount > 0 { context.say("  invalid: \(tally.invalidCount)") }
    context.say("  rows: \(tally.rowCount)")
    if tally[.leased] > 0 {
      for owner in try queue.processesAtWork() {
        let process = owner.process
        context.say(
          owner.isStopped
            ? "  process \(process) is stopped and keeps what it holds: `kill -CONT \(process)` or `kill \(process)`"
            : "  process \(process) is at work")
      }
    }
    for hold in holds { context.say("  account \(hold.account) is held: \(hold.reason.forPeople)") }
  }

  private static func json(_ batch: Batch, _ tally: Tally) -> String {
    var members: [String: JSONValue] = [
      "schemaVersion": .integer(1), "batch": .integer(batch.id.rawValue), "label": .string(batch.label),
      "endpoint": .string(batch.endpoint), "rowCount": .integer(Int64(tally.rowCount)),
      "invalidCount": .integer(Int64(tally.invalidCount)),
    ]
    members["states"] = .object(
      Dictionary(uniqueKeysWithValues: ItemState.allCases.map { ($0.rawValue, .integer(Int64(tally[$0]))) }))
    return JSONValue.object(members).canonicalText
  }
}
