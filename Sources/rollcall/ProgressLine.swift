// Progress while a run is under way: one line drawn over itself on a terminal, plain lines every five seconds elsewhere.

import DurableQueue
import Foundation
import Pacing
import Provisioning
import Synchronization
import WorkerPool

final class ProgressLine: Sendable {
  private struct State {
    var alarm: (any Alarm)?
    var isStopped = false
    var lastText = ""
    var startDone: Int?
    var startedAt: Instant?
  }

  private let pool: Pool
  private let queue: Queue
  private let batch: BatchID
  private let context: Context
  private let format: LogFormat
  private let state = Mutex(State())

  init(pool: Pool, queue: Queue, batch: BatchID, context: Context, format: LogFormat) {
    self.pool = pool
    self.queue = queue
    self.batch = batch
    self.context = context
    self.format = format
  }

  private var isDrawn: Bool { context.drawsProgress && format == .text }
  private var interval: Duration { isDrawn ? .milliseconds(250) : .seconds(5) }

  func start() {
    // The pace counts what this run does. A queue that cannot be read says so to the run itself.
    if case .success(let tally) = Result(catching: { try queue.tally(of: batch) }) {
      state.withLock { ($0.startDone, $0.startedAt) = (finished(tally), context.time.now()) }
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
    let progress = state.withLock { state in
      state.startDone = state.startDone ?? finished(tally)
      state.startedAt = state.startedAt ?? now
      return figures(tally, since: state.startedAt ?? now, startDone: state.startDone ?? 0, at: now)
    }
    // A line that wraps could not be drawn over; the width is asked for anew, because people resize windows.
    let columns = (context.terminalWidth() ?? 80) - 1
    let text = isDrawn ? progress.bar(columns: columns, isUTF8: context.isUTF8) : progress.text
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

  private func finished(_ tally: Tally) -> Int { tally[.done] + tally[.failed] + tally[.cancelled] }

  private func figures(_ tally: Tally, since start: Instant, startDone: Int, at now: Instant) -> Progress {
    let status = pool.status
    let elapsed = (now - start).seconds
    let pace = elapsed > 0.5 ? Double(finished(tally) - startDone) / elapsed : 0
    let wait = status.wait.flatMap { $0.until > now ? (length: $0.until - now, reason: Optional($0.reason)) : nil }
    return Progress(tally: tally, pace: pace, limit: status.quota.rate, wait: wait)
  }
}
