import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Reporter

@Suite struct FiguresTests {
  @Test func `answers that came at once have a bar too`() {
    var histogram = LatencyHistogram()
    for _ in 0..<3 { histogram.add(.zero) }
    #expect(histogram.bins().map(\.count).reduce(0, +) == 3)
  }

  @Test func `percentiles are within one in 128 of those of the sorted values`() throws {
    for seed in 1...200 {
      var generator = SeededGenerator(seed: seed)
      let scale = Double.random(in: 0...14, using: &generator)
      let values = (0..<Int.random(in: 1...3_000, using: &generator)).map { _ in
        Int64(pow(10, Double.random(in: 0...scale, using: &generator)))
      }
      var histogram = LatencyHistogram()
      for value in values { histogram.add(.microseconds(value)) }
      let sorted = values.sorted()
      for share in [0.001, 0.5, 0.9, 0.99, 1] {
        let exact = sorted[max(0, Int((share * Double(values.count)).rounded(.up)) - 1)]
        let found = try #require(histogram.percentile(share)).microseconds
        #expect(abs(found - exact) <= exact / 128, "seed \(seed), \(share): \(found) for \(exact)")
      }
      #expect(histogram.percentiles?.max == Double(sorted[sorted.count - 1]) / 1_000_000)
    }
  }

  @Test func `a histogram takes every duration there is`() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentiles == nil && histogram.bins().isEmpty)
    for value in [Int64.min, -1, 0, 1, 127, 128, 255, 256, .max] { histogram.add(.microseconds(value)) }
    #expect(histogram.percentile(0) == Duration.zero)
    #expect(histogram.percentile(1) == Duration.microseconds(Int64.max))
    #expect(histogram.bins().reduce(0) { $0 + $1.count } == 9)
  }

  @Test func `the chart's bars hold every value, follow each other and widen by one factor`() {
    for seed in 1...200 {
      var generator = SeededGenerator(seed: seed)
      let base = Int64.random(in: 1...1_000_000, using: &generator)
      let most = base + Int64(pow(10, Double.random(in: 0...9, using: &generator)))
      var histogram = LatencyHistogram()
      let count = Int.random(in: 1...300, using: &generator)
      for _ in 0..<count { histogram.add(.microseconds(Int64.random(in: base...most, using: &generator))) }
      let bins = histogram.bins()
      #expect((2...24).contains(bins.count), "seed \(seed)")
      #expect(bins.reduce(0) { $0 + $1.count } == count, "seed \(seed)")
      let factor = bins[1].upTo / bins[0].upTo
      for (bin, next) in zip(bins, bins.dropFirst()) { #expect(abs(next.upTo / bin.upTo / factor - 1) < 1e-9) }
      #expect((histogram.percentiles?.max ?? .infinity) <= bins[bins.count - 1].upTo * 1.000_001, "seed \(seed)")
    }
  }

  private func add(_ second: Double, _ outcome: Outcome.Kind = .made, to chart: inout PaceChart) {
    chart.add(sentAt: Instant(microseconds: Int64(second * 1_000_000)), outcome)
  }

  @Test func `no request is lost however long the run, and the buckets are as many as fit`() throws {
    for seed in 1...100 {
      var generator = SeededGenerator(seed: seed)
      let length = pow(10, Double.random(in: 0...8, using: &generator))
      let count = Int.random(in: 1...8_000, using: &generator)
      let baseURL = Double(Int.random(in: -10_000_000...2_000_000_000, using: &generator))
      var (chart, throttled) = (PaceChart(), 0)
      for _ in 0..<count {
        let isThrottled = Int.random(in: 0..<10, using: &generator) == 0
        throttled += isThrottled ? 1 : 0
        add(
          baseURL + Double.random(in: 0..<length, using: &generator), isThrottled ? .throttled : .made, to: &chart)
      }
      let sitting = try #require(chart.lastSitting())
      #expect(sitting.counts.count <= PaceChart.mostBuckets, "seed \(seed)")
      #expect(sitting.counts.reduce(sitting.earlierCount) { $0 + $1.sent } == count, "seed \(seed)")
      #expect(sitting.counts.reduce(0) { $0 + $1.throttled } <= throttled, "seed \(seed)")
      #expect(sitting.counts.first?.sent != 0 && sitting.counts.last?.sent != 0, "seed \(seed)")
    }
  }

  @Test func `only the last time that a roster was at work is drawn`() throws {
    var chart = PaceChart()
    #expect(chart.lastSitting() == nil)
    // Three nights, and in the last one a wait of ten minutes, which ends no run.
    for night in 0..<3 { for second in 0..<5 { add(Double(night * 86_400 + second), to: &chart) } }
    add(2 * 86_400 + 600, .unknown, to: &chart)
    let sitting = try #require(chart.lastSitting())
    #expect(sitting.earlierCount == 10)
    #expect(sitting.start <= 172_800 && sitting.bucketSeconds == 2)
    #expect(sitting.counts.count == 301)
    #expect(sitting.counts.reduce(0) { $0 + $1.sent } == 6)
    #expect(sitting.counts.last == PaceChart.Counts(sent: 1, throttled: 0, unknown: 1))
  }

  @Test func `what lies between the times at work is waiting, and what comes long after the last request`() {
    var chart = PaceChart()
    func end(_ second: Int64) -> Instant { Instant(microseconds: second * 1_000_000) }
    #expect(chart.waiting(until: end(1_000_000)) == nil)
    for second in 0..<5 { add(Double(second), to: &chart) }
    // Fifteen minutes are a wait within one time at work.
    add(904, to: &chart)
    #expect(chart.waiting(until: end(910)) == nil)
    #expect(chart.waiting(until: end(0)) == nil)
    #expect(chart.waiting(until: end(904 + 3_600)) == PaceChart.Waiting(duration: .seconds(3_600), workCount: 2))
    for night in 1...2 { add(Double(night * 86_400), to: &chart) }
    let nights = Duration.seconds(86_400 - 904 + 86_400)
    #expect(chart.waiting(until: end(2 * 86_400 + 9)) == PaceChart.Waiting(duration: nights, workCount: 3))
  }

  @Test func `of many nights the waiting is never longer than the time that it took`() throws {
    for seed in 1...50 {
      var generator = SeededGenerator(seed: seed)
      var chart = PaceChart()
      let nightCount = Int.random(in: 2...100, using: &generator)
      let seconds = (0..<nightCount).flatMap { night in
        (0..<200).map { _ in Double(night * 86_400) + Double.random(in: 0..<7_200, using: &generator) }
      }
      for second in seconds { add(second, to: &chart) }
      let last = try #require(seconds.max())
      let waiting = try #require(chart.waiting(until: Instant(microseconds: Int64(last * 1_000_000))))
      #expect(waiting.workCount >= nightCount, "seed \(seed)")
      #expect(waiting.duration < .seconds(last), "seed \(seed)")
      #expect(waiting.duration > .seconds(Double(nightCount - 1) * 76_000), "seed \(seed)")
    }
  }
}
