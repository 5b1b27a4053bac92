import Pacing
import TestSupport
import Testing

@Suite struct InstantTests {
  private let first = Instant(microseconds: .min)
  private let last = Instant(microseconds: .max)

  @Test func `a duration is added and taken away to the microsecond`() {
    let instant = Instant(microseconds: 1_000_000)
    #expect(instant + .microseconds(1) == Instant(microseconds: 1_000_001))
    #expect(instant + .seconds(-2) == Instant(microseconds: -1_000_000))
    #expect(instant - .milliseconds(1) == Instant(microseconds: 999_000))
    #expect(instant - .seconds(-1) == Instant(microseconds: 2_000_000))
    #expect(instant + .nanoseconds(999) == instant)
  }

  @Test func `sums stop at the ends of the range`() {
    #expect(last + .microseconds(1) == last)
    #expect(first - .microseconds(1) == first)
    #expect(last - .microseconds(1) == Instant(microseconds: .max - 1))
    #expect(Instant(microseconds: 0) + .seconds(Int64.max) == last)
    #expect(Instant(microseconds: 0) - .seconds(Int64.max) == first)
    #expect(Instant(microseconds: -5) + .seconds(Int64.min) == first)
  }

  @Test func `the time between two instants is exact, also between the ends of the range`() {
    let (early, late) = (Instant(microseconds: 10), Instant(microseconds: 25))
    #expect(late - early == .microseconds(15))
    #expect(early - late == .microseconds(-15))
    #expect(last - first == .microseconds(Int64.max) - .microseconds(Int64.min))
    #expect(first - last < .zero)
  }

  @Test func `adding the time between two instants leads from one to the other`() {
    for seed in 0..<2_000 {
      var generator = SeededGenerator(seed: seed)
      let one = Instant(microseconds: Int64.random(in: -(1 << 60)...(1 << 60), using: &generator))
      let other = Instant(microseconds: Int64.random(in: -(1 << 60)...(1 << 60), using: &generator))
      #expect(one + (other - one) == other, "seed \(seed)")
      #expect((one < other) == (one.microseconds < other.microseconds), "seed \(seed)")
    }
  }

  @Test func `a duration is cut to whole microseconds and stops at the ends of the range`() {
    #expect(Duration.nanoseconds(1_999).microseconds == 1)
    #expect(Duration.nanoseconds(-1_999).microseconds == -1)
    #expect(Duration.microseconds(Int64.max).microseconds == .max)
    #expect(Duration.microseconds(Int64.min).microseconds == .min)
    #expect((Duration.microseconds(Int64.max) + .microseconds(1)).microseconds == .max)
    #expect((Duration.microseconds(Int64.min) - .microseconds(1)).microseconds == .min)
    #expect(Duration.seconds(Int64.max).microseconds == .max)
    #expect(Duration.seconds(Int64.min).microseconds == .min)
    #expect(Duration.milliseconds(1_500).seconds == 1.5)
  }
}
