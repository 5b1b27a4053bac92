// What `run`, `resume` and `retry` share once the batch is there: submit, report, and say how it ended.

import DataForest
import DurableQueue
import Files
import Pacing
import Provisioning
import Reporter
import Words
import WorkerPool

struct RunSession {
  let queue: Queue
  let batch: Batch
  let endpoint: Endpoint
  let credentials: Credentials
  let pace: PaceOptions
  let report: ReportOptions
  let context: Context
  let note: RunNote
  /// Where the report goes.
  let folder: String
  /// What the report must not replace, beside what every report leaves alone.
  var needed = NeededFiles()
  /// The options that have named the queue, for commands in hints.
  var place: [String] = []

  /// Runs the batch to its end, writes its files and prints how it ended; `requeue` tells what is tried again.
  func run(_ requeue: Requeue) async throws -> Ending {
    context.machine.note(batch: batch.id.rawValue)
    // Now, because at the end it would be too late to name another one.
    try files.prepareFolder()
    try rememberFolder()
    let request = RunRequest(
      batch: batch.id, baseURL: endpoint.baseURL, fingerprint: credentials.fingerprint,
      requeue: requeue.with(conflicts: pace.adoptExisting), limit: pace.limitRequest,
      ignoresWait: pace.ignoreWait || pace.forgetsAll, verb: note.verb, startedAt: note.startedAt)
    let start = try await queue.onOwnThread { queue in try queue.begin(request) }
    note.begin(batch, as: start?.number)
    // A signal must not cut off the report either.
    let signals = context.onFirstSignal { [context] signal in
      context.tell(
        lines: ["", "Stopping when the report is written. Once more leaves at once. (\(signal))"], as: .signal)
    }
    defer { signals?.stop() }
    let end: RunEnd
    let standstill: Standstill?
    do {
      (end, standstill) = try await submit(start)
    } catch let error as QueueError {
      (end, standstill) = (.failed(error), nil)
    }
    rescue(after: end)
    return try conclude(end, standstill)
  }

  /// What a person names for a rehearsal is not the course's; a folder that is called after the course is.
  private func rememberFolder() throws {
    guard let course = try queue.course(batch.course), course.folder != folder else { return }
    let standard = ReportOptions.standardFolder(of: batch.course, course.id, in: context)
    guard !endpoint.isLoopback || (course.folder == nil && folder == standard) else { return }
    try queue.remember(batch.course, folder: folder)
  }

  private var files: OutcomeFiles {
    OutcomeFiles(of: batch, in: queue, to: folder, schema: .workspace, needed: needed)
  }

  // MARK: - Submitting

  private func submit(_ start: RunStart?) async throws -> (RunEnd, Standstill?) {
    // With nothing to do no connection is opened, no probe is sent and no permit is taken.
    guard let start else {
      try queue.refuseIfReplaced()
      return (.finished, nil)
    }
    tellClock(start)
    let client = DataForestClient(
      .init(
        endpoint: endpoint, credentials: credentials, requestTimeout: pace.requestTimeout.duration,
        concurrency: pace.connectionCount), time: context.time)
    if let wanted = pace.chosenConcurrency, wanted > pace.connectionCount {
      context.tell(
        "warning: This process may open so few files that \(pace.connectionCount) of \(wanted) requests run at once: see `ulimit -n`."
      )
    }
    let pool = Pool(
      queue: queue, target: client, owner: start.ownership.id, scope: start.scope, batch: batch.id,
      rules: pace.rules(rowCount: start.tally.rowCount, at: context.time.now()),
      time: context.time, generator: SystemRandomNumberGenerator())
    let end = await watch(pool)
    try await client.shutdown()
    for account in pool.status.incompleteAccounts { context.tell("warning: " + ForeignWords.neverWhole(account)) }
    // What an unsettled answer left leased stays with this owner; the next run finds it gone and reclaims.
    if case .failed = end { return (end, nil) }
    do {
      let standstill = try await queue.end(
        start.ownership, as: end, with: start.scope, madeCount: pool.status.madeCount)
      if let standstill, standstill.needsPerson(at: context.time.now()) { return (end, standstill) }
      return (end, try queue.longestDoubt(of: batch.id))
    } catch let error as QueueError {
      return (.failed(error), nil)
    }
  }

  /// What was written while a clock was wrong must not keep the run waiting; that it was wrong is said.
  private func tellClock(_ start: RunStart) {
    if let finding = start.clockFinding { context.tell("warning: \(Closing.clockSentence(finding))") }
    guard let deadline = pace.deadline else { return }
    if let shown = deadline.next(after: context.time.now()).shown {
      context.tell("The clocks are set forward over \(deadline.text) that night; the deadline is \(shown).")
    }
  }

  /// What was answered is kept, also where the queue's file was deleted under the run.
  private func rescue(after end: RunEnd) {
    guard case .failed(let error) = end, error.code == .replaced else { return }
    do {
      guard let copy = try queue.rescue() else { return }
      context.tell(RescueWords.sentence(copy))
      let isTaken = FileLook(queue.path) != .absent
      context.tell("Hint: " + RescueWords.hint(copy, for: queue.path, isTaken: isTaken, batch: batch.id))
    } catch {
      // The end is reported all the same.
      context.tell(RescueWords.failure("\(error)"))
    }
  }

  private func watch(_ pool: Pool) async -> RunEnd {
    let signals = context.onFirstSignal { [context] signal in
      context.tell(
        lines: [
          "", "Stopping: requests in flight may finish, nothing new is sent. Once more leaves at once. (\(signal))",
        ], as: .signal)
      pool.requestDrain()
    }
    let progress =
      report.quiet
      ? nil
      : ProgressLine(
        status: { pool.status }, queue: queue, batch: batch.id, context: context, format: report.logFormat)
    progress?.start()
    let end = await pool.run()
    progress?.stop()
    signals?.stop()
    return end
  }

  // MARK: - The end

  static func status(of end: RunEnd, _ summary: Summary, _ standstill: Standstill? = nil) -> ExitStatus {
    switch end {
    case .failed(let error): error.code == .busy ? .paused : .toolFailed
    case .halted, .held, .duplicates, .tooManyFailed: .personNeeded
    case .drained: .paused
    case .paused, .settling, .undecided, .othersHold, .deadline: standstill == nil ? .paused : .personNeeded
    case .finished:
      (summary.states[ItemState.done.rawValue] ?? 0) == summary.rowCount && summary.changedCount ?? 0 == 0
        ? .done : .someFailed
    }
  }

  /// Writes the files and prints how it ended; without files the person is told all the same.
  func conclude(_ end: RunEnd, _ standstill: Standstill? = nil) throws -> Ending {
    // Read before the batch is: one read of the queue does not stand inside another.
    let sentences = closing(end, standstill).sentences
    let written = Result { try files.write(at: context.time.now()) { runEnd(end, standstill, sentences, $0) } }
    // What was made is in the queue.
    let summary = if case .success(let made) = written { made } else { try files.summary(at: context.time.now()) }
    // What is wrong with the queue at this point was said by what came before, or will be by what comes next.
    if case .failed = end {} else { emptyLog() }
    let signal = context.handlesSignals ? SignalDrain.received : nil
    guard case .failure(let error) = written else {
      let status = Self.status(of: end, summary, standstill)
      noteEnd(runEnd(end, standstill, sentences, summary))
      let standstill = Self.status(of: end, summary) == .paused ? standstill : nil
      try show(end, summary, status, standstill, hasFiles: true)
      return Ending(
        status: status, reason: reason(end, status, summary), message: message(end, summary, standstill),
        hint: hint(end, summary, standstill), summary: folder + "/" + OutcomeFiles.summary, signal: signal)
    }
    try show(end, summary, .toolFailed, nil, hasFiles: false)
    let failure =
      CommandError(error) ?? CommandError("The report cannot be written: \(error).", .toolFailed, reason: .report)
    failure.tell(in: context)
    context.tell(
      "Hint: `rollcall report \(batch.id.rawValue) --db \(queue.path.shellQuoted)` writes it again; nothing of it is lost."
    )
    return Ending(
      status: .toolFailed, reason: failure.reason, message: "\(failure.message) \(message(end, summary))",
      hint: failure.wholeHint,
      signal: signal)
  }

  /// What stays in the log is safe there, and the next checkpoint takes it: no reason to end without a table.
  private func emptyLog() {
    if case .failure(let error) = Result(catching: { try queue.checkpoint() }) {
      context.tell("warning: \(error) What it knows is safe in its log (\(queue.path)-wal).")
    }
  }

  private func reason(_ end: RunEnd, _ status: ExitStatus, _ summary: Summary) -> EndReason {
    let isAllDone = summary.states[ItemState.done.rawValue] ?? 0 == summary.rowCount
    return status == .someFailed && isAllDone ? .changed : EndReason(end, status)
  }

  /// How it ended, for the report and for the queue's own memory.
  private func runEnd(
    _ end: RunEnd, _ standstill: Standstill?, _ sentences: [String], _ summary: Summary
  ) -> RunRecord.End {
    let status = Self.status(of: end, summary, standstill)
    func count(_ states: ItemState...) -> Int { states.reduce(0) { $0 + (summary.states[$1.rawValue] ?? 0) } }
    return RunRecord.End(
      at: context.time.now(), status: Int(status.rawValue), reason: reason(end, status, summary).rawValue,
      message: sentences.isEmpty ? summary.changedSentence ?? "" : sentences.joined(separator: " "),
      counts: .init(rowCount: summary.rowCount, doneCount: count(.done), unsentCount: count(.ready)))
  }

  /// A queue that cannot be written to now has told so already.
  private func noteEnd(_ end: RunRecord.End) {
    if case .failure(let error) = Result(catching: { try note.end(end, in: queue) }) {
      context.tell("warning: how this run ended could not be noted in the queue: \(error)")
    }
  }

  private var lookAgain: String {
    let words = ["rollcall", "adopt", "--differs", "--batch", "\(batch.id.rawValue)"] + place.map(\.shellQuoted)
    return "`\(words.joined(separator: " "))`"
  }

  /// What to do; nil when there is nothing.
  private func hint(_ end: RunEnd, _ summary: Summary, _ standstill: Standstill?) -> String? {
    closing(end, standstill).hint ?? (summary.changedCount ?? 0 > 0 ? DifferenceWords.hint(lookAgain) : nil)
  }

  /// How it ended, in a sentence for programs.
  private func message(_ end: RunEnd, _ summary: Summary, _ standstill: Standstill? = nil) -> String {
    let tally = summary.tallySentence
    return closing(end, standstill).sentence.map { "\($0) \(tally)" } ?? tally
  }

  private func closing(_ end: RunEnd, _ standstill: Standstill?) -> Closing {
    var processes: [OwnerProcess] = []
    if case .success(let found) = Result(catching: { try queue.processesAtWork() }) { processes = found }
    var limit = Limit.standard
    let found = Result { try queue.limit(baseURL: endpoint.baseURL, fingerprint: credentials.fingerprint) }
    if case .success(let known) = found { limit = known }
    return Closing(
      end: end, batch: batch.id, database: queue.path, processes: processes, limit: limit, standstill: standstill,
      options: pace.optionsThatMatter + report.optionsThatMatter)
  }

  private func show(
    _ end: RunEnd, _ summary: Summary, _ status: ExitStatus, _ standstill: Standstill?, hasFiles: Bool
  ) throws {
    try context.answer(summary.members())
    if hasFiles { context.answer(["folder": .string(folder)]) }
    // Who has left is told once, by the run that has brought the roster without them.
    let isNewlyGone = summary.goneCount ?? 0 > 0 && batch.importedAt >= note.startedAt
    guard !(report.quiet && status == .done) || isNewlyGone else { return }
    let table = ClosingTable.lines(
      summary, columns: context.terminalWidth() ?? 100, options: context.namesQueue ? ["--db", queue.path] : [])
    context.tell(
      lines: ["Batch \(batch.id.rawValue), \(batch.shortLabel):"] + context.wrapped(table, indent: 6)
        + (hasFiles ? ["Files in \(folder)/"] : []) + context.wrapped(closing(end, standstill).sentences, indent: 2),
      as: .closing,
      ["status": .integer(Int64(status.rawValue)), "reason": .string(reason(end, status, summary).rawValue)])
    if let hint = hint(end, summary, standstill) { context.tell("Hint: \(hint)") }
  }
}
