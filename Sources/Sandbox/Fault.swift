// What a sandbox can do wrong on purpose, each with a probability, drawn from a seed.

/// A fault of the sandbox.
package enum Fault: String, CaseIterable, Codable, Sendable {
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
  /// A web page comes in place of the answer and nothing was done: the gateway was not reached.
  case pageBefore = "page-before"
  /// It is done, or refused, and a web page comes in place of the answer.
  case pageAfter = "page-after"
  /// The answer is packed as gzip, whether asked for or not.
  case gzip
  /// The answer is packed as deflate, whether asked for or not.
  case deflate
  /// Headers of the answer are odd.
  case headers
  /// The answer's message is large.
  case large
  /// The service's clock is off: its Date, its times, and what it takes as a signature's time.
  case clock
  /// What was made is removed by somebody else.
  case vanish
  /// A connection that was idle is reset when the next request comes; nothing was done.
  case idleReset = "idle-reset"
  /// A connection that is idle is closed.
  case idleClose = "idle-close"

  /// When it is decided on.
  enum Stage {
    /// As a request comes, before the gateway looks at it; each for itself.
    case front
    /// Once the gateway has let it through; one of them at most, by one draw.
    case course
    /// Once there is an answer; each for itself.
    case answer
    /// As a request comes over a connection that was idle.
    case arrival
    /// On a connection without a request.
    case idle
  }

  var stage: Stage {
    switch self {
    case .dropBefore, .dropAfter, .errorAfter, .unavailable, .unavailableRetryAfter, .xml, .truncated, .withoutID,
      .hang,
      .late:
      .course
    case .pageBefore, .clock: .front
    case .pageAfter, .gzip, .deflate, .headers, .large, .vanish: .answer
    case .idleReset: .arrival
    case .idleClose: .idle
    }
  }
}

/// Which faults there are, and how likely.
package struct Faults: Hashable, Sendable {
  /// What may go wrong, in the order in which it is drawn.
  private(set) var rules: [FaultRule] = []
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

  /// Adds `NAME=PROBABILITY`, for example `drop-after=0.05`, perhaps with settings: `page-before=1,status=502,times=3`.
  package mutating func add(_ text: String) throws(Refusal) {
    rules.append(try FaultRule(text))
    // In the order of the faults, not of the options, so that a seed means the same whatever their order.
    rules = Fault.allCases.flatMap { fault in rules.filter { $0.fault == fault } }
  }

  mutating func removeAll() { rules = [] }
}
