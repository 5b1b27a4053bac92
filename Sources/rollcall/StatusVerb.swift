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
  @Flag(help: "Print it as JSON on standard output.")
  var json = false
  @Flag(help: "Show it anew every second until nothing is left to do, or Ctrl-C; with --json an object a line.")
  var watch = false
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    guard watch else { return try show(batch, in: queue, context) }
    try await follow(batch, in: queue, context)
  }

  /// Shows how far the batch is until it is over or nobody works on it.
  private func follow(_ batch: Batch, in queue: Queue, _ context: Context) async throws {
    var meter = PaceMeter()
    var lastText = ""
    while true {
      let (now, tally) = (context.time.now(), try queue.tally(of: batch.id))
      let progress = try Self.progress(of: batch, tally, in: queue, at: now, context.time.sinceBoot(), &meter)
      let isOver = tally.unfinishedCount == 0
      if json {
        context.say(json: progress.json(at: now))
      } else if context.drawsProgress {
        // Also when the figures are the same: the terminal may have another width.
        context.draw(progress.line(on: context))
      } else if progress.text != lastText {
        context.say("\(now.rfc3339()) \(progress.text)")
      }
      lastText = progress.text
      let isAlone = try !isOver && queue.processesAtWork(on: batch.id).isEmpty
      if isOver || isAlone {
        context.leaveDrawnLine()
        if !json { try show(batch, in: queue, context) }
        if isAlone {
          context.tell(
            "Nobody works on it: \(queueOptions.command("resume \(batch.id.rawValue)", in: context)) goes on.")
        }
        return
      }
      await context.time.wait(.seconds(1))
      try Task.checkCancellation()
    }
  }

  /// What can be told of a run from outside of it. Its limit is not: which key it uses is not said anywhere.
  private static func progress(
    of batch: Batch, _ tally: Tally, in queue: Queue, at now: Instant, _ sinceBoot: SinceBoot, _ meter: inout PaceMeter
  ) throws -> Progress {
    let wait = try queue.waits(baseURL: batch.baseURL).first { $0.until > now }
    // While there is enough to send a run asks later.
    let isAllSent = tally[.ready] + tally[.leased] == 0
    let doubt = tally[.inDoubt] > 0 && isAllSent ? try queue.doubtLeft(of: batch.id) : nil
    meter.note(tally, at: sinceBoot.elapsed, wait: wait.map { $0.until - now }, interval: nil)
    return Progress(
      tally: tally, pace: meter.pace, wait: wait.map { ($0.until - now, $0.reason) },
      look: doubt.flatMap { $0 > .zero ? .after($0) : nil })
  }

  private func show(_ batch: Batch, in queue: Queue, _ context: Context) throws {
    let tally = try queue.tally(of: batch.id)
    let holds = try queue.holds(of: batch.id)
    guard !json else {
      context.say(json: Self.json(batch, tally, try queue.waits(baseURL: batch.baseURL)))
      return
    }
    context.say("Batch \(batch.id.rawValue), \(batch.label), imported \(batch.importedAt.rfc3339())")
    context.say("  endpoint  \(batch.baseURL)")
    for state in ItemState.allCases where tally[state] > 0 {
      context.say("  \(state.displayName): \(tally[state])")
    }
    if tally.invalidCount > 0 { context.say("  invalid: \(tally.invalidCount)") }
    context.say("  rows: \(tally.rowCount)")
    for owner in try queue.processesAtWork(on: tally[.leased] > 0 ? nil : batch.id) {
      context.say("  " + Self.line(owner))
    }
    for wait in try queue.waits(baseURL: batch.baseURL) {
      context.say("  waiting until \(wait.until.rfc3339()): \(wait.text)")
    }
    for gate in try queue.limitGates(baseURL: batch.baseURL) {
      context.say("  \(gate.limit.text) lets the next request start at \(gate.next.rfc3339())")
    }
    for hold in holds { context.say("  account \(hold.account) is held: \(hold.reason.displayText)") }
  }

  private static func line(_ owner: OwnerProcess) -> String {
    let process = owner.process
    // A number counts in its own container only; here it may be somebody else's.
    if !owner.isHere { return "a process of another container is at work; there its number is \(process)" }
    return owner.isStopped
      ? "process \(process) is stopped and keeps what it holds: `kill -CONT \(process)` or `kill \(process)`"
      : "process \(process) is at work"
  }

  private static func json(_ batch: Batch, _ tally: Tally, _ waits: [KeyWait]) -> String {
    var members: [String: JSONValue] = [
      "schemaVersion": .integer(1), "batch": .integer(batch.id.rawValue), "label": .string(batch.label),
      "endpoint": .string(batch.baseURL.text), "rowCount": .integer(Int64(tally.rowCount)),
      "invalidCount": .integer(Int64(tally.invalidCount)),
    ]
    members["states"] = .object(
      Dictionary(uniqueKeysWithValues: ItemState.allCases.map { ($0.rawValue, .integer(Int64(tally[$0]))) }))
    members["waits"] = .array(
      waits.map { wait in
        var members: [String: JSONValue] = [
          "until": .string(wait.until.rfc3339()), "reason": .string(wait.reason.rawValue),
        ]
        members["message"] = wait.message.map(JSONValue.string)
        members["askedSeconds"] = wait.asked.map { .integer(Int64($0.seconds)) }
        return .object(members)
      })
    return JSONValue.object(members).canonicalText
  }
}
