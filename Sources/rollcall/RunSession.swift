// What `run` and `resume` share once the batch is there: claim as an owner, submit through the pool, report, and say how
// it ended.

import DataForest
import DurableQueue
import Foundation
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

  /// Runs the batch to its end, writes its files and prints how it ended; throws `Ended` unless all is done.
  ///
  /// - Parameter requeue: which items that are over are tried again.
  func run(_ requeue: Requeue) async throws {
    let files = OutcomeFiles(of: batch, in: queue, to: report.folder(of: batch, in: context))
    try files.prepareFolder()
    try queue.reclaim()
    try queue.takeUp(batch.id, requeue.with(conflicts: pace.adoptExisting))
    try queue.liftHolds(of: batch.id)
    let (end, standstill) = try await submit()
    let summary = try files.write(at: context.time.now())
    try queue.checkpoint()
    let status = Self.status(of: end, summary, standstill, at: context.time.now())
    try show(end, summary, status, standstill)
    if let command = report.onFinish {
      let path = report.folder(of: batch, in: context) + "/summary.json"
      OnFinish.run(command, summary: path, status: status, in: context)
    }
    if case .drained = end, let signal = SignalDrain.received { SignalDrain.raiseAgain(signal) }
    guard status == .done else { throw Ended(status) }
  }

  // MARK: - Submitting

  private func submit() async throws -> (RunEnd, Standstill?) {
    // With nothing to do no connection is opened, no probe is sent and no permit is taken.
    guard try queue.tally(of: batch.id).unfinishedCount > 0 else { return (.finished, nil) }
    let scope = try queue.keyScope(origin: endpoint.origin, fingerprint: credentials.fingerprint)
    try pace.setLimit(of: scope, in: queue)
    try await rightInstants(with: scope)
    try queue.beginRun(with: scope)
    try noteForecast(with: scope)
    let client = DataForestClient(
      .init(
        endpoint: endpoint, credentials: credentials, requestTimeout: pace.requestTimeout.duration,
        concurrency: pace.connectionCount), time: context.time)
    let ownership = try queue.becomeOwner(of: batch.id)
    let pool = Pool(
      Pool.Setup(
        queue: queue, target: client, owner: ownership.id, scope: scope, batch: batch.id,
        rules: pace.rules(rowCount: try queue.tally(of: batch.id).rowCount, at: context.time.now()),
        time: context.time), generator: SystemRandomNumberGenerator())
    let end = await watch(pool)
    try await client.shutdown()
    // What an unsettled answer left leased stays with this owner; the next run finds it gone and reclaims.
    if case .failed = end { return (end, nil) }
    let standstill = try await queue.noteEnd(
      end, of: ownership.id, with: scope, madeCount: pool.status.madeCount)
    try await queue.end(ownership)
    return (end, try standstill ?? queue.longestDoubt(of: batch.id))
  }

  /// What was written while a clock was wrong must not keep the run waiting; that it was wrong is said.
  private func rightInstants(with scope: KeyScopeID) async throws {
    if let finding = try await queue.rightInstants(with: scope, of: batch.id) {
      context.tell("warning: \(Closing.clockSentence(finding))")
    }
    if pace.ignoreWait { try queue.ignoreWait(of: scope, batch: batch.id) }
    guard let deadline = pace.deadline else { return }
    if let shown = deadline.next(after: context.time.now()).shown {
      context.tell("The clocks are set forward over \(deadline.text) that night; the deadline is \(shown).")
    }
  }

  /// As the plan says it: the probe of each account takes a permit too.
  private func noteForecast(with scope: KeyScopeID) throws {
    let accounts = try queue.accountsWithReadyItems(of: batch.id).count
    let count = try queue.tally(of: batch.id)[.ready] + accounts
    let now = context.time.now()
    let done = try queue.limit(of: scope).quota.forecast(of: count, from: QuotaState(), at: now)
    try queue.noteForecast(done - now, of: batch.id)
  }

  private func watch(_ pool: Pool) async -> RunEnd {
    let signals =
      context.handlesSignals
      ? SignalDrain { signal in
        context.tell(
          "\nStopping: requests in flight may finish, nothing new is sent. Once more leaves at once. (\(signal))")
        pool.requestDrain()
      } : nil
    let progress =
      report.quiet
      ? nil : ProgressLine(pool: pool, queue: queue, batch: batch.id, context: context, format: report.logFormat)
    progress?.start()
    let end = await pool.run()
    progress?.stop()
    signals?.stop()
    return end
  }

  // MARK: - The end

  static func status(
    of end: RunEnd, _ summary: Summary, _ standstill: Standstill? = nil, at now: Instant
  ) -> ExitStatus {
    switch end {
    case .failed(let error): error.code == .busy ? .paused : .toolFailed
    case .halted, .held, .duplicates, .tooManyFailed: .personNeeded
    case .drained: .paused
    case .paused, .undecided, .othersHold, .deadline:
      standstill?.needsPerson(at: now) == true ? .personNeeded : .paused
    case .finished:
      (summary.states[ItemState.done.rawValue] ?? 0) == summary.rowCount ? .done : .someFailed
    }
  }

  private func show(_ end: RunEnd, _ summary: Summary, _ status: ExitStatus, _ standstill: Standstill?) throws {
    if report.json { context.output(String(decoding: try summary.json(), as: UTF8.self)) }
    guard !(report.quiet && status == .done) else { return }
    context.tell("Batch \(batch.id.rawValue), \(batch.shortLabel):")
    for line in ClosingTable.lines(summary) { context.tell(line) }
    context.tell("Files in \(report.folder(of: batch, in: context))/")
    let closing = Closing(
      end: end, batch: batch.id, database: queue.path, processes: try queue.processesAtWork(),
      limit: try queue.limit(origin: endpoint.origin, fingerprint: credentials.fingerprint),
      standstill: status == .personNeeded ? standstill : nil, options: pace.optionsThatMatter)
    if let problem = closing.sentence { context.tell(problem) }
    if let hint = closing.hint { context.tell("Hint: \(hint)") }
  }
}
