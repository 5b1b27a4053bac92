// A time source that stands still until a test advances it.

package import Pacing
import Synchronization

/// Time that moves only by hand; alarms ring while it is advanced, in order.
package final class ManualTimeSource: TimeSource {
  private struct Pending {
    var instant: Instant
    var order: Int
    var ring: @Sendable () -> Void
  }

  private struct State {
    var now: Instant
    var pending: [Pending] = []
    var nextOrder = 0
    /// What the clock was set by, altogether.
    var stepped = Duration.zero
    /// How often the machine was started, and when it was last, by a clock that nobody has set.
    var bootCount = 1
    var bootedAt = Duration.zero
  }

  private let state: Mutex<State>

  /// Makes a source that stands at `now`; unless told, 2023-11-14T22:13:20Z.
  package init(now: Instant = Instant(microseconds: 1_700_000_000_000_000)) { state = Mutex(State(now: now)) }

  /// The moment so many seconds after a source that nobody has told otherwise began.
  package static func moment(_ seconds: Int64) -> Moment {
    let source = ManualTimeSource()
    source.advance(by: .seconds(seconds))
    return source.moment()
  }

  package func now() -> Instant { state.withLock { $0.now } }

  package func sinceBoot() -> SinceBoot {
    state.withLock { state in
      SinceBoot(
        boot: "boot \(state.bootCount)", elapsed: state.now - Instant(microseconds: 0) - state.stepped - state.bootedAt)
    }
  }

  /// Starts the machine anew: what was counted from its last start cannot be compared any more.
  package func reboot() {
    state.withLock { state in
      state.bootCount += 1
      state.bootedAt = state.now - Instant(microseconds: 0) - state.stepped
    }
  }

  package func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    state.withLock { state in
      state.nextOrder += 1
      state.pending.append(Pending(instant: instant, order: state.nextOrder, ring: ring))
      return ManualAlarm(source: self, order: state.nextOrder)
    }
  }

  /// When the earliest alarm rings; nil when none is set.
  package var nextAlarm: Instant? { state.withLock { $0.pending.map(\.instant).min() } }

  /// Moves the time on by `duration`, ringing what falls due.
  package func advance(by duration: Duration) { advance(to: now() + duration) }

  /// Moves the time to `instant`, ringing what falls due, the earliest first, each at its own time. An instant that has
  /// passed only rings what is overdue.
  package func advance(to instant: Instant) {
    while let due = takeDue(by: instant) { due() }
    state.withLock { $0.now = max($0.now, instant) }
  }

  /// Sets the time, forwards or backwards, as a person who corrects a clock does; nothing rings.
  package func set(_ instant: Instant) {
    state.withLock { state in
      state.stepped += instant - state.now
      state.now = instant
    }
  }

  private func takeDue(by instant: Instant) -> (@Sendable () -> Void)? {
    state.withLock { state in
      let limit = max(state.now, instant)
      let due = state.pending.filter { $0.instant <= limit }.min { ($0.instant, $0.order) < ($1.instant, $1.order) }
      guard let due else { return nil }
      state.pending.removeAll { $0.order == due.order }
      state.now = max(state.now, due.instant)
      return due.ring
    }
  }

  fileprivate func cancel(_ order: Int) { state.withLock { state in state.pending.removeAll { $0.order == order } } }
}

private final class ManualAlarm: Alarm {
  private let source: ManualTimeSource
  private let order: Int

  init(source: ManualTimeSource, order: Int) {
    self.source = source
    self.order = order
  }

  func cancel() { source.cancel(order) }

  deinit { cancel() }
}
