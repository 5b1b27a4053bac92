// What the queue remembers of a run, whatever end it took: noted when it begins, and once more when it has ended.

import DurableQueue
import Pacing
import Provisioning
import Synchronization

/// A run of a course, while it goes on.
final class RunNote: Sendable {
  private struct State {
    var course: Course?
    var batch: Batch?
    var number: Int64?
    var isOver = false
  }

  /// What was asked for.
  let verb: String
  let startedAt: Instant
  private let state = Mutex(State())

  init(verb: String, at start: Instant) { (self.verb, startedAt) = (verb, start) }

  /// Notes which course it is of, as soon as that is known.
  func belongs(to course: Course) { state.withLock { $0.course = course } }

  /// Notes that it has begun to work on a batch.
  ///
  /// - Parameter number: the run's, where the queue has noted it already.
  func begin(_ batch: Batch, as number: Int64?) {
    state.withLock { ($0.course, $0.batch, $0.number) = (batch.course, batch, number) }
  }

  /// Notes how it ended; only the first end counts.
  func end(_ end: RunRecord.End, in queue: Queue) throws {
    let state = state.withLock { state in
      defer { state.isOver = true }
      return state
    }
    guard !state.isOver, let course = state.course else { return }
    if let number = state.number { return try queue.noteEnd(of: number, end) }
    try queue.noteRun(of: course, state.batch?.id, verb: verb, since: startedAt, end)
  }

  /// Notes an end that came before there was anything to report, where there is a queue. One that cannot be written to now
  /// is no reason to end otherwise.
  func end(_ ending: Ending, of options: QueueOptions, in context: Context) {
    guard let course = state.withLock({ $0.isOver ? nil : $0.course }), ending.isNoted else { return }
    let message = ending.message.split(whereSeparator: \.isNewline).joined(separator: " ")
    let end = RunRecord.End(
      at: context.time.now(), status: Int(ending.status.rawValue), reason: ending.reason.rawValue, message: message,
      counts: nil)
    do {
      guard let queue = try options.openIfExists(in: context, lockWait: .seconds(1)) else { return }
      // A roster or a template that is gone tonight is told of a course; a name that was mistyped is none.
      if ending.reason == .usage, try queue.course(course) == nil { return }
      try self.end(end, in: queue)
    } catch {
      context.tell("warning: that this run ended could not be noted in the queue: \(error)")
    }
  }
}

extension Ending {
  /// Whether the queue is told: of what never was a run, and of a queue that could not be used, it is not.
  fileprivate var isNoted: Bool {
    switch reason {
    case .planned, .declined, .busy, .queue: false
    default: true
    }
  }
}
