import DurableQueue
import GRDB
import Pacing
import Provisioning
import Synchronization
import TestSupport

@testable import DurableQueue
@testable import WorkerPool

/// Time for a simulation: the true time, which only goes on, and the process's clock, which may be stepped.
final class SimulatedTime: TimeSource {
  private struct State {
    var truth = Instant(microseconds: 1_700_000_000_000_000)
    var offset = Duration.zero
  }
  private let state = Mutex(State())

  var truth: Instant {
    get { state.withLock(\.truth) }
    set { state.withLock { $0.truth = newValue } }
  }
  func setRight() { state.withLock { $0.offset = .zero } }
  func step(by duration: Duration) { state.withLock { $0.offset += duration } }
  func now() -> Instant { state.withLock { $0.truth + $0.offset } }
  func uptime() -> Duration { truth - Instant(microseconds: 0) }

  func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
    preconditionFailure("the simulation performs alarms itself")
  }
}

/// One seed's run: the dispatcher over a real queue and a simulated service, driven by a loop over an agenda of
/// (instant, order, event). There is no task, no thread and no wait in it.
final class Simulation {
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  private struct Entry {
    let at: Instant
    let order: Int
    /// Which run of the process it belongs to; nil: the world's own.
    let run: Int?
    let body: () throws -> Void
  }

  let queue: Queue
  let time: SimulatedTime
  private(set) var random: SeededGenerator
  private var faults: SimulatedFaults
  private var service = SimulatedService()
  private let accounts: [String]
  private var names: [String] = []
  private var refusedNames: Set<String> = []
  private let rules: Rules
  private let hasDeaths: Bool
  private let hasSteps: Bool

  private var agenda: [Entry] = []
  private var order = 0
  private var run = 0
  private var dispatcher: Dispatcher
  private var scope = KeyScopeID(0)
  private var batch = BatchID(0)
  private var owner = OwnerID(0)
  private var alarm = 0
  private var inFlight: [Lease.Handle: Lease] = [:]
  private var sentAt: [Lease.Handle: Instant] = [:]
  private var end: RunEnd?
  /// Names that a list has shown when nothing of theirs was leased.
  private var shown: Set<String> = []
  private var firstSentAt: [String: Instant] = [:]
  private(set) var createCount = 0
  private(set) var ends: [RunEnd] = []
  private var history: [String] = []

  init(seed: Int, queue: Queue, time: SimulatedTime) throws {
    self.queue = queue
    self.time = time
    random = SeededGenerator(seed: seed)
    time.setRight()
    faults = SimulatedFaults(&random, start: time.truth)
    hasDeaths = Int.random(in: 0..<3, using: &random) == 0
    // A step that comes just before the process dies is seen by nobody.
    hasSteps = !hasDeaths && Int.random(in: 0..<3, using: &random) == 0
    accounts = (0..<Int.random(in: 1...2, using: &random)).map { "s\(seed)-\($0)-" }
    rules = Rules(
      concurrency: Int.random(in: 1...4, using: &random), maxWait: .seconds(120), drainTimeout: .seconds(10),
      reconcile: ReconcileRules(settleDelay: .seconds(Int.random(in: 5...60, using: &random)), maxAttempts: 60))
    dispatcher = Dispatcher(rules: rules, scope: scope, generator: random)
    for account in accounts {
      for index in 0..<Int.random(in: 1...4, using: &random) {
        let name = "\(account)n\(index)"
        names.append(name)
        if Int.random(in: 0..<10, using: &random) == 0 { refusedNames.insert(name) }
        // Somebody else makes something of that name, before the run or during it.
        guard Int.random(in: 0..<12, using: &random) == 0 else { continue }
        let at = time.truth + .milliseconds(Int.random(in: -5_000...10_000, using: &random))
        // It may look just like ours; then only its time tells, where the clocks can be compared.
        let definition = faults.tellsDate && !hasSteps && Bool.random(using: &random) ? "\(name) as ordered" : "theirs"
        schedule(at: at, of: nil) { [self] in
          guard !service.hasOrWillHave(name) else { return }
          _ = service.make(name, definition, at: at, shownFrom: at, isOurs: false)
        }
      }
    }
    try importBatch(seed)
    if hasSteps {
      let step = Duration.milliseconds(Int.random(in: -190_000...190_000, using: &random))
      schedule(after: .milliseconds(Int.random(in: 0...60_000, using: &random)), of: nil) { [self] in
        note("clock stepped by \(step)")
        time.step(by: step)
      }
    }
  }

  private func importBatch(_ seed: Int) throws {
    scope = try queue.keyScope(origin: "https://example.com", fingerprint: "seed \(seed)")
    let rate = Rate("\(Int.random(in: 1...50, using: &random))/s") ?? .untilLearned
    try queue.setLimit(
      Quota(rate: rate, burst: Int.random(in: 1...5, using: &random)), source: .flag, of: scope)
    let new = NewBatch(
      label: "/seed-\(seed)", target: "dataforest", endpoint: "https://example.com", origin: "https://example.com",
      columns: ["name"], digest: "d")
    let result = try queue.importBatch(new) { [names, accounts] add in
      for (index, name) in names.enumerated() {
        let account = accounts.first { name.hasPrefix($0) } ?? accounts[0]
        try add(
          NewRow(
            ordinal: index + 1, line: index + 2, cells: [name],
            content: .item(account: account, name: name, definition: "\(name) as ordered")))
      }
    }
    batch = result?.batch ?? batch
  }

  // MARK: - The agenda

  private func schedule(at instant: Instant, of run: Int?, _ body: @escaping () throws -> Void) {
    order += 1
    agenda.append(Entry(at: max(instant, time.truth), order: order, run: run, body: body))
  }

  private func schedule(after delay: Duration, of run: Int?, _ body: @escaping () throws -> Void) {
    schedule(at: time.truth + delay, of: run, body)
  }

  private func step() throws -> Bool {
    guard let index = agenda.indices.min(by: { (agenda[$0].at, agenda[$0].order) < (agenda[$1].at, agenda[$1].order) })
    else { return false }
    let entry = agenda.remove(at: index)
    time.truth = max(time.truth, entry.at)
    if let of = entry.run, of != run { return true }
    try entry.body()
    return true
  }

  private func note(_ text: @autoclosure () -> String) { history.append("\(time.truth.rfc3339()) \(text())") }

  /// The latest of what happened, for a seed that failed.
  var story: String { history.suffix(80).joined(separator: "\n") }

  // MARK: - Runs

  /// Runs until everything is accounted for; a run that pauses, or whose process dies, is followed by another.
  func perform() throws {
    for _ in 1...60 {
      try performRun()
      if let end, case .finished = end { break }
      if let end, case .duplicates = end { break }
      time.truth = time.truth + .seconds(30)
    }
    // What is still on its way at the service lands.
    while try step() {}
    try check()
  }

  private func performRun() throws {
    run += 1
    end = nil
    (inFlight, sentAt) = ([:], [:])
    let now = time.now()
    owner = try queue.writeAlone { db in
      for dead in try Int64.fetchAll(db, sql: "SELECT id FROM owner WHERE ended_at IS NULL") {
        _ = try queue.reclaim(dead, db)
      }
      try db.execute(sql: "INSERT INTO owner (pid, started_at) VALUES (1, ?)", arguments: [now.microseconds])
      return OwnerID(db.lastInsertedRowID)
    }
    dispatcher = Dispatcher(rules: rules, scope: scope, generator: random)
    note("run \(run) begins")
    if hasDeaths, run < 4 {
      schedule(after: .milliseconds(Int.random(in: 0...20_000, using: &random)), of: run) { [self] in
        note("the process dies")
        end = .othersHold
      }
    } else if run == 1, Int.random(in: 0..<6, using: &random) == 0 {
      schedule(after: .milliseconds(Int.random(in: 0...20_000, using: &random)), of: run) { [self] in
        try post(.drainRequested)
      }
    }
    try post(.started(try queue.accountsWithReadyItems(of: batch)))
    var stepCount = 0
    while end == nil {
      guard try step() else { throw Violation(description: "the run waits for nothing") }
      stepCount += 1
      guard stepCount < 20_000 else { throw Violation(description: "the run does not end") }
    }
    note("run \(run) ended with \(end.map { "\($0)" } ?? "?")")
    end.map { ends.append($0) }
    run += 1
  }

  private func post(_ event: Dispatcher.Event) throws {
    guard end == nil else { return }
    for action in dispatcher.handle(event, at: time.now(), uptime: time.uptime()) { try perform(action) }
  }

  private func post(_ event: Dispatcher.Event, after delay: Duration) {
    schedule(after: delay, of: run) { [self] in try post(event) }
  }

  /// How long a commit takes.
  private func commitTime() -> Duration { .microseconds(Int64.random(in: 100...8_000, using: &random)) }
  private func chance(_ of: Double) -> Bool { of > 0 && Double.random(in: 0..<1, using: &random) < of }

  // MARK: - Actions

  private func perform(_ action: Dispatcher.Action) throws {
    switch action {
    case .alarm(let instant):
      alarm += 1
      let own = alarm
      // Timers count the time that passes, whatever is done to the clock.
      schedule(after: max(.zero, instant - time.now()), of: run) { [self] in if own == alarm { try post(.rang) } }
    case .takePermit:
      write({ [self] in try queue.takePermit(of: scope, $0) }) { .permitAnswered(start: $0.start, next: $0.next) }
    case .claim(let limit):
      write({ [self] in
        try queue.claim(upTo: limit, of: batch, for: owner, with: scope, within: rules.horizon, $0)
      }) { [self] claim in
        // A process that dies now may have sent them, for all that anybody knows.
        for lease in claim.leases { firstSentAt[lease.name] = firstSentAt[lease.name] ?? time.truth }
        return .claimed(claim)
      }
    case .settle(let answer, let due):
      write({ [self] in try queue.settle(answer, $0) }) { .settled($0, due: due) }
    case .holdAccount(let account, let outcome):
      write({ [self] in
        try Queue.hold(account.scope.rawValue, Reason(outcome.kind) ?? .accountRefused, nil, time.now(), $0)
      }) { .listApplied }
    case .holdKey(let wait):
      schedule(after: commitTime(), of: run) { [self] in
        try queue.writeAlone { try ScopeRow(wait.scope, $0).wait(wait, at: time.now(), $0) }
      }
    case .restartDoubts: try queue.writeAlone { try queue.restartDoubts(of: batch, $0) }
    case .reconcile(let list, let account): reconcile(list, account)
    case .list(let account): list(account)
    case .detail(let entry):
      var entry = entry
      entry.detail = service.detail(entry.id)
      let reply = chance(faults.listFails) ? DetailReply.failed(Outcome(.noAnswer)) : .told(entry)
      post(.detailed(reply), after: .milliseconds(Int.random(in: 1...300, using: &random)))
    case .send(let lease): try send(lease)
    case .abandon:
      for lease in inFlight.values { answer(lease, Outcome(.noAnswer), after: .zero) }
    case .finish(let reason): end = reason
    }
  }

  private func write<Value>(
    _ body: @escaping (Database) throws -> Value, _ event: @escaping (Value) -> Dispatcher.Event
  ) {
    schedule(after: commitTime(), of: run) { [self] in
      let value = try queue.writeAlone(body)
      schedule(after: .zero, of: run) { [self] in try post(event(value)) }
    }
  }

  private func reconcile(_ list: RemoteList, _ account: BatchAccount) {
    write({ [self] db in
      let leased = try Set(
        String.fetchAll(
          db, sql: "SELECT name FROM item WHERE state = 'leased' AND batch_id = ?", arguments: [batch.rawValue]))
      shown.formUnion(list.items.map(\.name).filter { !leased.contains($0) })
      return try queue.reconcile(
        list, in: account.scope, of: batch, by: rules.reconcile,
        isMade: {
          ($0.detail ?? $0.description) == $1
        }, db)
    }) { [self] result in
      note("reconciled: \(result)")
      return .reconciled(result)
    }
  }

  private func list(_ account: BatchAccount) {
    let askedAt = time.now()
    let there = Duration.milliseconds(Int.random(in: 1...200, using: &random))
    let back = Duration.milliseconds(Int.random(in: 1...200, using: &random))
    let own = run
    schedule(after: there, of: nil) { [self] in
      guard own == run else { return }
      let reply: ListReply
      if isOut || chance(faults.listFails) {
        let kinds = [Outcome.Kind.noAnswer, .unreachable, .throttled]
        reply = .failed(Outcome(kinds[Int.random(in: 0..<3, using: &random)]))
      } else {
        var entries = service.entries(account.account, at: time.truth, faults)
        var isWhole = true
        if chance(faults.listPartial), let index = entries.indices.randomElement(using: &random) {
          entries.remove(at: index)
          isWhole = false
        }
        // The Date header has whole seconds.
        let skew = faults.clockSkew - (time.now() - time.truth) - .milliseconds(Int.random(in: 0...999, using: &random))
        reply = .listed(entries, isWhole: isWhole, clockSkew: faults.tellsDate ? skew : nil)
      }
      note("list of \(account.account) asked at \(askedAt): \(reply)")
      let listing = Listing(reply, of: account.scope, by: owner, askedAt: askedAt, latency: there + back)
      try queue.writeAlone { try queue.record(listing, $0) }
      post(.listed(account, reply, askedAt: askedAt), after: back)
    }
  }

  private var isOut: Bool { faults.outage?.contains(time.truth) ?? false }

  // MARK: - Creates

  private func send(_ lease: Lease) throws {
    let name = lease.name
    createCount += 1
    inFlight[lease.handle] = lease
    sentAt[lease.handle] = time.truth
    note("send \(name)")
    if !faults.isBeyondSettleDelay, service.made[name, default: []].contains(where: \.isOurs) {
      throw Violation(description: "\(name) is sent although an earlier create of it was carried out")
    }
    if shown.contains(name) { throw Violation(description: "\(name) is sent although a list has shown it") }
    schedule(after: .milliseconds(Int.random(in: 1...200, using: &random)), of: nil) { [self] in arrive(lease) }
  }

  private func arrive(_ lease: Lease) {
    let back = Duration.milliseconds(Int.random(in: 1...500, using: &random))
    let timeout = Duration.milliseconds(Int.random(in: 200...4_000, using: &random))
    let now = time.truth
    if isOut {
      answer(lease, Outcome(Bool.random(using: &random) ? .noAnswer : .unreachable), after: back)
    } else if chance(faults.unreachable) {
      answer(lease, Outcome(.unreachable), after: back)
    } else if chance(faults.throttled) {
      let wait = Bool.random(using: &random) ? Duration.seconds(Int.random(in: 1...20, using: &random)) : nil
      answer(lease, Outcome(.throttled, retryAfter: wait), after: back)
    } else if chance(faults.dropBefore) {
      answer(lease, Outcome(.noAnswer), after: timeout)
    } else if refusedNames.contains(lease.name) {
      answer(lease, chance(faults.dropAfter) ? Outcome(.noAnswer) : Outcome(.refused, message: "invalid"), after: back)
    } else if service.has(lease.name, at: now), !faults.acceptsDuplicates {
      answer(
        lease, chance(faults.dropAfter) ? Outcome(.noAnswer) : Outcome(.refused, message: "name already exists"),
        after: back)
    } else if chance(faults.late) {
      makeLate(lease, answeredAt: now + timeout)
      answer(lease, Outcome(.noAnswer), after: timeout)
    } else {
      let isLost = chance(faults.dropAfter)
      let delay = isLost ? timeout : back
      service.dropPending(lease.name, after: now)
      let shownFrom = chance(faults.listLags) ? latest(lease, answeredAt: now + delay) : now
      let id = service.make(lease.name, lease.definition, at: now, shownFrom: shownFrom)
      note("made \(lease.name), shown from \(shownFrom.rfc3339()), \(isLost ? "answer lost" : "answered")")
      answer(lease, isLost ? Outcome(.noAnswer) : Outcome(.succeeded, remoteID: id), after: delay)
    }
  }

  /// The latest instant that the settle delay covers: it counts from when the item was written in doubt, and where the
  /// process can die that may be as soon as it was sent.
  private func latest(_ lease: Lease, answeredAt: Instant, mayBeLater: Bool = false) -> Instant {
    let from = hasDeaths ? sentAt[lease.handle] ?? time.truth : answeredAt
    let delay = rules.reconcile.settleDelay * (mayBeLater && faults.isBeyondSettleDelay ? 3 : 1)
    let most = max(.zero, from + delay - time.truth)
    return time.truth + .microseconds(Int64.random(in: 0...most.microseconds, using: &random))
  }

  private func makeLate(_ lease: Lease, answeredAt: Instant) {
    let at = latest(lease, answeredAt: answeredAt, mayBeLater: true)
    let isFree = !service.hasOrWillHave(lease.name) || faults.acceptsDuplicates
    guard isFree else { return }
    note("\(lease.name) will be made at \(at.rfc3339())")
    _ = service.make(lease.name, lease.definition, at: at, shownFrom: at)
  }

  private func answer(_ lease: Lease, _ outcome: Outcome, after delay: Duration) {
    guard sentAt[lease.handle] != nil else { return }
    let latency = time.truth + delay - (sentAt[lease.handle] ?? time.truth)
    schedule(after: delay, of: run) { [self] in
      guard inFlight.removeValue(forKey: lease.handle) != nil else { return }
      note("answer for \(lease.name): \(outcome.kind)")
      try post(.answered(lease, outcome, latency: latency))
    }
  }

  // MARK: - What must hold at the end

  private func check() throws {
    var counts: [ItemState: Int] = [:]
    try queue.forEachRow(of: batch) { row in
      guard let item = row.item else { throw Violation(description: "a row lost its item") }
      counts[item.state, default: 0] += 1
      let made = service.made[item.name, default: []]
      if made.filter(\.isOurs).count > 1 { throw Violation(description: "\(item.name) was made twice") }
      switch (item.state, item.reason) {
      case (.done, _):
        let own = made.first { $0.id == item.remoteID }
        // What looks like ours and was made when we sent it cannot be told from ours.
        let firstSentAt = firstSentAt[item.name] ?? .max
        let looksOurs = own.map { $0.definition != "theirs" && $0.at >= firstSentAt - .seconds(5) } ?? false
        guard let own, own.isOurs || looksOurs else {
          throw Violation(description: "\(item.name) is done as \(item.remoteID ?? "nothing"), which is not ours")
        }
      case (.failed, .conflict?):
        guard made.contains(where: { !$0.isOurs }) else {
          throw Violation(description: "\(item.name) is a conflict with nothing")
        }
      case (.failed, .refused?):
        guard !made.contains(where: \.isOurs) else {
          throw Violation(description: "\(item.name) failed although it was made")
        }
        guard refusedNames.contains(item.name) || !made.isEmpty else {
          throw Violation(description: "\(item.name) failed for nothing")
        }
      case (.ready, _), (.inDoubt, _):
        // A person must look at what is there twice before the run goes on.
        guard case .duplicates? = ends.last else {
          throw Violation(description: "\(item.name) is \(item.state) after \(ends.last.map { "\($0)" } ?? "-")")
        }
      default: throw Violation(description: "\(item.name) is \(item.state) (\(item.reason.map { "\($0)" } ?? "-"))")
      }
    }
    let tally = try queue.tally(of: batch)
    guard tally == Tally(counts), names.count == counts.values.reduce(0, +) else {
      throw Violation(description: "the tally \(tally) is not the count \(counts)")
    }
  }
}
