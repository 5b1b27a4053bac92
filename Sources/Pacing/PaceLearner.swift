// Learning a limit that nobody publishes, from the answers alone: as fast as the service allows, with hardly a refusal.
//
//   starting    2/s, doubled every half second while answers are clean
//   first throttle
//               three eighths of what was asked for then: the service's burst hides the limit for one doubling, so that
//               it lies between a quarter and a half
//   climbing    5 % a second up to just under the ceiling, which is nine tenths of where it was throttled last
//   holding     at that, for ten seconds (twenty where a run starts from what an earlier one has learned)
//   probing     1 %, 2 %, 4 % … more every second, until it is throttled again
//
// One cut for each congestion event, not for each refused request: what was sent before the cut belongs to it. Events
// in quick succession mean that the limit has fallen, and cut deeper.

/// What is known of a limit; a value that lives in the database and is shared by all processes that use the key.
package struct PaceLearner: Hashable, Sendable, Codable {
  private static let underCeiling = 0.97
  private static let slowest = 0.1
  private static let fastest = 10_000.0
  /// It goes faster only when so much of the pace was used.
  private static let usedShare = 0.6
  private static let usedShareWhileStarting = 0.35
  /// The share of a pace that was never throttled which was really sent: it was twice as fast as the one before, of which
  /// that much was used.
  package static let provenShare = usedShareWhileStarting / 2
  /// Answers farther apart than this come after a silence; of a slow pace, more than so many of its own intervals.
  private static let longestSilence = 5.0
  private static let longestSilenceInIntervals = 4.0
  /// Two throttles that are closer together say that the limit has fallen; of a slow pace, so many of its intervals.
  private static let quickSuccession = 4.0
  private static let quickSuccessionInIntervals = 2.0

  /// Permits a second now.
  package private(set) var perSecond = 2.0
  /// Whether it was never throttled, so that nothing is known but that this much is allowed.
  package private(set) var isStarting = true
  /// Nine tenths of the pace at which it was throttled last; nil until it was.
  package private(set) var ceiling: Double?

  /// When it was throttled last, or had its last answer.
  package var learnedAt: Instant { Instant(microseconds: max(cutAt, tickAt)) }

  private var tickAt: Int64 = 0
  private var cleanCount = 0
  /// Whether the last cut was the first: the next one says how good the guess was, not that the limit has fallen.
  private var isFirstCut = false
  private var cutAt: Int64 = 0
  private var heldSince: Int64 = 0
  private var holdSeconds = 10
  private var probe = 0.01

  /// Nothing is known.
  package init() {}

  /// The pace as a quota; bursts stay small, because nobody knows how large they may be.
  package var quota: Quota {
    let rate = Rate(max(1, Int((perSecond * 60).rounded(.down))), per: .minute) ?? .untilLearned
    return Quota(rate: rate, burst: max(2, Int(perSecond / 20)))
  }

  /// Whether every part of it is one that learning can have come to; what was stored may be damaged.
  package var isSound: Bool {
    let instants = Instant.sound
    return (0...1e6).contains(perSecond) && (0...1e7).contains(ceiling ?? 0) && (0...1).contains(probe)
      && [tickAt, cutAt, heldSince].allSatisfy(instants.contains) && (0...1_000_000_000).contains(cleanCount)
      && (0...1_000_000).contains(holdSeconds)
  }

  /// Notes that a run starts: it goes on from what is known, and is careful for a while. True when the pace has changed.
  package mutating func beginRun(at now: Instant) -> Bool {
    guard !isStarting else { return false }
    let before = perSecond
    beginAnew(at: now)
    return perSecond != before
  }

  /// Notes an answer of the service that was no throttle; true when the pace has changed.
  package mutating func noteClean(at now: Instant) -> Bool {
    let silence = atLeast(Self.longestSilence, intervals: Self.longestSilenceInIntervals)
    if seconds(since: tickAt, to: now) > silence || now.microseconds < tickAt { beginAnew(at: now) }
    cleanCount += 1
    let elapsed = seconds(since: tickAt, to: now)
    guard elapsed >= (isStarting ? 0.5 : 1) else { return false }
    // What was hardly used says nothing about more.
    let isUsed = Double(cleanCount) >= (isStarting ? Self.usedShareWhileStarting : Self.usedShare) * perSecond * elapsed
    (tickAt, cleanCount) = (now.microseconds, 0)
    guard isUsed else { return false }
    let before = perSecond
    grow(at: now)
    perSecond = min(max(perSecond, Self.slowest), Self.fastest)
    return perSecond != before
  }

  /// Notes a throttle; one of a request that was sent before the last cut belongs to that. True when the pace has changed.
  package mutating func noteThrottle(sentAt: Instant, at now: Instant) -> Bool {
    // A cut that lies ahead was noted while the clock was ahead.
    cutAt = min(cutAt, now.microseconds)
    guard sentAt.microseconds > cutAt else { return false }
    let quick = atLeast(Self.quickSuccession, intervals: Self.quickSuccessionInIntervals)
    let isQuick = !isStarting && !isFirstCut && seconds(since: cutAt, to: now) < quick
    ceiling = perSecond * (isStarting ? 0.375 / Self.underCeiling : isQuick ? 0.75 : 0.9)
    perSecond = max(Self.slowest, perSecond * (isStarting ? 0.375 : isQuick ? 0.65 : 0.85))
    (isFirstCut, isStarting) = (isStarting, false)
    cutAt = now.microseconds
    (tickAt, cleanCount, heldSince, holdSeconds, probe) = (now.microseconds, 0, now.microseconds, 10, 0.01)
    return true
  }

  /// A stretch of time in seconds, or in intervals between two permits where those are longer: at a slow pace nothing
  /// happens in a few seconds.
  private func atLeast(_ seconds: Double, intervals: Double) -> Double {
    max(seconds, intervals / max(perSecond, Self.slowest))
  }

  private func seconds(since microseconds: Int64, to now: Instant) -> Double {
    (now - Instant(microseconds: microseconds)).seconds
  }

  private mutating func grow(at now: Instant) {
    guard !isStarting else {
      perSecond *= 2
      return
    }
    let goal = (ceiling ?? perSecond) * Self.underCeiling
    if perSecond < goal * 0.999 {
      perSecond = min(goal, perSecond * 1.05 + 0.05)
      heldSince = now.microseconds
    } else if now - Instant(microseconds: heldSince) >= .seconds(holdSeconds) {
      perSecond *= 1 + probe
      probe = min(0.5, probe * 2)
    }
  }

  /// After a long silence it goes on from what it knows, and is careful for a while.
  private mutating func beginAnew(at now: Instant) {
    (tickAt, cleanCount, heldSince, probe) = (now.microseconds, 0, now.microseconds, 0.01)
    holdSeconds = 20
    if let ceiling { perSecond = max(Self.slowest, min(perSecond, ceiling * Self.underCeiling)) }
    cutAt = min(cutAt, now.microseconds)
  }
}
