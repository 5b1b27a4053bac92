// A time source for tests that only want to get to the end: time stands still until an alarm is set, then jumps to it. A
// command that draws progress sets an alarm for ever: call it with --quiet.

import Dispatch
package import Pacing
import Synchronization

/// Time that jumps to every alarm at once, so that nothing waits on the wall clock.
package final class JumpingTimeSource: TimeSource {
  private let current: Mutex<Instant>
  private let queue = DispatchQueue(label: "jumping time")
  private let farthest: Duration?

  /// Makes a source that stands at `now`; unless told, 2023-11-14T22:13:20Z.
  ///
  /// - Parameter farthest: an alarm that is farther ahead does not ring: nobody is to wait for so long.
  package init(now: Instant = Instant(microseconds: 1_700_000_000_000_000), farthest: Duration? = nil) {
    current = Mutex(now)
    self.farthest = farthest
  }

  package func now() -> Instant { current.withLock { $0 } }

  package func sinceBoot() -> SinceBoot { SinceBoot(boot: "boot", elapsed: now() - Instant(microseconds: 0)) }

  /// Moves the time on.
  package func advance(by duration: Duration) { current.withLock { $0 = $0 + duration } }

  package func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    let alarm = JumpingAlarm()
    if let farthest, instant - now() > farthest { return alarm }
    queue.async { [self] in
      guard !alarm.isCancelled else { return }
      current.withLock { $0 = max($0, instant) }
      ring()
    }
    return alarm
  }
}

private final class JumpingAlarm: Alarm {
  private let cancelled = Mutex(false)

  var isCancelled: Bool { cancelled.withLock { $0 } }

  func cancel() { cancelled.withLock { $0 = true } }
}
