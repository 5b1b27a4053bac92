// A Data Forest of our own without HTTP: gateway, forest and ledger behind one lock.

import Foundation
package import Pacing
import Provisioning
import Synchronization

/// A Data Forest of our own on 127.0.0.1.
package final class SandboxServer: Sendable {
  struct State {
    var gateway = Gateway()
    var forest: Forest
    var ledger: Ledger
    /// What the state file does not hold yet; nil when it has to be written whole.
    var unsaved: [Change]?
    var saveAlarm: (any Alarm)?
    var saveError: SandboxError?
    var dice: FaultDice
    /// What happens between requests.
    var alarms: [Int: any Alarm] = [:]
    var alarmCount = 0
    /// Whether it has ended: what comes now is neither done nor answered.
    var isClosed = false

    mutating func note(_ change: Change) {
      ledger.note(change)
      unsaved?.append(change)
    }

    mutating func draw(
      _ stage: Fault.Stage, _ facts: FaultFacts, at now: Instant, _ change: inout Change
    ) -> [FaultRule] {
      let rules = dice.draw(stage, facts, at: now)
      for rule in rules { change.note(rule.fault) }
      return rules
    }
  }

  let configuration: SandboxConfiguration
  let time: any TimeSource
  let state: Mutex<State>
  /// The state file, once it was written whole; held while it is written.
  let stateLog = Mutex<StateLog?>(nil)
  /// Since when the connections are idle over which the service's API was asked.
  let idle = Mutex<[ObjectIdentifier: IdleConnection]>([:])
  /// Whether the state file ended in half a line, which is left out.
  package let wasCutOff: Bool

  /// Makes a sandbox with what its state file holds, or throws `SandboxError`; nothing listens before `run`.
  package init(_ configuration: SandboxConfiguration, time: any TimeSource) throws {
    self.configuration = configuration
    self.time = time
    var restored = try configuration.stateFile.flatMap(StateFile.read) ?? RestoredState()
    restored.ledger.startedAt = time.now().rfc3339()
    wasCutOff = restored.isCutOff
    state = Mutex(
      State(forest: restored.forest, ledger: restored.ledger, dice: FaultDice(configuration.faults)))
  }

  /// What really happened so far.
  package var ledger: Ledger { state.withLock(\.ledger) }

  /// Answers one request, as over HTTP; for tests that need no socket. Every operation passes through here.
  func reply(to request: SandboxRequest) -> SandboxReply {
    let reply = state.withLock { state in
      guard !state.isClosed else { return SandboxReply.dropped }
      let now = time.now()
      var change = Change(at: now)
      let reply = served(request, at: now, &state, &change)
      return onItsWay(reply, to: request, at: now, &state, change)
    }
    saveSoon()
    return reply
  }

  /// What the service answers, or somebody in front of it; noted in the change.
  private func served(
    _ request: SandboxRequest, at now: Instant, _ state: inout State, _ change: inout Change
  ) -> SandboxReply {
    let facts = FaultFacts(operation: Gateway.operation(of: request.path), body: request.body)
    change.request = .init(operation: facts.operation ?? "other", status: 0, isRefusal: false)
    // Nobody else's page has a part in what is tried out.
    let front = request.isMisdirected ? [] : state.draw(.front, facts, at: now, &change)
    let clock = front.reduce(now) { $1.fault == .clock ? $0 + $1.ahead : $0 }
    var reply =
      front.first { $0.fault == .pageBefore }.map(SandboxReply.page)
      ?? answer(request, at: now, clock: clock, &state, &change)
    if clock != now {
      reply.serviceTime = clock
      reply.headerChanges.append(.set("Date", "date+0"))
    }
    change.request?.status = reply.status
    change.request?.code = reply.gatewayCode
    change.request?.isRefusal = reply.isRefusal
    return reply
  }

  /// What becomes of an answer, and of what was made, afterwards. The ledger keeps what the service answered.
  private func onItsWay(
    _ answer: SandboxReply, to request: SandboxRequest, at now: Instant, _ state: inout State, _ change: Change
  ) -> SandboxReply {
    var (reply, change) = (answer, change)
    var facts = FaultFacts(operation: Gateway.operation(of: request.path), body: request.body)
    facts.status = reply.status
    facts.isDelivered = reply.isDelivered
    if case .made = change.effect { facts.isMade = true }
    let rules = state.draw(.answer, facts, at: now, &change)
    state.note(change)
    for rule in rules {
      reply.spoil(by: rule) { state.dice.pick(below: $0) }
      if rule.fault == .vanish, case .made(let workspace, _) = change.effect {
        vanish(workspace, after: rule.delay, at: now, &state)
      }
    }
    return reply
  }

  private func answer(
    _ request: SandboxRequest, at now: Instant, clock: Instant, _ state: inout State, _ change: inout Change
  ) -> SandboxReply {
    if let refusal = state.gateway.refusal(of: request, under: configuration, at: now, clock: clock) { return refusal }
    guard let operation = Gateway.operation(of: request.path),
      case .success(let body) = Result(catching: { try JSONParser.value(of: request.body) }), case .object = body
    else { return .invalid }
    if operation == "aiworkspaces/create" {
      change.request?.isForExistingKey = body.workspaceKey.map { state.forest.exists($0.account, $0.name) } ?? false
      change.request?.unknownPaths = DefinitionCheck.unknownPaths(of: body)
    }
    let facts = FaultFacts(operation: operation, body: request.body)
    let fault = state.draw(.course, facts, at: now, &change).first?.fault
    switch fault {
    case .dropBefore: return .dropped
    case .unavailable, .unavailableRetryAfter:
      var reply = SandboxReply.gateway(503, 500, "Endpoint Error", "The endpoint is not available.")
      if fault == .unavailableRetryAfter { reply.retryAfter = 1 }
      return reply
    case .late:
      commitLate(operation, body, at: now, ahead: clock - now, &state)
      return .dropped
    default: break
    }
    let (reply, effect) = state.forest.reply(to: operation, body, under: configuration, at: clock)
    change.effect = effect
    return reply.spoiled(by: fault)
  }

  /// Carries an operation out after its connection was closed, as a service does whose front gives up before its back.
  private func commitLate(
    _ operation: String, _ body: JSONValue, at now: Instant, ahead: Duration, _ state: inout State
  ) {
    later(now + state.dice.faults.lateBy, &state) { [configuration] state, now in
      var change = Change(at: now)
      change.effect = state.forest.reply(to: operation, body, under: configuration, at: now + ahead).effect
      state.note(change)
    }
  }

  /// Removes what was made, as somebody else does.
  private func vanish(_ workspace: Workspace, after delay: Duration, at now: Instant, _ state: inout State) {
    let remove = { @Sendable (state: inout State, now: Instant) in
      // Somebody may have been faster.
      guard state.forest.apply(.removed(id: workspace.id)) else { return }
      var change = Change(at: now)
      change.effect = .removed(id: workspace.id)
      change.vanishedKey = "\(workspace.accountId)/\(workspace.name)"
      state.note(change)
    }
    if delay > .zero { later(now + delay, &state, remove) } else { remove(&state, now) }
  }

  /// Lets something happen between requests.
  private func later(
    _ instant: Instant, _ state: inout State, _ happen: @escaping @Sendable (inout State, Instant) -> Void
  ) {
    state.alarmCount += 1
    let number = state.alarmCount
    state.alarms[number] = time.alarm(at: instant) { [weak self] in
      guard let self else { return }
      self.state.withLock { state in
        state.alarms[number] = nil
        happen(&state, self.time.now())
      }
      saveSoon()
    }
  }
}
