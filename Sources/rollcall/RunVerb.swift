// `rollcall run ROSTER`: check, plan, ask, import what is new, submit, report. Safe to rerun; what a timer calls.

import ArgumentParser
import DataForest
import DurableQueue
import Pacing
import Reporter

struct RunVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Check, plan, ask, import what is new, submit, report; safe to rerun.")

  @OptionGroup var roster: RosterArguments
  @OptionGroup var reading: ReadingOptions
  @OptionGroup(title: HelpTitle.everyday) var consent: ConsentOptions
  @OptionGroup(title: HelpTitle.people) var most: MostOptions
  @OptionGroup(title: HelpTitle.place) var queueOptions: QueueOptions
  @OptionGroup(title: HelpTitle.place) var endpointOptions: EndpointOptions
  @OptionGroup(title: HelpTitle.pace) var pace: PaceOptions
  @OptionGroup var report: ReportOptions

  var yes: Bool { consent.yes }
  var dryRun: Bool { consent.dryRun }
  var maxNew: Int? { most.maxNew }

  mutating func run() async throws {
    let (verb, context) = (self, Context.current)
    try await report.ending(of: queueOptions, verb: "run", in: context) { try await verb.end($0, in: context) }
  }

  private func end(_ note: RunNote, in context: Context) async throws -> Ending {
    let endpoint = try endpointOptions.chosen(in: context)
    // Who asks for the plan runs nothing.
    if !dryRun { note.belongs(to: roster.course(at: endpoint, in: context)) }
    let keys = Result { try CredentialSource.credentials(for: endpoint, in: context) }
    var hasKeys = false
    if case .success = keys { hasKeys = true }
    // What a queue that cannot be used would tell comes after what is wrong with the roster.
    let opened = Result { try openIfExists(waits: hasKeys, in: context) }
    let usable = if case .success(let queue) = opened { queue } else { Queue?.none }
    // What can be reported without credentials is reported first.
    var (check, known) = try RosterCheck.begin(
      roster, reading: reading, endpoint: endpoint, in: usable, database: try queueOptions.path(in: context), context)
    if !dryRun { note.belongs(to: known.course) }
    check.tellMemory(folder: report.toldMemory(known, in: context), quiet: report.quiet, in: context)
    try report.refuseUnwritable(needed: check.needed, in: context)
    try await check.refuseGrowing(in: context)
    let existing = try opened.get()
    try report.refuseUnwritable(
      folder: report.remembered(known) ?? report.folder.map(context.absolute),
      of: ReportOwner(known.course, in: existing, database: queueOptions.path(in: context)), needed: check.needed,
      in: context)
    if case .success(let credentials) = keys, !dryRun, asksNobody(at: endpoint), try check.isLarge() {
      let queue = try existing ?? openQueue(in: context)
      let setting = try PlanSetting(queue, endpoint, credentials, pace)
      let result = try check.importUnseen(into: queue) { check in try agree(to: setting.plan(of: check), in: context) }
      if let batch = try result.flatMap({ try queue.batch($0.batch) }) {
        return try await submit(batch, of: check, from: queue, credentials, note, in: context)
      }
    }
    do {
      try check.read(comparingWith: existing, isImported: !dryRun)
      if let existing, try check.takesOver(in: existing, asks: !dryRun, context) {
        try check.read(comparingWith: existing, isImported: !dryRun)
      }
      try check.refuseIssues(in: context)
    } catch {
      // What is wrong with the roster is told too; what is wrong with the command decides.
      guard let failure = CommandError(error), failure.status == .rosterIssues, !hasKeys else { throw error }
      failure.tell(in: context)
    }
    let credentials = try keys.get()
    let agreed = try agree(to: PlanSetting(existing, endpoint, credentials, pace).plan(of: check), in: context)
    guard !dryRun else { return check.leftOut ?? .planned }
    let queue = try existing ?? openQueue(in: context)
    let batch = try importRoster(check, agreed, into: queue, in: context)
    return try await submit(batch, of: check, from: queue, credentials, note, in: context)
  }

  private func submit(
    _ batch: Batch, of check: RosterCheck, from queue: Queue, _ credentials: Credentials, _ note: RunNote,
    in context: Context
  ) async throws -> Ending {
    try check.refuseChanged(since: batch)
    try check.remember(in: queue)
    let folder = try report.folder(of: batch, in: queue, context)
    let session = RunSession(
      queue: queue, batch: batch, endpoint: check.endpoint, credentials: credentials, pace: pace, report: report,
      context: context, note: note, folder: folder, needed: check.needed,
      place: queueOptions.words(in: context))
    return try await session.run(.failed)
  }

  private func openQueue(in context: Context) throws -> Queue {
    try queueOptions.open(in: context, lockWait: pace.maxWait.duration)
  }

  /// Opens the queue, if there is one; who has no credentials does not wait for a lock only to be told so.
  private func openIfExists(waits: Bool, in context: Context) throws -> Queue? {
    do {
      return try queueOptions.openIfExists(in: context, lockWait: waits ? pace.maxWait.duration : .zero)
    } catch let error as QueueError where error.code == .busy && !waits {
      return nil
    }
  }

  /// Imports, asking once more if more would be created, or gone, than the plan showed.
  private func importRoster(
    _ check: RosterCheck, _ agreed: Agreement, into queue: Queue, in context: Context
  ) throws -> Batch {
    var agreed = agreed
    while true {
      try check.refuseChanged()
      let result = try check.importBatch(into: queue, agreed: agreed) { comparison in
        // The queue's lock is free while a person thinks.
        let count = comparison.toCreateCount
        context.tell(
          "Meanwhile the queue has changed: \(count) would be created now, and \(comparison.goneCount) be gone.")
        agreed.goneCount = try check.confirmGone(comparison, in: context)
        try confirm(count, endpoint: check.endpoint, in: context)
        agreed.createCount = count
      }
      if let result, let batch = try queue.batch(result.batch) { return batch }
    }
  }

  // MARK: - The question

  private func refuseTooMany(_ count: Int) throws {
    guard let maxNew, count > maxNew else { return }
    throw CommandError(
      "\(count) workspaces would be created, more than --max-new \(maxNew); nothing was imported or sent.",
      hint: "Look whether it is the right roster; raise --max-new if it is.", .personNeeded, reason: .maxNew)
  }

  /// Whether no question is asked, however much is to be created: the endpoint is this machine, or `--yes` was given.
  private func asksNobody(at endpoint: Endpoint) -> Bool { endpoint.isLoopback || yes }

  /// Shows the plan and asks, unless it is all that is wanted.
  @discardableResult
  private func agree(to plan: Plan, in context: Context) throws -> Agreement {
    let comparison = plan.check.comparison
    plan.tell(quietly: report.quiet, in: context)
    try refuseTooMany(plan.createCount)
    let goneCount = try plan.check.confirmGone(comparison, asks: !dryRun, in: context)
    if !dryRun { try confirm(plan.createCount, endpoint: plan.check.endpoint, in: context) }
    return Agreement(createCount: comparison.toCreateCount, goneCount: goneCount)
  }

  /// Asks unless nothing is to be created.
  private func confirm(_ count: Int, endpoint: Endpoint, in context: Context) throws {
    try refuseTooMany(count)
    guard count > 0, !asksNobody(at: endpoint) else { return }
    guard context.isInteractive else {
      throw CommandError(
        "\(count) workspaces would be created and there is no terminal to ask at.",
        hint: "Add --yes if that is right.", .usage)
    }
    guard context.agrees(to: "Create \(count) workspaces? It may cost money.") else { throw RosterCheck.declined }
  }
}
