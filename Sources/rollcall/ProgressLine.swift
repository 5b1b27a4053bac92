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
  private let state = Mutex(State())

  init(pool: Pool, queue: Queue, batch: BatchID, context: Context) {
    self.pool = pool
    self.queue = queue
    self.batch = batch
    self.context = context
  }

  private var interval: Duration { context.drawsProgress ? .milliseconds(250) : .seconds(5) }

  func start() {
    // The pace counts what this run does. A queue that cannot be read says so to the run itself.
    if case .success(let tally) = Result(catching: { try queue.tally(of: batch) }) {
      state.withLock { ($0.startDone, $0.startedAt) = (finished(tally), context.time.now()) }
    }
    setAlarm()
  }

  /// Stops; a drawn line is left standing with the last figures.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.alarm?.cancel()
    }
    if context.drawsProgress {
      show()
      context.tell("")
    }
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
    let text = state.withLock { state in
      state.startDone = state.startDone ?? finished(tally)
      state.startedAt = state.startedAt ?? now
      return line(tally, since: state.startedAt ?? now, startDone: state.startDone ?? 0, at: now)
    }
    let isNew = state.withLock { state in
      defer { state.lastText = text }
      return state.lastText != text
    }
    guard isNew else { return }
    if context.drawsProgress {
      // A line that wraps could not be drawn over.
      let width = (context.terminalWidth() ?? 80) - 1
      context.errorOutput("\r\u{1B}[2K\(text.prefix(max(0, width)))")
    } else {
      context.tell("\(now.rfc3339()) \(text)")
    }
  }

  private func finished(_ tally: Tally) -> Int { tally[.done] + tally[.failed] + tally[.cancelled] }

  private func line(_ tally: Tally, since start: Instant, startDone: Int, at now: Instant) -> String {
    let status = pool.status
    var parts = ["\(tally[.done])/\(tally.rowCount) done", "\(tally[.failed]) failed"]
    parts.append("\(tally[.ready] + tally[.leased]) waiting")
    if tally[.inDoubt] > 0 { parts.append("\(tally[.inDoubt]) answer unknown") }
    let elapsed = (now - start).seconds
    let pace = elapsed > 0.5 ? Double(finished(tally) - startDone) / elapsed : 0
    parts.append("\(String(format: "%.1f", pace))/s of \(status.quota.rate.textPerSecond)")
    if let end = status.waitEnd, end > now {
      let reason = status.waitReason?.forPeopleWhoWait.split(separator: ":").first ?? "the service asked"
      parts.append("paused \((end - now).forPeople): \(reason)")
    } else if pace > 0, tally.unfinishedCount > 0 {
      let left = Duration.microseconds(Int64(Double(tally.unfinishedCount) / pace * 1_000_000))
      parts.append("about \(left.forPeople) left")
    }
    return parts.joined(separator: " · ")
  }
}
