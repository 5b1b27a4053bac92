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
    /// What the state file does not hold yet; nil when it has to be written whole.
    var unsaved: [Change]?
    var saveAlarm: (any Alarm)?
    var saveError: SandboxError?
    var faults: Faults
    var generator: SplitMix64
    var lateCommits: [Int: any Alarm] = [:]
    var lateCount = 0

    mutating func note(_ change: Change) {
      ledger.note(change)
      unsaved?.append(change)
    }
  }

  let configuration: SandboxConfiguration
  let time: any TimeSource
  private let state: Mutex<State>
  /// The state file, once it was written whole; held while it is written.
  private let stateLog = Mutex<StateLog?>(nil)
  /// A sentence about what the state file told, when something had to be left out.
  let restoreNote: String?

  /// Makes a sandbox, with what its state file holds.
  init(_ configuration: SandboxConfiguration, time: any TimeSource) throws {
    self.configuration = configuration
    self.time = time
    var restored = try configuration.stateFile.flatMap(StateFile.read) ?? RestoredState()
    restored.ledger.startedAt = time.now().rfc3339()
    restoreNote = restored.note
    state = Mutex(
      State(
        forest: restored.forest, ledger: restored.ledger, faults: configuration.faults,
        generator: SplitMix64(seed: configuration.faults.seed)))
  }

  /// What really happened so far.
  var ledger: Ledger { state.withLock(\.ledger) }

  /// Answers a request of the service's API. Every operation passes through here.
  func reply(to request: SandboxRequest) -> SandboxReply {
    let reply = state.withLock { state in
      let now = time.now()
      var change = Change(at: now)
      change.request = .init(operation: Gateway.operation(of: request.path) ?? "other", status: 0, isRefusal: false)
      let reply = answer(request, at: now, &state, &change)
      change.request?.status = reply.status
      change.request?.code = reply.gatewayCode
      change.request?.isRefusal = reply.isRefusal
      state.note(change)
      return reply
    }
    saveSoon()
    return reply
  }

  private func answer(
    _ request: SandboxRequest, at now: Instant, _ state: inout State, _ change: inout Change
  ) -> SandboxReply {
    if let refusal = state.gateway.refusal(of: request, under: configuration, at: now) { return refusal }
    guard let operation = Gateway.operation(of: request.path),
      case .success(let body) = Result(catching: { try JSONValue(text: String(decoding: request.body, as: UTF8.self)) }),
      case .object = body
    else { return .refusal(400, "invalid request parameters") }
    if operation == "aiworkspaces/create" {
      change.request?.isForExistingKey = Self.key(of: body).map { state.forest.exists($0.account, $0.name) } ?? false
      change.request?.unknownPaths = DefinitionCheck.unknownPaths(of: body)
    }
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
    let (reply, effect) = state.forest.reply(to: operation, body, under: configuration, at: now)
    change.effect = effect
    return reply.spoiled(by: fault)
  }

  /// Carries an operation out after its connection was closed, as a service does whose front gives up before its back.
  private func commitLate(_ operation: String, _ body: JSONValue, at now: Instant, _ state: inout State) {
    state.lateCount += 1
    let number = state.lateCount
    state.lateCommits[number] = time.alarm(at: now + state.faults.lateBy) { [weak self] in
      guard let self else { return }
      self.state.withLock { state in
        state.lateCommits[number] = nil
        var change = Change(at: self.time.now())
        change.effect =
          state.forest.reply(to: operation, body, under: self.configuration, at: self.time.now()).effect
        state.note(change)
      }
      saveSoon()
    }
  }

  /// Changes what goes wrong, while running.
  func setFaults(_ faults: Faults) { state.withLock { $0.faults = faults } }

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

  /// Writes what the state file does not hold yet, or all of it.
  func save(whole: Bool = false) throws {
    guard let path = configuration.stateFile else { return }
    // One at a time, from the look at the state to the end of the write: changes must follow the state that they change.
    try stateLog.withLock { log in
      let isWhole = whole || log?.isInPlace != true
      let (changes, saved) = takeUnsaved(whole: isWhole)
      do {
        if let saved {
          log = try StateFile.write(saved, to: path)
        } else {
          try log?.append(changes)
        }
      } catch {
        // The file may end in half a line now; only a whole one mends that.
        state.withLock { $0.unsaved = nil }
        throw error
      }
      state.withLock { $0.saveError = nil }
    }
  }

  /// What is to be appended, or the whole state instead.
  private func takeUnsaved(whole: Bool) -> ([Change], SavedState?) {
    state.withLock { state in
      state.saveAlarm = nil
      let changes = whole ? nil : state.unsaved
      state.unsaved = []
      if let changes { return (changes, nil) }
      return ([], SavedState(workspaces: state.forest.inOrder, nextID: state.forest.nextID, ledger: state.ledger))
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
