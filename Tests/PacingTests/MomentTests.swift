import Pacing
import Synchronization
import Testing

/// The two clocks of a moment, and where they come from.
@Suite struct MomentTests {
  /// A machine that puts the process aside between two readings.
  private final class StallingSource: TimeSource {
    private let state = Mutex((elapsed: Duration.seconds(100), stalls: [Duration]()))

    init(stalls: [Duration]) { state.withLock { $0.stalls = stalls } }

    func now() -> Instant {
      state.withLock { state in
        let now = Instant(microseconds: 1_700_000_000_000_000) + state.elapsed
        // Put aside after the clock was read.
        state.elapsed += state.stalls.popLast() ?? .zero
        return now
      }
    }
    func sinceBoot() -> SinceBoot { state.withLock { SinceBoot(boot: "boot", elapsed: $0.elapsed) } }
    func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
      preconditionFailure("nobody sets one")
    }
  }

  @Test func `a process that is put aside between two readings reads again`() {
    let source = StallingSource(stalls: [.seconds(3), .milliseconds(60), .milliseconds(1)])
    let moment = source.moment()
    let ahead = moment.wall - Instant(microseconds: 1_700_000_000_000_000) - moment.sinceBoot.elapsed
    #expect(ahead <= .zero && ahead >= .milliseconds(-5), "\(ahead)")
  }

  @Test func `this machine's start is known, goes on, and is the same for every reading`() {
    let source = SystemTimeSource()
    let (first, second) = (source.sinceBoot(), source.sinceBoot())
    #expect(first.boot == second.boot && !first.boot.isEmpty)
    #expect(second.age(of: first).map { $0 >= .zero && $0 < .seconds(60) } == true)
    #expect(first.elapsed > .zero)
  }

  @Test func `ages of different starts cannot be compared`() {
    let first = SinceBoot(boot: "one", elapsed: .seconds(5))
    #expect(SinceBoot(boot: "two", elapsed: .seconds(9)).age(of: first) == nil)
    #expect(SinceBoot(boot: "one", elapsed: .seconds(9)).age(of: first) == .seconds(4))
  }
}
