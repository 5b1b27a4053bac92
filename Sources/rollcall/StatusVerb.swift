// `rollcall status [BATCH]`: how far a batch is; also while another process runs it.

import ArgumentParser
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Words

struct StatusVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how far a batch is; also while another process runs it.")

  @Argument(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @Flag(help: "Show it anew every second until nothing is left to do, nobody works on it, or Ctrl-C.")
  var watch = false
  @Flag(help: "End with the exit status that run would have for the batch as it is now.")
  var exitCode = false
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    let number = batch.id.rawValue
    context.machine.note(batch: number)
    if watch {
      let follow = BatchFollow(batch: batch, queue: queue, context: context, print: { context.say($0) })
      if case .alone = try await follow.run() {
        context.tell("Nobody works on it: \(queueOptions.command("resume \(number)", in: context)) goes on.")
      }
    }
    try show(batch, in: queue, context)
    guard exitCode else { return }
    let ending = try Ending.now(of: batch, in: queue, queueOptions, in: context).ending
    guard ending.status == .done else { throw Exit(ending) }
  }

  private func show(_ batch: Batch, in queue: Queue, _ context: Context) throws {
    let tally = try queue.tally(of: batch.id)
    let holds = try queue.holds(of: batch.id)
    try context.answer(Self.members(batch, tally, queue))
    context.show("Batch \(batch.id.rawValue), \(batch.label), imported \(batch.importedAt.rfc3339())")
    context.show("  endpoint  \(batch.baseURL)")
    if let run = try queue.latestRun(of: batch) {
      context.answer(["lastRun": run.members])
      context.show("  last run  \(RunWords.sentence(run, now: context.time.now()))")
    }
    for state in ItemState.allCases where tally[state] > 0 {
      context.show("  \(state.displayName): \(tally[state])")
    }
    if tally.invalidCount > 0 { context.show("  invalid: \(tally.invalidCount)") }
    context.show("  rows: \(tally.rowCount)")
    for owner in try queue.processesAtWork(on: tally[.leased] > 0 ? nil : batch.id) {
      context.show("  " + Self.line(owner))
    }
    for wait in try queue.waits(baseURL: batch.baseURL) {
      context.show("  waiting until \(wait.until.rfc3339()): \(wait.text)")
    }
    for gate in try queue.limitGates(baseURL: batch.baseURL) {
      context.show("  \(gate.limit.text) lets the next request start at \(gate.next.rfc3339())")
    }
    for hold in holds { context.show("  account \(hold.account) is held: \(hold.reason.displayText)") }
  }

  private static func line(_ owner: OwnerProcess) -> String {
    let process = owner.process
    // A number counts in its own container only; here it may be somebody else's.
    if !owner.isHere { return "a process of another container is at work; there its number is \(process)" }
    return owner.isStopped
      ? "process \(process) is stopped and keeps what it holds: `kill -CONT \(process)` or `kill \(process)`"
      : "process \(process) is at work"
  }

  private static func members(_ batch: Batch, _ tally: Tally, _ queue: Queue) throws -> [String: JSONValue] {
    var members = batch.members(tally)
    members["waits"] = .array(
      try queue.waits(baseURL: batch.baseURL).map { wait in
        .members([
          "until": .time(wait.until), "reason": .string(wait.reason.rawValue),
          "message": wait.message.map(JSONValue.string), "askedSeconds": wait.asked.map { .integer(Int64($0.seconds)) },
        ])
      })
    members["limits"] = .array(
      try queue.limitGates(baseURL: batch.baseURL).map { gate in
        .object(["text": .string(gate.limit.text), "nextAt": .time(gate.next)])
      })
    members["holds"] = .array(
      try queue.holds(of: batch.id).map { hold in
        .members([
          "account": .string(hold.account), "reason": .string(hold.reason.rawValue),
          "message": hold.message.map(JSONValue.string),
        ])
      })
    members["processes"] = .array(
      try queue.processesAtWork(on: tally[.leased] > 0 ? nil : batch.id).map { owner in
        .object([
          "process": .integer(Int64(owner.process)), "isStopped": .bool(owner.isStopped), "isHere": .bool(owner.isHere),
        ])
      })
    return members
  }
}

extension Batch {
  /// What is told of it to programs, whatever the verb.
  func members(_ tally: Tally) -> [String: JSONValue] {
    [
      "batch": .integer(id.rawValue), "label": .string(label), "endpoint": .string(baseURL.text),
      "importedAt": .time(importedAt), "rowCount": .count(tally.rowCount), "invalidCount": .count(tally.invalidCount),
      "states": .object(
        Dictionary(uniqueKeysWithValues: ItemState.allCases.map { ($0.rawValue, .count(tally[$0])) })),
    ]
  }
}
