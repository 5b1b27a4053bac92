// How long to wait after the n-th failure in a row: full jitter, so that many clients do not come back together.
//
//   wait = uniform in 0 … min(cap, base · 2ⁿ⁻¹)       (n ≥ 1)
//
//   n            1      2      3      4      5
//   base 1 s   0–1 s  0–2 s  0–4 s  0–8 s  0–16 s

/// Exponential backoff with full jitter.
package struct Backoff: Hashable, Sendable {
  /// The upper end of the first wait.
  package var base: Duration
  /// No upper end is longer than this.
  package var cap: Duration

  /// Makes a backoff.
  package init(base: Duration, cap: Duration) {
    self.base = base
    self.cap = cap
  }

  /// After a throttle that names no time.
  package static let throttled = Backoff(base: .seconds(1), cap: .seconds(60))
  /// After anything else that is worth trying again.
  package static let standard = Backoff(base: .milliseconds(50), cap: .seconds(30))

  /// The longest wait after the `n`-th failure in a row; `n` below 1 counts as 1.
  package func ceiling(after n: Int) -> Duration {
    let doublings = min(max(n, 1) - 1, 40)
    return min(cap, base * (1 << doublings))
  }

  /// A wait after the `n`-th failure in a row, drawn from the caller's generator.
  package func wait(after n: Int, using generator: inout some RandomNumberGenerator) -> Duration {
    .microseconds(Int64.random(in: 0...ceiling(after: n).microseconds, using: &generator))
  }
}
