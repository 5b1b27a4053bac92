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
    var meter = PaceMeter()
  }

  private let status: @Sendable () -> Pool.Status
  private let queue: Queue
  private let batch: BatchID
  private let context: Context
  private let format: LogFormat
  private let state = Mutex(State())

  /// Makes one; `status` tells what the run is doing.
  init(
    status: @escaping @Sendable () -> Pool.Status, queue: Queue, batch: BatchID, context: Context, format: LogFormat
  ) {
    (self.status, self.queue, self.batch, self.context, self.format) = (status, queue, batch, context, format)
  }

  private var isDrawn: Bool { context.drawsProgress && format == .text }
  private var interval: Duration { isDrawn ? .milliseconds(250) : .seconds(5) }

  func start() {
    if isDrawn { show() } else { _ = figures() }
    setAlarm()
  }

  /// Stops; the last figures are left standing.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.alarm?.cancel()
    }
    if isDrawn || format == .json { show() }
    if isDrawn { context.leaveDrawnLine() }
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
    guard let progress = figures() else { return }
    let line = isDrawn ? progress.line(on: context) : [StyledText(progress.text)]
    let text = line.map(\.text).joined()
    let isNew = state.withLock { state in
      defer { state.lastText = text }
      return state.lastText != text
    }
    guard isNew else { return }
    let now = context.time.now()
    switch format {
    case .json: context.tell(lines: [], as: .progress, progress.members(at: now))
    case .text where isDrawn: context.draw(line)
    case .text: context.tell("\(now.rfc3339()) \(text)")
    }
  }

  /// The figures of now, which the pace is measured by; nil where the queue cannot be read: it will say so to the run
  /// itself, and the line stays as it was.
  private func figures() -> Progress? {
    guard case .success(let tally) = Result(catching: { try queue.tally(of: batch) }) else { return nil }
    let (now, elapsed, status) = (context.time.now(), context.time.sinceBoot().elapsed, status())
    let quota = status.isLimitKnown ? status.quota : nil
    let wait = status.wait.flatMap { $0.until > now ? (length: $0.until - now, reason: Optional($0.reason)) : nil }
    let pace = state.withLock { state in
      // While it is asked what there is rows are settled, but none is sent.
      if status.isProbing { state.meter = PaceMeter() }
      state.meter.note(tally, at: elapsed, wait: wait?.length, interval: quota?.rate.interval)
      return state.meter.pace
    }
    return Progress(
      tally: tally, pace: pace, quota: quota, wait: wait.flatMap { $0.length >= .seconds(1) ? $0 : nil },
      look: status.nextLook.map { $0 > now ? .after($0 - now) : .now }, isProbing: status.isProbing)
  }
}
