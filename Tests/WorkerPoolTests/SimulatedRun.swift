import Pacing
import Provisioning
import TestSupport

@testable import DurableQueue
@testable import SQLiteStore
@testable import WorkerPool

/// One process of a simulation: a dispatcher whose actions are performed on the queue and at the simulated service.
final class SimulatedRun {
  let queue: Queue
  private(set) var owner = OwnerID(0)
  /// The process lives as long as this.
  private var ownership: Ownership?
  /// How it ended; nil while it runs, and when its process died.
  private(set) var end: RunEnd?
  private(set) var isOver = false

  private unowned let world: Simulation
  private var dispatcher: Dispatcher
  private var alarm = 0
  private var inFlight: [Lease.Handle: Lease] = [:]
  private var sentAt: [Lease.Handle: Instant] = [:]

  init(of world: Simulation, in queue: Queue) {
    self.world = world
    self.queue = queue
    dispatcher = Dispatcher(rules: world.rules, scope: world.scope, generator: world.random)
  }

  private var time: SimulatedTime { world.time }
  private var faults: SimulatedFaults { world.faults }

  /// Begins as the command does.
  func begin() throws {
    let request = RunRequest(batch: world.batch, baseURL: Simulation.baseURL, fingerprint: world.fingerprint)
    guard let start = try queue.begin(request) else {
      (end, isOver) = (.finished, true)
      return
    }
    (owner, ownership) = (start.ownership.id, start.ownership)
    world.note("run \(owner.rawValue) begins")
    try post(.started(try queue.accountsWithReadyItems(of: world.batch)))
  }

  /// Ends the process at once, with nothing cleaned up.
  func die() {
    guard !isOver else { return }
    world.note("process \(owner.rawValue) dies")
    (isOver, ownership) = (true, nil)
  }

  func post(_ event: Dispatcher.Event) throws {
    guard !isOver else { return }
    for action in dispatcher.handle(event, at: queue.time.moment()) { try perform(action) }
  }

  private func post(_ event: Dispatcher.Event, after delay: Duration) {
    world.schedule(after: delay, of: self) { [self] in try post(event) }
  }

  /// How long a commit takes.
  private func commitTime() -> Duration { .microseconds(Int64.random(in: 100...8_000, using: &world.random)) }
  private func chance(_ of: Double) -> Bool { of > 0 && Double.random(in: 0..<1, using: &world.random) < of }

  private func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &world.random) == 0 }

  /// No usable answer: none, or a page of something else.
  private func unknown() -> Outcome {
    guard chance(faults.pages) else { return Outcome(.unknown) }
    var outcome = Outcome(.foreign, message: "HTTP 200, a web page", status: 200)
    outcome.page = ForeignPage(contentType: nil, title: nil)
    return outcome
  }

  // MARK: - Actions

  private func perform(_ action: Dispatcher.Action) throws {
    switch action {
    case .alarm(let instant):
      alarm += 1
      let own = alarm
      // Timers count the time that passes, whatever is done to the clock.
      world.schedule(after: max(.zero, instant - time.now()), of: self) { [self] in if own == alarm { try post(.rang) }
      }
    case .takePermit:
      write({ [self] in try queue.takePermit(of: world.scope, $0) }) { .permitAnswered($0) }
    case .claim(let limit):
      write({ [self] in
        try queue.claim(
          upTo: limit, of: world.batch, for: owner, with: world.scope, within: world.rules.horizon,
          under: world.rules.terms, $0)
      }) { [self] claim in
        // A process that dies now may have sent them, for all that anybody knows.
        for lease in claim.leases { world.firstSentAt[lease.name] = world.firstSentAt[lease.name] ?? time.truth }
        return .claimed(claim)
      }
    case .reclaim:
      write({ [self] db in
        let gone = try queue.takeOverGone(except: owner, db)
        return (count: try queue.reclaim(gone.map(\.owner), db), locks: gone.map(\.lock))
      }) { gone in
        for lock in gone.locks { lock.remove() }
        return .reclaimed(gone.count)
      }
    case .assign:
      world.schedule(after: commitTime(), of: self) { [self] in
        _ = try queue.writeExclusively { try queue.assign(world.batch, $0) }
        try post(.assigned)
      }
    case .settle(let answer, let due):
      write({ [self] in try queue.settle(answer, $0) }) { .settled($0, due: due) }
    case .holdAccount(let account, let outcome):
      write({ [self] in
        try Queue.hold(
          account.scope.rawValue, Reason(outcome.kind) ?? .accountRefused, nil, by: owner.rawValue, time.now(),
          $0)
      }) { .listApplied }
    case .holdKey(let wait):
      world.schedule(after: commitTime(), of: self) { [self] in
        try queue.writeExclusively { try ScopeRow(wait.scope, $0).wait(wait, at: queue.time.moment(), $0) }
      }
    case .rightInstants:
      _ = try queue.writeExclusively { try queue.rightInstants(with: world.scope, of: world.batch, $0) }
    case .reconcile(let list, let account): reconcile(list, account)
    case .list(let account): list(account)
    case .detail(let entry):
      var entry = entry
      entry.detail = world.service.detail(entry.id)
      let reply = chance(faults.listFails) ? DetailReply.failed(Outcome(.unknown)) : .told(entry)
      post(.detailed(reply), after: .milliseconds(Int.random(in: 1...300, using: &world.random)))
    case .send(let lease): try send(lease)
    case .abandon:
      for lease in inFlight.values { answer(lease, Outcome(.unknown), after: .zero) }
    case .finish(let reason):
      world.note("run \(owner.rawValue) ended with \(reason)")
      (end, isOver, ownership) = (reason, true, nil)
    }
  }

  private func write<Value>(
    _ body: @escaping (any Transaction) throws -> Value, _ event: @escaping (Value) -> Dispatcher.Event
  ) {
    world.schedule(after: commitTime(), of: self) { [self] in
      let value = try queue.writeExclusively(body)
      // The clock may be set before the run hears of it.
      world.schedule(after: commitTime(), of: self) { [self] in try post(event(value)) }
    }
  }

  private func reconcile(_ list: RemoteList, _ account: BatchAccount) {
    write({ [self] db in
      let leased = try Set(
        db.values(
          "SELECT name FROM item WHERE state = 'leased' AND batch_id = ?", [world.batch.rawValue], as: String.self))
      world.shown.formUnion(list.items.map(\.name).filter { !leased.contains($0) })
      return try queue.reconcile(
        list, in: account.scope, of: world.batch, by: world.rules.reconcile,
        isMade: {
          ($0.detail ?? $0.description) == $1
        }, db)
    }) { [self] result in
      world.note("reconciled: \(result)")
      return .reconciled(result)
    }
  }

  private func list(_ account: BatchAccount) {
    let asked = queue.time.moment()
    let there = Duration.milliseconds(Int.random(in: 1...200, using: &world.random))
    let back = Duration.milliseconds(Int.random(in: 1...200, using: &world.random))
    world.schedule(after: there, of: nil) { [self] in
      guard !isOver else { return }
      let reply: ListReply
      if isOut || chance(faults.listFails) {
        let kinds = [Outcome.Kind.unreachable, .throttled]
        reply = .failed(oneIn(3) ? unknown() : Outcome(kinds[Int.random(in: 0..<2, using: &world.random)]))
      } else {
        var entries = world.service.entries(account.account, at: time.truth, faults)
        var isWhole = true
        if chance(faults.listPartial), let index = entries.indices.randomElement(using: &world.random) {
          entries.remove(at: index)
          isWhole = false
        }
        // The Date header has whole seconds.
        let skew =
          faults.clockSkew - (time.now() - time.truth) - .milliseconds(Int.random(in: 0...999, using: &world.random))
        reply = .listed(entries, isWhole: isWhole, clockSkew: faults.tellsDate ? skew : nil)
      }
      world.note("list of \(account.account) asked at \(asked.wall): \(reply)")
      try queue.writeExclusively {
        try Queue.record(reply, of: account.scope, by: owner, askedAt: asked.wall, latency: there + back, $0)
      }
      post(.listed(account, reply, asked: asked), after: back)
    }
  }

  private var isOut: Bool { faults.outage?.contains(time.truth) ?? false }

  // MARK: - Creates

  private func send(_ lease: Lease) throws {
    let name = lease.name
    world.createCount += 1
    inFlight[lease.handle] = lease
    sentAt[lease.handle] = time.truth
    world.note("send \(name)")
    if !faults.isBeyondSettleDelay, world.service.made[name, default: []].contains(where: \.isOurs) {
      throw Simulation.Violation(description: "\(name) is sent although an earlier create of it was carried out")
    }
    if world.shown.contains(name) {
      throw Simulation.Violation(description: "\(name) is sent although a list has world.shown it")
    }
    world.schedule(after: .milliseconds(Int.random(in: 1...200, using: &world.random)), of: nil) { [self] in
      arrive(lease)
    }
  }

  private func arrive(_ lease: Lease) {
    let back = Duration.milliseconds(Int.random(in: 1...500, using: &world.random))
    let timeout = Duration.milliseconds(Int.random(in: 200...4_000, using: &world.random))
    let now = time.truth
    if isOut {
      answer(lease, Outcome(Bool.random(using: &world.random) ? .unknown : .unreachable), after: back)
    } else if chance(faults.unreachable) {
      answer(lease, Outcome(.unreachable), after: back)
    } else if chance(faults.throttled) {
      let wait =
        Bool.random(using: &world.random) ? Duration.seconds(Int.random(in: 1...20, using: &world.random)) : nil
      answer(lease, Outcome(.throttled, retryAfter: wait), after: back)
    } else if chance(faults.dropBefore) {
      answer(lease, unknown(), after: timeout)
    } else if world.refusedNames.contains(lease.name) {
      answer(lease, chance(faults.dropAfter) ? unknown() : Outcome(.refused, message: "invalid"), after: back)
    } else if world.service.has(lease.name, at: now), !faults.acceptsDuplicates {
      answer(
        lease, chance(faults.dropAfter) ? unknown() : Outcome(.refused, message: "name already exists"),
        after: back)
    } else if chance(faults.late) {
      makeLate(lease, answeredAt: now + timeout)
      answer(lease, Outcome(.unknown), after: timeout)
    } else {
      let isLost = chance(faults.dropAfter)
      let delay = isLost ? timeout : back
      world.service.dropPending(lease.name, after: now)
      let shownFrom = chance(faults.listLags) ? latest(lease, answeredAt: now + delay) : now
      let id = world.service.make(lease.name, lease.definition, at: now, shownFrom: shownFrom)
      world.note("made \(lease.name), world.shown from \(shownFrom.rfc3339()), \(isLost ? "answer lost" : "answered")")
      answer(lease, isLost ? unknown() : Outcome(.made, remoteID: id), after: delay)
    }
  }

  /// The latest instant that the settle delay covers: it counts from when the item was written in doubt, and where the
  /// process can die that may be as soon as it was sent.
  private func latest(_ lease: Lease, answeredAt: Instant, mayBeLater: Bool = false) -> Instant {
    let from = world.hasDeaths || world.hasReboots ? sentAt[lease.handle] ?? time.truth : answeredAt
    let delay = world.rules.reconcile.settleDelay * (mayBeLater && faults.isBeyondSettleDelay ? 3 : 1)
    let most = max(.zero, from + delay - time.truth)
    return time.truth + .microseconds(Int64.random(in: 0...most.microseconds, using: &world.random))
  }

  private func makeLate(_ lease: Lease, answeredAt: Instant) {
    let at = latest(lease, answeredAt: answeredAt, mayBeLater: true)
    let isFree = !world.service.hasOrWillHave(lease.name) || faults.acceptsDuplicates
    guard isFree else { return }
    world.note("\(lease.name) will be made at \(at.rfc3339())")
    _ = world.service.make(lease.name, lease.definition, at: at, shownFrom: at)
  }

  private func answer(_ lease: Lease, _ outcome: Outcome, after delay: Duration) {
    guard sentAt[lease.handle] != nil else { return }
    let latency = time.truth + delay - (sentAt[lease.handle] ?? time.truth)
    world.schedule(after: delay, of: self) { [self] in
      guard inFlight.removeValue(forKey: lease.handle) != nil else { return }
      world.note("answer for \(lease.name): \(outcome.kind)")
      try post(.answered(lease, outcome, latency: latency))
    }
  }
}
