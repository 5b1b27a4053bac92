// What a sandbox can do wrong on purpose, each with a probability, drawn from a seed.

/// A fault of the sandbox.
package enum Fault: String, CaseIterable, Sendable {
  /// The connection closes and nothing was done.
  case dropBefore = "drop-before"
  /// It is done and the connection closes.
  case dropAfter = "drop-after"
  /// It is done and the answer is 500.
  case errorAfter = "error-after"
  /// The answer is 503 and nothing was done.
  case unavailable
  /// As `unavailable`, with a Retry-After of one second.
  case unavailableRetryAfter = "unavailable-retry-after"
  /// It is done and the answer is the gateway's XML with status 504.
  case xml
  /// It is done and the JSON of the answer is cut off.
  case truncated
  /// It is done and the answer names no id.
  case withoutID = "without-id"
  /// It is done and the answer never comes: the connection closes after ten minutes.
  case hang
  /// The connection closes, and it is done later, by the configured delay.
  case late
}

/// How likely each fault is.
package struct Faults: Hashable, Sendable {
  /// Probabilities, 0 to 1; a fault that is missing does not happen.
  package var probabilities: [Fault: Double] = [:]
  /// How late a late commit lands.
  package var lateBy = Duration.seconds(1)
  /// What the chance is drawn from.
  package var seed: UInt64 = 1

  /// Makes faults that never happen.
  package init() {}

  /// Why a text names no fault; one sentence.
  package struct Refusal: Error, CustomStringConvertible {
    /// What is wrong and what would be right.
    package let description: String
  }

  /// Adds `NAME=PROBABILITY`, for example `drop-after=0.05`.
  package mutating func add(_ text: String) throws(Refusal) {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let fault = Fault(rawValue: String(parts[0])), let probability = Double(parts[1]),
      (0...1).contains(probability)
    else {
      let names = Fault.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal(description: "'\(text)' is no fault; write NAME=PROBABILITY, with a name of \(names).")
    }
    probabilities[fault] = probability
  }

  /// Draws what goes wrong with a request; nil when nothing does.
  func draw(using generator: inout SplitMix64) -> Fault? {
    guard !probabilities.isEmpty else { return nil }
    var point = Double(generator.next() >> 11) / Double(1 << 53)
    for fault in Fault.allCases {
      point -= probabilities[fault] ?? 0
      if point < 0 { return fault }
    }
    return nil
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
