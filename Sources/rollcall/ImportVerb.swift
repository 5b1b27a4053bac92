// `rollcall import ROSTER`: puts the roster into the queue and sends nothing.

import ArgumentParser
import DurableQueue
import Foundation
import Provisioning

struct ImportVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Put the roster into the queue; send nothing.")

  @OptionGroup var roster: RosterArguments
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions
  @OptionGroup var endpointOptions: EndpointOptions

  mutating func run() async throws {
    let context = Context.current
    let endpoint = try endpointOptions.chosen(in: context)
    let opened = Result { try queueOptions.openIfExists(in: context) }
    let usable = if case .success(let queue) = opened { queue } else { Queue?.none }
    var check = try RosterCheck.begin(
      roster, reading: reading, endpoint: endpoint, in: usable, database: try queueOptions.path(in: context),
      context
    ).check
    check.tellMemory(in: context)
    try await check.refuseGrowing(in: context)
    let queue = try opened.get() ?? queueOptions.open(in: context)
    let result = try check.importUnseen(into: queue) ?? importCompared(&check, into: queue, in: context)
    try check.remember(in: queue)
    try say(result, queue, in: context)
    if let ending = check.leftOut { throw Exit(ending) }
  }

  /// Imports a roster whose label is known: it is compared with the queue first.
  private func importCompared(
    _ check: inout RosterCheck, into queue: Queue, in context: Context
  ) throws -> ImportResult {
    try check.read(comparingWith: queue, isImported: true)
    if try check.takesOver(in: queue, context) { try check.read(comparingWith: queue, isImported: true) }
    try check.refuseIssues(in: context)
    var agreed = Agreement(goneCount: try check.confirmGone(check.comparison, in: context))
    while true {
      try check.refuseChanged()
      let result = try check.importBatch(into: queue, agreed: agreed) { comparison in
        agreed.goneCount = try check.confirmGone(comparison, in: context)
      }
      if let result { return result }
    }
  }

  private func say(_ result: ImportResult, _ queue: Queue, in context: Context) throws {
    let tally = try queue.tally(of: result.batch)
    let rows = tally.rowCount.of("row")
    let number = result.batch.rawValue
    context.machine.note(batch: number)
    try context.answer(
      queue.batch(result.batch).map { $0.members(tally) } ?? [:])
    context.answer(["isNew": .bool(result.isNew)])
    context.say(
      result.isNew
        ? "Batch \(number): \(rows) imported, \(tally[.ready]) to send."
        : "Batch \(number) is this roster already: \(rows), \(tally[.ready]) to send.")
    if tally[.ready] > 0 {
      context.advise("Hint: \(queueOptions.command("resume \(number)", in: context)) sends them.")
    }
  }
}
