// `rollcall check ROSTER`: every issue of every row, with line and column, and the plan; sends and stores nothing.

import ArgumentParser
import BulkImport
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Words

struct CheckVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Show every issue of every row, and the plan; send and store nothing.")

  @OptionGroup var roster: RosterArguments
  @Flag(help: "Ask the service too whether it has the accounts and images, and none of the names; read calls only.")
  var online = false
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions
  @OptionGroup var endpointOptions: EndpointOptions

  mutating func run() async throws {
    let context = Context.current
    context.answer(RosterSummary().members)
    let endpoint = try endpointOptions.chosen(in: context)
    var wanted = WantedThings()
    let opened = Result { try queueOptions.openIfExists(in: context) }
    let usable = if case .success(let queue) = opened { queue } else { Queue?.none }
    var check = try RosterCheck.begin(
      roster, reading: reading, endpoint: endpoint, in: usable, database: try queueOptions.path(in: context), context
    ).check
    check.tellMemory(in: context)
    let queue = try opened.get()
    let asksService = online
    var gone = context.machine.printsDocument ? try GoneNames(queue, before: check.newBatch) : nil
    try check.read(comparingWith: queue) { row in
      gone?.note(row)
      if asksService { try wanted.note(row) }
    }
    // As `run --dry-run` shows it, but that it needs no credentials.
    let keys = Result { try CredentialSource.credentials(for: endpoint, in: context) }
    let credentials = if case .success(let found) = keys { found } else { Credentials?.none }
    let plan = try PlanSetting(queue, endpoint, credentials).plan(of: check)
    try answer(plan, gone, in: context)
    if let queue { _ = try check.takesOver(in: queue, asks: false, context) }
    try check.refuseIssues(in: context)
    let now = context.time.now()
    context.say(lines: plan.lines(at: now), as: .plan, ["plan": plan.members(at: now)])
    _ = try check.confirmGone(check.comparison, asks: false, in: context)
    if online { try await askService(check, wanted, queue, in: context) }
    if let ending = check.leftOut { throw Exit(ending) }
    context.say("No issues.")
  }

  /// A program gets all that there is, whatever the roster turns out to be.
  private func answer(_ plan: Plan, _ gone: GoneNames?, in context: Context) throws {
    let comparison = plan.check.comparison
    context.answer(plan.check.summary.members)
    context.answer(comparison.peopleMembers)
    try context.answer(["gone": comparison.goneCount > 0 ? gone?.members() ?? .array([]) : .array([])])
    context.answer(["plan": plan.members(at: context.time.now())])
  }

  private func askService(
    _ check: RosterCheck, _ wanted: WantedThings, _ queue: Queue?, in context: Context
  ) async throws {
    let credentials = try CredentialSource.credentials(for: check.endpoint, in: context)
    let client = DataForestClient(
      .init(endpoint: check.endpoint, credentials: credentials, requestTimeout: .seconds(30), concurrency: 1),
      time: context.time)
    do {
      try await OnlineCheck(check: check, wanted: wanted, client: client, queue: queue, context: context).run()
    } catch {
      try await client.shutdown()
      throw error
    }
    try await client.shutdown()
  }
}
