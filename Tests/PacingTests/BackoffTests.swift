import Pacing
import TestSupport
import Testing

@Suite struct BackoffTests {
  @Test(arguments: [
    (-3, 1), (0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (41, 60), (64, 60), (.max, 60),
  ])
  func `the longest wait after a throttle doubles up to a minute`(n: Int, seconds: Int) {
    #expect(Backoff.throttled.ceiling(after: n) == .seconds(seconds))
  }

  @Test(arguments: [
    (1, 50), (2, 100), (3, 200), (9, 12_800), (10, 25_600), (11, 30_000), (12, 30_000), (1_000, 30_000),
  ])
  func `the longest wait after anything else doubles up to half a minute`(n: Int, milliseconds: Int) {
    #expect(Backoff.standard.ceiling(after: n) == .milliseconds(milliseconds))
  }

  @Test func `a cap below the base holds from the first failure`() {
    #expect(Backoff(base: .seconds(5), cap: .seconds(2)).ceiling(after: 1) == .seconds(2))
  }

  @Test func `every wait lies between nothing and the ceiling`() {
    for seed in 0..<2_000 {
      var generator = SeededGenerator(seed: seed)
      for n in 0...12 {
        let wait = Backoff.throttled.wait(after: n, using: &generator)
        #expect(wait >= .zero && wait <= Backoff.throttled.ceiling(after: n), "seed \(seed), failure \(n)")
      }
    }
  }

  @Test func `waits fill the whole range evenly`() {
    var generator = SeededGenerator(seed: 1)
    var tenths = [Int](repeating: 0, count: 10)
    let ceiling = Backoff.throttled.ceiling(after: 4)
    for _ in 0..<10_000 {
      let share = Backoff.throttled.wait(after: 4, using: &generator) / ceiling
      tenths[min(9, Int(share * 10))] += 1
    }
    // A tenth of 10,000 draws is 1,000 with a deviation of 30.
    #expect(tenths.allSatisfy { (850...1_150).contains($0) }, "\(tenths)")
  }

  @Test func `equal seeds wait equally long`() {
    var (one, other) = (SeededGenerator(seed: 7), SeededGenerator(seed: 7))
    for n in 1...20 {
      #expect(Backoff.standard.wait(after: n, using: &one) == Backoff.standard.wait(after: n, using: &other))
    }
  }
}
