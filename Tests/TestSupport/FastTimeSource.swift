// A time source for commands whose requests are real: what they wait for comes fifty times as soon.

package import Pacing

/// The machine's time, fifty times as fast. Who compares clocks, as a command and its service do, must share one source.
package struct FastTimeSource: TimeSource {
  private static let factor = 50
  private let system = SystemTimeSource()
  private let start: Instant
  private let startSinceBoot: SinceBoot

  /// Makes a source that starts at the machine's time.
  package init() {
    start = system.now()
    startSinceBoot = system.sinceBoot()
  }

  package func now() -> Instant { start + (system.now() - start) * Self.factor }

  package func sinceBoot() -> SinceBoot {
    let passed = system.sinceBoot().elapsed - startSinceBoot.elapsed
    return SinceBoot(boot: startSinceBoot.boot, elapsed: startSinceBoot.elapsed + passed * Self.factor)
  }

  package func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    system.alarm(at: start + (instant - start) / Self.factor, ring: ring)
  }
}
