// The real clock and the real timers. These tests wait for a ring, never for a time; a timer that never rings fails
// them by the limit.

import Foundation
import Pacing
import Testing

@Suite(.timeLimit(.minutes(1))) struct SystemTimeSourceTests {
  private let source = SystemTimeSource()

  @Test func `now is the wall clock's time`() {
    let before = Date().timeIntervalSince1970
    let now = Double(source.now().microseconds) / 1_000_000
    #expect(now > before - 1 && now < Date().timeIntervalSince1970 + 1)
  }

  @Test func `an alarm rings, and not before its instant`() async {
    let bell = Bell()
    let instant = source.now() + .milliseconds(20)
    let alarm = source.alarm(at: instant) { bell.ring("alarm") }
    #expect(await bell.next() == "alarm")
    // The timer counts by another clock than the wall's, which may be corrected in between.
    #expect(source.now() > instant - .milliseconds(5))
    withExtendedLifetime(alarm) {}
  }

  @Test func `an alarm for the past rings at once`() async {
    let bell = Bell()
    let alarm = source.alarm(at: Instant(microseconds: 0)) { bell.ring("past") }
    #expect(await bell.next() == "past")
    withExtendedLifetime(alarm) {}
  }

  @Test func `a cancelled alarm does not ring`() async {
    let bell = Bell()
    let soon = source.now() + .milliseconds(20)
    let cancelled = source.alarm(at: soon) { bell.ring("cancelled") }
    let later = source.alarm(at: soon + .milliseconds(20)) { bell.ring("later") }
    cancelled.cancel()
    #expect(await bell.next() == "later")
    withExtendedLifetime((cancelled, later)) {}
  }

  @Test func `an alarm that was let go of does not ring`() async {
    let bell = Bell()
    let soon = source.now() + .milliseconds(20)
    _ = source.alarm(at: soon) { bell.ring("let go") }
    let later = source.alarm(at: soon + .milliseconds(20)) { bell.ring("later") }
    #expect(await bell.next() == "later")
    withExtendedLifetime(later) {}
  }

  @Test func `an alarm beyond all time does not ring`() async {
    let bell = Bell()
    let never = source.alarm(at: Instant(microseconds: .max)) { bell.ring("never") }
    let soon = source.alarm(at: source.now() + .milliseconds(20)) { bell.ring("soon") }
    #expect(await bell.next() == "soon")
    withExtendedLifetime((never, soon)) {}
  }

  @Test func `an alarm may be cancelled twice, and after it rang`() async {
    let bell = Bell()
    let alarm = source.alarm(at: source.now()) { bell.ring("alarm") }
    #expect(await bell.next() == "alarm")
    alarm.cancel()
    alarm.cancel()
  }
}

/// Hands rings from the timer's thread to the test, in order.
private final class Bell: Sendable {
  private let rings: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  init() { (rings, continuation) = AsyncStream.makeStream() }

  func ring(_ name: String) { continuation.yield(name) }

  func next() async -> String? { await rings.first { _ in true } }
}
