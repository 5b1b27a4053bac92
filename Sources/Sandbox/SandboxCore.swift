// The sandbox without HTTP: gateway, forest and ledger behind one lock, and the state file beside them.

import Foundation
import Pacing
import Provisioning
import Synchronization

final class SandboxCore: Sendable {
  /// How long changes may wait before they are written, so that a thousand creates are not a thousand files.
  private static let saveDelay = Duration.milliseconds(200)

  private struct State {
    var gateway = Gateway()
    var forest: Forest
    var ledger: Ledger
    var saveAlarm: (any Alarm)?
    var saveError: SandboxError?
    var faults: Faults
    var generator: SplitMix64
    var lateCommits: [Int: any Alarm] = [:]
    var lateCount = 0
  }

  let configuration: SandboxConfiguration
  let time: any TimeSource
  private let state: Mutex<State>
  private let saving = Mutex(())

  /// Makes a sandbox, with what its state file holds.
  init(_ configuration: SandboxConfiguration, time: any TimeSource) throws {
    self.configuration = configuration
    self.time = time
    let saved = try configuration.stateFile.flatMap(StateFile.read)
    var ledger = saved?.ledger ?? Ledger()
    ledger.startedAt = time.now().rfc3339()
    state = Mutex(
      State(
        forest: Forest(saved?.workspaces ?? [], nextID: saved?.nextID), ledger: ledger, faults: configuration.faults,
        generator: SplitMix64(seed: configuration.faults.seed)))
  }

  /// What really happened so far.
  var ledger: Ledger { state.withLock(\.ledger) }

  /// Answers a request of the service's API. Every operation passes through here.
  func reply(to request: SandboxRequest) -> SandboxReply {
    let reply = state.withLock { state in
      let now = time.now()
      state.ledger.noteRequest(Gateway.operation(of: request.path) ?? "other", at: now)
      let reply = answer(request, at: now, &state)
      if reply.status != 429 { state.ledger.noteAccepted(at: now) }
      state.ledger.noteReply(reply)
      return reply
    }
    saveSoon()
    return reply
  }

  private func answer(_ request: SandboxRequest, at now: Instant, _ state: inout State) -> SandboxReply {
    if let refusal = state.gateway.refusal(of: request, under: configuration, at: now) { return refusal }
    guard let operation = Gateway.operation(of: request.path),
      case .success(let body) = Result(catching: { try JSONValue(text: String(decoding: request.body, as: UTF8.self)) }),
      case .object = body
    else { return .refusal(400, "invalid request parameters") }
    if operation == "aiworkspaces/create" { Self.noteCreateRequest(body, &state) }
    let fault = state.faults.draw(using: &state.generator)
    switch fault {
    case .dropBefore: return .dropped
    case .unavailable, .unavailableRetryAfter:
      var reply = SandboxReply.gateway(503, 500, "Endpoint Error", "The endpoint is not available.")
      if fault == .unavailableRetryAfter { reply.retryAfter = 1 }
      return reply
    case .late:
      commitLate(operation, body, at: now, &state)
      return .dropped
    default: break
    }
    return Self.carryOut(operation, body, configuration, at: now, &state).spoiled(by: fault)
  }

  private static func carryOut(
    _ operation: String, _ body: JSONValue, _ configuration: SandboxConfiguration, at now: Instant, _ state: inout State
  ) -> SandboxReply {
    let reply = state.forest.reply(to: operation, body, under: configuration, at: now)
    if operation == "aiworkspaces/create", !reply.isRefusal, let key = key(of: body) {
      state.ledger.noteCreate(key.account, key.name)
    }
    return reply
  }

  /// Carries an operation out after its connection was closed, as a service does whose front gives up before its back.
  private func commitLate(_ operation: String, _ body: JSONValue, at now: Instant, _ state: inout State) {
    state.lateCount += 1
    let number = state.lateCount
    state.lateCommits[number] = time.alarm(at: now + state.faults.lateBy) { [weak self] in
      guard let self else { return }
      self.state.withLock { state in
        state.lateCommits[number] = nil
        _ = Self.carryOut(operation, body, self.configuration, at: self.time.now(), &state)
      }
      saveSoon()
    }
  }

  /// Changes what goes wrong, while running.
  func setFaults(_ faults: Faults) { state.withLock { $0.faults = faults } }

  private static func noteCreateRequest(_ body: JSONValue, _ state: inout State) {
    let isKnown = key(of: body).map { state.forest.exists($0.account, $0.name) } ?? false
    state.ledger.noteCreateRequest(isForExistingKey: isKnown)
    for path in DefinitionCheck.unknownPaths(of: body) { state.ledger.noteUnknown(path) }
  }

  private static func key(of body: JSONValue) -> (account: String, name: String)? {
    guard let account = body[key: "accountId"]?.stringValue, let name = body[key: "name"]?.stringValue else {
      return nil
    }
    return (account, name)
  }

  // MARK: - The state file

  private func saveSoon() {
    guard configuration.stateFile != nil else { return }
    state.withLock { state in
      guard state.saveAlarm == nil else { return }
      state.saveAlarm = time.alarm(at: time.now() + Self.saveDelay) { [weak self] in self?.saveNoting() }
    }
  }

  private func saveNoting() {
    do {
      try save()
    } catch {
      let error = error as? SandboxError ?? SandboxError(description: String(describing: error))
      state.withLock { $0.saveError = error }
    }
  }

  /// Writes the state now.
  func save() throws {
    guard let path = configuration.stateFile else { return }
    // One at a time, from the look at the state to the rename: two would write one partial file, and the older state
    // could come last.
    try saving.withLock { _ in
      let saved = state.withLock { state in
        state.saveAlarm = nil
        return SavedState(workspaces: state.forest.inOrder, nextID: state.forest.nextID, ledger: state.ledger)
      }
      try StateFile.write(saved, to: path)
      state.withLock { $0.saveError = nil }
    }
  }

  /// Why the last write of the state file failed; nil when it did not.
  var saveError: SandboxError? { state.withLock(\.saveError) }
}

extension SandboxReply {
  /// No reply: the connection closes.
  static let dropped = SandboxReply(status: 0, body: .null, delivery: .dropped)

  /// The reply to something that was carried out, as a fault spoils it.
  func spoiled(by fault: Fault?) -> SandboxReply {
    var reply = self
    switch fault {
    case .dropAfter: reply.delivery = .dropped
    case .errorAfter: reply = .refusal(500, "unexpected error")
    case .xml:
      reply.status = 504
      reply.delivery = .xml
    case .truncated: reply.delivery = .truncated
    case .withoutID:
      if case .object(var members) = body {
        members["id"] = nil
        reply.body = .object(members)
      }
    case .hang: reply.delivery = .hung
    default: break
    }
    return reply
  }
}
