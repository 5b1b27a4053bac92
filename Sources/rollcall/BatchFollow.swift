// A batch that another process runs, followed until it is over; and what `run` would end with for it as it is now.

import DataForest
import DurableQueue
import Pacing
import Provisioning
import Reporter
import Words

/// Follows a batch from outside.
struct BatchFollow {
  enum End {
    /// Nothing is left to do.
    case over
    /// Something is left, and nobody works on it.
    case alone
    /// It was not followed for longer.
    case timedOut
  }

  private static let interval = Duration.seconds(1)
  /// So often it is looked again while a run may be writing its report.
  private static let mostLooks = 10

  let batch: Batch
  let queue: Queue
  let context: Context
  /// Prints how far the batch is; nil: it is not shown.
  let print: ((String) -> Void)?

  private var showsProgress: Bool { print != nil }

  /// Shows how far the batch is until it is over, nobody works on it, or so much time has passed.
  func run(for timeout: Duration? = nil) async throws -> End {
    let begin = context.time.sinceBoot()
    var meter = PaceMeter()
    var lastText = ""
    var aloneCount = 0
    while true {
      // Looked at before the tally: what a process has done that is gone by now is in it.
      let isAlone = try queue.processesAtWork(on: batch.id).isEmpty
      let (now, tally) = (context.time.now(), try queue.tally(of: batch.id))
      let progress = try progress(tally, at: now, &meter)
      // Also when the figures are the same: the terminal may have another width.
      if showsProgress, context.drawsProgress || progress.text != lastText { show(progress, at: now) }
      lastText = progress.text
      let isOver = tally.unfinishedCount == 0
      aloneCount = isAlone ? aloneCount + 1 : 0
      if try isOver || (isAlone && (aloneCount > Self.mostLooks || hasToldItsEnd())) {
        context.leaveDrawnLine()
        return isOver ? .over : .alone
      }
      let age = context.time.sinceBoot().age(of: begin) ?? .zero
      if let timeout, age >= timeout { return .timedOut }
      await context.time.wait(min(Self.interval, timeout.map { $0 - age } ?? Self.interval))
      try Task.checkCancellation()
    }
  }

  /// Whether the last run of the batch has told how it ended, as it does when its report is written; one that was killed
  /// never does.
  private func hasToldItsEnd() throws -> Bool {
    let last = try queue.runs(of: batch.course, atMost: 1).first
    return last?.batch != batch.id || last?.end != nil
  }

  private func show(_ progress: Progress, at now: Instant) {
    if context.machine.logsObjects {
      context.tell(lines: [], as: .progress, progress.members(at: now))
    } else if context.drawsProgress {
      context.draw(progress.line(on: context))
    } else {
      print?("\(now.rfc3339()) \(progress.text)")
    }
  }

  /// What can be told of a run from outside of it. Its limit is not: which key it uses is not said anywhere.
  private func progress(_ tally: Tally, at now: Instant, _ meter: inout PaceMeter) throws -> Progress {
    let wait = try queue.waits(baseURL: batch.baseURL).first { $0.until > now }
    // While there is enough to send a run asks later.
    let isAllSent = tally[.ready] + tally[.leased] == 0
    let doubt = tally[.inDoubt] > 0 && isAllSent ? try queue.doubtLeft(of: batch.id) : nil
    meter.note(tally, at: context.time.sinceBoot().elapsed, wait: wait.map { $0.until - now }, interval: nil)
    return Progress(
      tally: tally, pace: meter.pace, wait: wait.map { ($0.until - now, $0.reason) },
      look: doubt.flatMap { $0 > .zero ? .after($0) : nil })
  }
}

extension Summary {
  /// How many rows are done, and how many of them otherwise than the roster asks for.
  var tallySentence: String {
    let tally = "\(states[ItemState.done.rawValue] ?? 0) of \(rowCount) \(rowCount == 1 ? "row is" : "rows are") done."
    return [tally, changedSentence].compactMap(\.self).joined(separator: " ")
  }

  /// How many rows are done otherwise than the roster asks for; nil when none is.
  var changedSentence: String? {
    guard let changedCount, changedCount > 0 else { return nil }
    return DifferenceWords.sentence(changedCount, fields: changedFields ?? [:]) + "."
  }
}

extension Ending {
  /// What `run` would end with for a batch as it is now; its figures come along.
  static func now(
    of batch: Batch, in queue: Queue, _ options: QueueOptions, in context: Context
  ) throws -> (ending: Ending, summary: Summary) {
    // Looked at before the figures, as above.
    let isAtWork = try !queue.processesAtWork(on: batch.id).isEmpty
    let folder = try ReportOptions.courseFolder(of: batch, in: queue, context)
    let files = OutcomeFiles(of: batch, in: queue, to: folder, schema: .workspace)
    let summary = try files.summary(at: context.time.now())
    return (try Ending(of: batch, summary, isAtWork: isAtWork, in: queue, options, context), summary)
  }

  private init(
    of batch: Batch, _ summary: Summary, isAtWork: Bool, in queue: Queue, _ options: QueueOptions, _ context: Context
  ) throws {
    func count(_ state: ItemState) -> Int { summary.states[state.rawValue] ?? 0 }
    let (done, rows, number) = (count(.done), summary.rowCount, batch.id.rawValue)
    let text = summary.tallySentence
    let resume = "\(options.command("resume \(number)", in: context)) goes on."
    guard ItemState.allCases.contains(where: { $0.isUnfinished && count($0) > 0 }) else {
      let status = RunSession.status(of: .finished, summary)
      let isChanged = status == .someFailed && done == rows
      self.init(status: status, reason: isChanged ? .changed : EndReason(.finished, status), message: text)
      return
    }
    guard !isAtWork else {
      let wait = "\(options.command("wait \(number)", in: context)) waits for its end."
      self.init(status: .paused, reason: .unfinished, message: "A process is at work on it. \(text)", hint: wait)
      return
    }
    // The last run of it said how it ended, if it has left it so.
    if let run = try queue.latestRun(of: batch), let end = run.end, run.batch == batch.id,
      let status = ExitStatus(rawValue: Int32(end.status)), status != .done, status != .someFailed
    {
      self.init(
        status: status, reason: EndReason(rawValue: end.reason) ?? EndReason(status),
        message: RunWords.sentence(end, now: context.time.now()), hint: resume)
      return
    }
    if let hold = try queue.holds(of: batch.id).first {
      self.init(
        status: .personNeeded, reason: .held, message: "Account \(hold.account) is held. \(text)",
        hint: "Mend the account's quota or id; \(resume)")
      return
    }
    let needsPerson = try queue.longestDoubt(of: batch.id)?.needsPerson(at: context.time.now()) ?? false
    self.init(
      status: needsPerson ? .personNeeded : .paused, reason: needsPerson ? .standstill : .unfinished,
      message: "Nobody works on it. \(text)", hint: resume)
  }
}
