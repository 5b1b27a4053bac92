// Draws the faults of a sandbox, and counts how often each one had its chance.

import Pacing

/// The faults with what they have done so far.
struct FaultDice: Sendable {
  private struct Use {
    /// Requests that the rule was meant for.
    var meant = 0
    /// How often it happened.
    var happened = 0
    /// When it was first in force.
    var since: Instant?
  }

  private(set) var faults: Faults
  private var generator: SplitMix64
  private var uses: [Use]

  init(_ faults: Faults) {
    self.faults = faults
    generator = SplitMix64(seed: faults.seed)
    uses = Array(repeating: Use(), count: faults.rules.count)
  }

  /// Takes other faults; the chance goes on from where it is.
  mutating func change(to faults: Faults) {
    self.faults = faults
    uses = Array(repeating: Use(), count: faults.rules.count)
  }

  /// Draws what goes wrong: one fault at most in the stage `course`, else each for itself.
  mutating func draw(_ stage: Fault.Stage, _ facts: FaultFacts, at now: Instant) -> [FaultRule] {
    let indices = faults.rules.indices.filter { faults.rules[$0].fault.stage == stage }
    guard !indices.isEmpty else { return [] }
    var happened: [FaultRule] = []
    // Drawn also where no rule applies, so that one that does not changes nothing for the others.
    var point = chance()
    for index in indices {
      if stage != .course, index != indices[0] { point = chance() }
      guard isInForce(index, facts, at: now), point >= 0 else { continue }
      let rule = faults.rules[index]
      point -= rule.probability
      guard point < 0 else { continue }
      uses[index].happened += 1
      happened.append(rule)
    }
    return happened
  }

  /// A number below `count`.
  mutating func pick(below count: Int) -> Int { Int(generator.next() >> 33) % count }

  private mutating func chance() -> Double { Double(generator.next() >> 11) / Double(1 << 53) }

  private mutating func isInForce(_ index: Int, _ facts: FaultFacts, at now: Instant) -> Bool {
    let rule = faults.rules[index]
    guard rule.isMeant(for: facts) else { return false }
    uses[index].meant += 1
    guard uses[index].meant > rule.after else { return false }
    let since = uses[index].since ?? now
    uses[index].since = since
    if let span = rule.span, now - since >= span { return false }
    return rule.times.map { uses[index].happened < $0 } ?? true
  }
}

/// A generator that gives the same numbers for the same seed (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
