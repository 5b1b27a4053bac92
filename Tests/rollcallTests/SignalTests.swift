import Pacing
import TestSupport
import Testing

@testable import rollcall

/// Which signal is a second one; what a process does with signals is tried by `scripts/signals`.
@Suite struct SignalTests {
  @Test(arguments: [(Int64(0), SignalCount.Meaning.same), (999, .same), (1_000, .leave), (90_000, .leave)])
  func `what comes within a second of the first is the first`(milliseconds: Int64, meaning: SignalCount.Meaning) {
    let time = ManualTimeSource()
    var count = SignalCount()
    #expect(count.take(at: time.sinceBoot()) == .stop)
    #expect(count.take(at: time.sinceBoot()) == .same)
    time.advance(by: .milliseconds(milliseconds))
    // Somebody sets the clock meanwhile.
    time.set(time.now() + .seconds(-3_600))
    #expect(count.take(at: time.sinceBoot()) == meaning)
  }
}
