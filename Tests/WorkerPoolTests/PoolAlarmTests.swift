import Pacing
import Synchronization
import TestSupport
import Testing

@testable import WorkerPool

/// When the pool's alarm is set.
@Suite struct PoolAlarmTests {
  @Test func `an alarm is set anew only for another instant, after it rang, or when the clock was set`() {
    let time = ManualTimeSource()
    let rings = Atomic(0)
    var alarm = PoolAlarm()
    let instant = time.now() + .seconds(10)
    func set(_ instant: Instant) {
      alarm.set(instant, by: time, at: time.moment()) { rings.add(1, ordering: .relaxed) }
    }
    func ringCount() -> Int { rings.load(ordering: .relaxed) }
    set(instant)
    set(instant)
    set(instant + .seconds(10))
    time.advance(by: .seconds(10))
    #expect(ringCount() == 0)
    time.advance(by: .seconds(10))
    #expect(ringCount() == 1)
    alarm.rang()
    set(time.now())
    time.advance(by: .zero)
    #expect(ringCount() == 2)
    // It rings after the time that the new clock says.
    alarm.rang()
    let last = time.now() + .seconds(100)
    set(last)
    time.set(time.now() + .seconds(90))
    set(last)
    #expect(time.nextAlarm == last)
    time.advance(by: .seconds(10))
    #expect(ringCount() == 3)
  }
}
