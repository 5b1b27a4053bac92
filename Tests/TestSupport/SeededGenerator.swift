// Chance that can be repeated: SplitMix64 (Steele, Lea, Flood 2014). The one generator of the tests.

/// A generator that gives the same numbers for the same seed on every machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Makes a generator from a seed.
  package init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  /// The next number.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A duration of whole microseconds, both ends included.
  package mutating func duration(_ range: ClosedRange<Duration>) -> Duration {
    func micros(_ duration: Duration) -> Int64 { Int64(duration / .microseconds(1)) }
    return .microseconds(Int64.random(in: micros(range.lowerBound)...micros(range.upperBound), using: &self))
  }
}
