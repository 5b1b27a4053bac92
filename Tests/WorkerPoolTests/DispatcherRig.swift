import Pacing
import Provisioning
import TestSupport

@testable import DurableQueue
@testable import WorkerPool

/// A dispatcher and its time: event in, actions out. There is no clock, no queue and no task.
struct DispatcherRig {
  static let scope = KeyScopeID(1)
  static let account = BatchAccount(scope: AccountScopeID(1), account: "acc")
  static let other = BatchAccount(scope: AccountScopeID(2), account: "other")
  /// Fast enough that nothing waits for a permit.
  static let quick = Quota(rate: Rate("1000000/s") ?? .untilLearned, burst: 1_000)

  private(set) var dispatcher: Dispatcher
  private(set) var now = Instant(microseconds: 1_700_000_000_000_000)
  private var elapsed = Duration.seconds(1_000)

  init(_ rules: Rules = Rules()) {
    dispatcher = Dispatcher(rules: rules, scope: Self.scope, generator: SeededGenerator(seed: 1))
  }

  /// One that has probed and claims.
  static func running(_ rules: Rules = Rules()) -> DispatcherRig {
    var rig = DispatcherRig(rules)
    _ = rig.post(.started([]))
    return rig
  }

  /// One that has claimed so many and sent as many as it may.
  static func sending(_ count: Int64, _ rules: Rules = Rules(), quota: Quota = quick) -> DispatcherRig {
    var rig = running(rules)
    _ = rig.claimed((1...count).map { rig.lease($0) }, quota: quota)
    return rig
  }

  var moment: Moment { Moment(wall: now, sinceBoot: SinceBoot(boot: "boot", elapsed: elapsed)) }

  /// Lets time pass, and posts an event.
  mutating func post(_ event: Dispatcher.Event, after duration: Duration = .zero) -> [Dispatcher.Action] {
    now = now + duration
    elapsed += duration
    return dispatcher.handle(event, at: moment)
  }

  /// Lets time pass, and rings.
  mutating func ring(after duration: Duration) -> [Dispatcher.Action] { post(.rang, after: duration) }

  mutating func setClock(by step: Duration) { now = now + step }

  // MARK: - Events

  func lease(_ number: Int64, after delay: Duration = .zero, of account: BatchAccount = account) -> Lease {
    Lease(
      handle: .init(item: ItemID(number), ordinal: 1, version: 2), account: account.scope, name: "n\(number)",
      definition: "{}", start: now + delay)
  }

  mutating func claimed(
    _ leases: [Lease], rest: Claim.Rest? = nil, next: Duration = .seconds(10), quota: Quota = quick,
    isLearning: Bool = false, wait: KeyWait? = nil
  ) -> [Dispatcher.Action] {
    var claim = Claim(leases: leases, quota: quota, nextPermit: now + next, rest: rest)
    claim.isLearning = isLearning
    claim.wait = wait
    return post(.claimed(claim))
  }

  /// A claim that found nothing.
  mutating func foundNothing(
    _ counts: [ItemState: Int], nextDue: Duration? = nil, holds: [AccountHold] = [], doubts: [Doubt] = [],
    next: Duration = .seconds(10)
  ) -> [Dispatcher.Action] {
    claimed(
      [],
      rest: Claim.Rest(tally: Tally(counts), nextDue: nextDue.map { now + $0 }, holds: holds, doubts: doubts),
      next: next)
  }

  mutating func answer(_ number: Int64, _ outcome: Outcome, latency: Duration = .milliseconds(10)) -> [Dispatcher
    .Action]
  {
    post(.answered(lease(number), outcome, latency: latency))
  }

  mutating func settled(_ settlement: Settlement, due: Instant? = nil) -> [Dispatcher.Action] {
    post(.settled(settlement, due: due))
  }

  /// Answers and settles.
  mutating func finish(_ number: Int64, _ kind: Outcome.Kind = .made, as state: ItemState = .done) {
    _ = answer(number, Outcome(kind))
    _ = settled(.settled(state))
  }

  mutating func permit(after delay: Duration = .zero) -> [Dispatcher.Action] {
    post(.permitAnswered(Permit(start: now + delay, next: now + delay)))
  }

  mutating func listed(
    _ items: [RemoteItem] = [], of account: BatchAccount = account, isWhole: Bool = true
  ) -> [Dispatcher.Action] {
    post(.listed(account, .listed(items, isWhole: isWhole), asked: moment))
  }

  mutating func listFailed(_ outcome: Outcome, of account: BatchAccount = account) -> [Dispatcher.Action] {
    post(.listed(account, .failed(outcome), asked: moment))
  }

  /// A doubt that is late enough so much later.
  static func doubt(_ account: BatchAccount = account, after delay: Duration) -> Doubt {
    Doubt(account: account, remaining: delay)
  }
}

extension [Dispatcher.Action] {
  /// The items that are sent.
  var sent: [Int64] { compactMap { if case .send(let lease) = $0 { lease.handle.item.rawValue } else { nil } } }
  /// What is given back.
  var released: [Answer] { answers.filter { $0.outcome.kind == .notSent } }
  /// What is written of answers.
  var settled: [Answer] { answers.filter { $0.outcome.kind != .notSent } }
  private var answers: [Answer] { compactMap { if case .settle(let answer, _) = $0 { answer } else { nil } } }
  /// How many are claimed; nil when none are.
  var claim: Int? { compactMap { if case .claim(let limit) = $0 { limit } else { nil } }.first }
  /// When it rings; nil when no alarm is set.
  var alarm: Instant? { compactMap { if case .alarm(let instant) = $0 { instant } else { nil } }.last }
  /// How the run ends; nil when it goes on.
  var end: RunEnd? { compactMap { if case .finish(let end) = $0 { end } else { nil } }.first }
  /// All but the alarm.
  var silent: [Dispatcher.Action] { filter { if case .alarm = $0 { false } else { true } } }
}
