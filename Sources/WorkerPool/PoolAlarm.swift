// The pool's one alarm. Most events ask for the instant that it is set to already.

import Pacing

/// An alarm that is set anew only where that changes something.
struct PoolAlarm {
  /// So much the clock may have been set by before an alarm must be set anew for the same instant.
  private static let smallestStep = Duration.milliseconds(10)

  private var alarm: (any Alarm)?
  private var instant: Instant?
  /// How far the wall clock was ahead of the other when the alarm was set: it rings after a time, not at an instant.
  private var offset = Duration.zero

  /// Rings at `instant`, and at no other.
  mutating func set(
    _ instant: Instant, by time: any TimeSource, at now: Moment, ring: @escaping @Sendable () -> Void
  ) {
    let offset = now.wall - Instant(microseconds: 0) - now.sinceBoot.elapsed
    let isSameClock = abs((offset - self.offset).microseconds) < Self.smallestStep.microseconds
    if instant == self.instant, isSameClock { return }
    alarm?.cancel()
    alarm = time.alarm(at: instant, ring: ring)
    (self.instant, self.offset) = (instant, offset)
  }

  /// Does not ring any more.
  func cancel() { alarm?.cancel() }

  /// Notes that it has rung.
  mutating func rang() { instant = nil }
}
