import Pacing
import Synchronization

/// Time for a simulation: the true time, which only goes on, the machine's clock, which may be set, and its starts.
final class SimulatedTime: TimeSource {
  private struct State {
    var truth = Instant(microseconds: 1_700_000_000_000_000)
    var offset = Duration.zero
    var bootCount = 1
    var bootedAt = Instant(microseconds: 1_699_000_000_000_000)
  }
  private let state = Mutex(State())

  var truth: Instant {
    get { state.withLock(\.truth) }
    set { state.withLock { $0.truth = newValue } }
  }
  var offset: Duration { state.withLock(\.offset) }
  func setRight() { state.withLock { $0.offset = .zero } }
  func step(by duration: Duration) { state.withLock { $0.offset += duration } }
  /// Starts the machine anew; its clock may be wrong then.
  func reboot(offset: Duration) {
    state.withLock { state in
      state.bootCount += 1
      (state.bootedAt, state.offset) = (state.truth, offset)
    }
  }
  func now() -> Instant { state.withLock { $0.truth + $0.offset } }
  func sinceBoot() -> SinceBoot {
    state.withLock { SinceBoot(boot: "boot \($0.bootCount)", elapsed: $0.truth - $0.bootedAt) }
  }

  func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    preconditionFailure("the simulation performs alarms itself")
  }
}

/// The same machine seen from another time namespace: the same clock on the wall, another one since the start.
final class OtherNamespace: TimeSource {
  private let time: SimulatedTime

  init(_ time: SimulatedTime) { self.time = time }

  func now() -> Instant { time.now() }
  func sinceBoot() -> SinceBoot {
    let own = time.sinceBoot()
    return SinceBoot(boot: "\(own.boot) in a container", elapsed: own.elapsed + .seconds(100_000))
  }

  func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    preconditionFailure("the simulation performs alarms itself")
  }
}
