// The pool: performs what the dispatcher decides, in a task group, and posts what came of it as events. No child task
// throws, because one throw would cancel every request in flight; errors become events.

package import DurableQueue
package import Pacing
package import Provisioning
import Synchronization

/// One run of a batch.
package final class Pool: Sendable {
  /// What a run is doing, for people.
  package struct Status: Hashable, Sendable {
    /// Requests on the wire.
    package var inFlightCount = 0
    /// What everything waits for.
    package var wait: KeyWait?
    /// Rows that were made in this run, or turned out to be.
    package var madeCount = 0
    /// Accounts whose list was never whole, so that it cannot tell what is missing from it.
    package var incompleteAccounts: [String] = []
    /// The quota that holds.
    package var quota = Quota.untilLearned
    /// Whether the quota is a limit that is known, and not only what is tried until one is.
    package var isLimitKnown = false
    /// When the service is asked next what became of the requests without an answer; one that has passed: it is being
    /// asked. Nil while nothing of the batch is in doubt, or that is not known yet.
    package var nextLook: Instant?
    /// Whether nothing is sent yet, because the service is asked first what there is.
    package var isProbing = false

    /// Makes one.
    package init() {}
  }

  private let queue: Queue
  private let target: any Target
  private let owner: OwnerID
  private let scope: KeyScopeID
  private let batch: BatchID
  private let rules: Rules
  private let time: any TimeSource
  private let events: AsyncStream<Dispatcher.Event>
  private let post: AsyncStream<Dispatcher.Event>.Continuation
  private let state: Mutex<Dispatcher>
  private let executor: (any TaskExecutor)?

  /// Makes a run; nothing happens before `run`.
  ///
  /// - Parameters:
  ///   - target: where the items are made.
  ///   - owner: who claims.
  ///   - scope: what the rate applies to.
  ///   - generator: where backoff draws from.
  ///   - executor: what the run's tasks run on; nil: on what all tasks run on. Tests step it.
  package init(
    queue: Queue, target: any Target, owner: OwnerID, scope: KeyScopeID, batch: BatchID, rules: Rules,
    time: any TimeSource, generator: any RandomNumberGenerator & Sendable, executor: (any TaskExecutor)? = nil
  ) {
    (self.queue, self.target, self.owner, self.scope) = (queue, target, owner, scope)
    (self.batch, self.rules, self.time, self.executor) = (batch, rules, time, executor)
    (events, post) = AsyncStream.makeStream()
    state = Mutex(Dispatcher(rules: rules, scope: scope, generator: generator))
  }

  /// What the run is doing now.
  package var status: Status {
    let now = time.now()
    return state.withLock { $0.status(at: now) }
  }

  /// Asks the run to stop: nothing new is claimed, requests in flight may finish up to the drain timeout.
  package func requestDrain() { post.yield(.drainRequested) }

  /// Runs the batch to its end. Being cancelled is being asked to drain.
  package func run() async -> RunEnd {
    // The loop has a task of its own, so that a cancelled caller does not cancel the requests in flight.
    let loop = Task(executorPreference: executor) { await self.loop() }
    return await withTaskCancellationHandler {
      await loop.value
    } onCancel: {
      requestDrain()
    }
  }

  private func loop() async -> RunEnd {
    do {
      post.yield(.started(try queue.accountsWithReadyItems(of: batch)))
    } catch {
      return .failed(asQueueError(error))
    }
    var alarm = PoolAlarm()
    var end = RunEnd.drained
    await withDiscardingTaskGroup { group in
      for await event in events {
        let now = time.moment()
        if case .rang = event { alarm.rang() }
        let actions = state.withLock { $0.handle(event, at: now) }
        for action in actions {
          switch action {
          case .alarm(let instant):
            alarm.set(instant, by: time, at: now) { [post] in post.yield(.rang) }
          case .abandon: group.cancelAll()
          case .finish(let reason):
            end = reason
            post.finish()
          default: group.addTask { await self.perform(action) }
          }
        }
      }
    }
    alarm.cancel()
    return end
  }

  // MARK: - Actions

  private func perform(_ action: Dispatcher.Action) async {
    do {
      if let event = try await event(after: action) { post.yield(event) }
    } catch {
      post.yield(.queueFailed(asQueueError(error), during: action.step))
    }
  }

  /// Does what an action says.
  ///
  /// - Returns: what came of it, if the dispatcher waits for that.
  private func event(after action: Dispatcher.Action) async throws -> Dispatcher.Event? {
    switch action {
    case .takePermit: return .permitAnswered(try await queue.takePermit(of: scope))
    case .list(let account): return try await list(account)
    case .detail(let entry): return .detailed(await target.detail(of: entry))
    case .reconcile(let list, let account):
      return .reconciled(
        try await queue.reconcile(
          list, in: account.scope, of: batch, by: rules.reconcile,
          isMade: { [target] in target.isMade($0, from: $1) },
          shown: { [target] in target.definition(of: $0, like: $1) }))
    case .rightInstants: try await queue.rightInstants(with: scope, of: batch)
    case .holdAccount(let account, let outcome):
      try await queue.hold(
        account.scope, reason: Reason(outcome.kind) ?? .accountRefused, message: outcome.message, by: owner)
      return .listApplied
    case .holdKey(let wait): try await queue.hold(wait)
    case .claim(let limit):
      return .claimed(
        try await queue.claim(
          upTo: limit, of: batch, for: owner, with: scope, within: rules.horizon,
          under: rules.terms))
    case .reclaim: return .reclaimed(try await queue.reclaim(for: owner))
    case .assign:
      try await queue.assign(to: batch)
      return .assigned
    case .send(let lease):
      let start = time.sinceBoot().elapsed
      let outcome = await target.create(lease.definition)
      return .answered(lease, outcome, latency: time.sinceBoot().elapsed - start)
    case .settle(let answer, let due):
      // Nobody waits for an answer to be on disk, unless others are to keep to what it says or may have what it gives back.
      let isPatient = answer.wait == nil && answer.outcome.kind != .notSent
      return .settled(try await queue.settle(answer, patiently: isPatient), due: due)
    case .alarm, .abandon, .finish: preconditionFailure("the loop performs these itself")
    }
    return nil
  }

  private func list(_ account: BatchAccount) async throws -> Dispatcher.Event {
    // What is in doubt by this instant has a name that is known when the list comes.
    let asked = time.moment()
    let reply = await target.list(account: account.account) { [queue] in try queue.names(in: account.scope) }
    let latency = time.sinceBoot().elapsed - asked.sinceBoot.elapsed
    try await queue.record(reply, of: account.scope, by: owner, askedAt: asked.wall, latency: latency)
    return .listed(account, reply, asked: asked)
  }

  private func asQueueError(_ error: any Error) -> QueueError {
    error as? QueueError ?? QueueError(.other, path: queue.path, detail: String(describing: error))
  }
}

extension Dispatcher.Action {
  /// What it is a part of, for a failure of the queue.
  fileprivate var step: Dispatcher.Step {
    switch self {
    case .claim, .reclaim, .assign: .claim
    case .settle: .settle
    default: .list
    }
  }
}
