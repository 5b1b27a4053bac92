import Pacing
import Provisioning
import Testing

@testable import rollcall

/// How fast a batch goes now.
@Suite struct PaceMeterTests {
  /// A batch of 10,000 rows that is looked at four times a second.
  private struct Batch {
    var meter = PaceMeter()
    var now = Duration.seconds(5_000)
    var tally = Tally([.ready: 10_000])
    var interval: Duration?

    mutating func look(wait: Duration? = nil) { meter.note(tally, at: now, wait: wait, interval: interval) }

    /// Lets rows be done for a while.
    mutating func run(_ seconds: Int, perSecond: Int) {
      for quarter in 1...seconds * 4 {
        now += .milliseconds(250)
        let count = perSecond * quarter / 4 - perSecond * (quarter - 1) / 4
        move(count, to: .done)
        look()
      }
    }

    mutating func move(_ count: Int, to state: ItemState) {
      tally.counts[.ready, default: 0] -= count
      tally.counts[state, default: 0] += count
    }

    var perSecond: Double? { meter.pace.map { ($0.perSecond * 10).rounded() / 10 } }
  }

  @Test func `what was long ago says nothing`() {
    var batch = Batch()
    batch.look()
    batch.run(600, perSecond: 1)
    #expect(batch.perSecond == 1)
    batch.run(31, perSecond: 8)
    #expect(batch.perSecond == 8)
  }

  @Test func `it is told after three seconds, and forecasts rest on ten`() {
    var batch = Batch()
    batch.look()
    batch.run(2, perSecond: 4)
    #expect(batch.meter.pace == nil)
    batch.run(1, perSecond: 4)
    #expect(batch.meter.pace == MeasuredPace(perSecond: 4, isSettled: false))
    batch.run(7, perSecond: 4)
    #expect(batch.meter.pace == MeasuredPace(perSecond: 4, isSettled: true))
  }

  @Test func `a machine that slept does not make it slow`() {
    var batch = Batch()
    batch.look()
    batch.run(20, perSecond: 8)
    batch.now += .seconds(3_600)
    batch.look()
    #expect(batch.meter.pace == nil)
    batch.run(4, perSecond: 8)
    #expect(batch.perSecond == 8)
  }

  @Test func `a long wait is no part of it, to its end; a short one is`() {
    var batch = Batch()
    batch.look()
    batch.run(20, perSecond: 8)
    for left in (1...41).reversed() {
      batch.now += .seconds(1)
      batch.look(wait: .seconds(left))
      #expect(batch.meter.pace == nil)
    }
    batch.run(10, perSecond: 8)
    #expect(batch.perSecond == 8)
    batch.now += .seconds(2)
    batch.look(wait: .seconds(1))
    #expect(batch.perSecond == 6.6)
  }

  @Test(arguments: [ItemState.cancelled, .inDoubt])
  func `what was not sent is no pace`(state: ItemState) {
    var batch = Batch()
    batch.move(500, to: .inDoubt)
    batch.look()
    batch.run(20, perSecond: 8)
    if state == .cancelled {
      batch.move(4_000, to: .cancelled)
    } else {
      // A list has shown them.
      batch.tally.counts[.inDoubt] = 0
      batch.tally.counts[.done, default: 0] += 500
    }
    batch.look()
    #expect(batch.meter.pace == nil)
    batch.run(4, perSecond: 8)
    #expect(batch.perSecond == 8)
  }

  @Test func `rows that are tried again do not make it negative`() {
    var batch = Batch()
    batch.look()
    batch.run(20, perSecond: 8)
    batch.tally.counts[.ready, default: 0] += 300
    batch.look()
    #expect(batch.meter.pace == nil)
  }

  @Test func `a slow pace is measured for longer`() {
    var batch = Batch(interval: .seconds(20))
    batch.look()
    for _ in 1...12 {
      batch.run(19, perSecond: 0)
      batch.run(1, perSecond: 1)
    }
    let pace = batch.meter.pace.map(\.perSecond) ?? 0
    #expect(pace > 0.04 && pace < 0.06, "\(pace)")
  }
}
