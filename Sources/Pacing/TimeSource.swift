// The one seam through which the product learns the time and asks to be woken. Tests bring their own, advanced by hand.

// Dispatch has not marked its timers Sendable; they are thread-safe.
@preconcurrency import Dispatch
import Foundation

/// Tells the time and rings at an instant. There is no `sleep`: whoever waits holds one alarm that posts an event.
package protocol TimeSource: Sendable {
  /// The time now, by a clock that people and time servers may set.
  func now() -> Instant

  /// The time since the machine started, sleep included. Nobody can set it, so that it tells how long ago something was,
  /// and against `now` when the clock was stepped.
  func sinceBoot() -> SinceBoot

  /// Calls `ring` once, at `instant` or as soon as possible after it, on a thread of the source's choice. An alarm that is
  /// let go of does not ring.
  func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm

  /// Waits; no longer once the task is cancelled.
  func wait(_ duration: Duration) async
}

extension TimeSource {
  /// Waits by an alarm; no longer once the task is cancelled.
  package func wait(_ duration: Duration) async {
    guard duration > .zero else { return }
    let (rings, ring) = AsyncStream<Never>.makeStream()
    let alarm = alarm(at: now() + duration) { ring.finish() }
    for await _ in rings {}
    alarm.cancel()
  }
}

/// An alarm that was set.
package protocol Alarm: Sendable {
  /// After this the alarm does not ring any more; a ring already under way may still arrive.
  func cancel()
}

/// The machine's wall clock and Dispatch's timers. The only place of the product that reads the real time.
package struct SystemTimeSource: TimeSource {
  private static let queue = DispatchQueue(label: "rollcall.alarms")

  /// Makes the source; it holds no state.
  package init() {}

  package func now() -> Instant {
    // A date of this century tells times apart to a quarter of a microsecond; and no C type is needed, whose module has
    // another name on every system.
    Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }

  #if os(Linux)
    package func sinceBoot() -> SinceBoot {
      // A `timespec` by its two words: which module its members belong to depends on the order in which files are compiled,
      // and where it is one that cannot be imported, a release build fails.
      var time = (seconds: 0, nanoseconds: 0)
      withUnsafeMutablePointer(to: &time) { words in
        words.withMemoryRebound(to: timespec.self, capacity: 1) { _ = clock_gettime(CLOCK_BOOTTIME, $0) }
      }
      let elapsed = Duration.seconds(Int64(time.seconds)) + .nanoseconds(Int64(time.nanoseconds))
      return SinceBoot(boot: SinceBoot.thisBoot, elapsed: elapsed)
    }
  #else
    private static let start = ContinuousClock.now
    package func sinceBoot() -> SinceBoot {
      SinceBoot(boot: SinceBoot.thisBoot, elapsed: ContinuousClock.now - Self.start)
    }
  #endif

  package func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    let timer = DispatchSource.makeTimerSource(flags: .strict, queue: Self.queue)
    let wait = max(0, (instant - now()).microseconds)
    timer.schedule(deadline: .now() + .microseconds(Int(clamping: wait)), leeway: .nanoseconds(0))
    timer.setEventHandler { ring() }
    timer.activate()
    return DispatchAlarm(timer: timer)
  }
}

extension SystemTimeSource {
  /// Waits by the runtime's own timer.
  package func wait(_ duration: Duration) async {
    guard duration > .zero else { return }
    // The runtime's own timer costs a tenth of an alarm. That it was cancelled is no more than its end.
    do { try await Task.sleep(for: duration, tolerance: .zero) } catch {}
  }
}

/// An alarm over a Dispatch timer.
private final class DispatchAlarm: Alarm {
  private let timer: any DispatchSourceTimer

  init(timer: any DispatchSourceTimer) { self.timer = timer }

  func cancel() { timer.cancel() }

  deinit { timer.cancel() }
}
