// Progress while a run is under way: one line drawn over itself on a terminal, plain lines every five seconds elsewhere.

import DurableQueue
import Pacing
import Provisioning
import Synchronization
import WorkerPool

final class ProgressLine: Sendable {
  private struct State {
    var alarm: (any Alarm)?
    var isStopped = false
    var lastText = ""
    /// The first look at the batch: the pace counts what this run does.
    var start: (doneCount: Int, at: Instant)?
  }

  private let pool: Pool
  private let queue: Queue
  private let batch: BatchID
  private let context: Context
  private let format: LogFormat
  private let state = Mutex(State())

  init(pool: Pool, queue: Queue, batch: BatchID, context: Context, format: LogFormat) {
    (self.pool, self.queue, self.batch, self.context, self.format) = (pool, queue, batch, context, format)
  }

  private var isDrawn: Bool { context.drawsProgress && format == .text }
  private var interval: Duration { isDrawn ? .milliseconds(250) : .seconds(5) }

  func start() {
    // A queue that cannot be read says so to the run itself.
    if case .success(let tally) = Result(catching: { try queue.tally(of: batch) }) {
      state.withLock { $0.start = (Self.finishedCount(tally), context.time.now()) }
    }
    setAlarm()
  }

  /// Stops; the last figures are left standing.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.alarm?.cancel()
    }
    if isDrawn || format == .json { show() }
    if isDrawn { context.tell("") }
  }

  private func setAlarm() {
    let alarm = context.time.alarm(at: context.time.now() + interval) { [self] in
      guard !state.withLock(\.isStopped) else { return }
      show()
      setAlarm()
    }
    state.withLock { $0.alarm = alarm }
  }

  private func show() {
    let now = context.time.now()
    // A queue that cannot be read now will say so to the run itself; the line just stays as it was.
    guard case .success(let tally) = Result(catching: { try queue.tally(of: batch) }) else { return }
    let start = state.withLock { state in
      let start = state.start ?? (Self.finishedCount(tally), now)
      state.start = start
      return start
    }
    let progress = figures(tally, since: start, at: now)
    let text = isDrawn ? progress.bar(on: context) : progress.text
    let isNew = state.withLock { state in
      defer { state.lastText = text }
      return state.lastText != text
    }
    guard isNew else { return }
    switch format {
    case .json: context.tell(json: progress.json(at: now))
    case .text where isDrawn: context.draw(text)
    case .text: context.tell("\(now.rfc3339()) \(text)")
    }
  }

  private static func finishedCount(_ tally: Tally) -> Int { tally[.done] + tally[.failed] + tally[.cancelled] }

  private func figures(_ tally: Tally, since start: (doneCount: Int, at: Instant), at now: Instant) -> Progress {
    let status = pool.status
    let elapsed = (now - start.at).seconds
    let pace = elapsed > 0.5 ? Double(Self.finishedCount(tally) - start.doneCount) / elapsed : 0
    let wait = status.wait.flatMap { $0.until > now ? (length: $0.until - now, reason: Optional($0.reason)) : nil }
    return Progress(tally: tally, pace: pace, limit: status.quota.rate, wait: wait)
  }
}
