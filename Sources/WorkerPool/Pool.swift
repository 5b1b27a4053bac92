// The pool: performs what the dispatcher decides, in a task group, and posts what came of it as events. No child task
// throws, because one throw would cancel every request in flight; errors become events.

package import DurableQueue
package import Pacing
package import Provisioning
import Synchronization

/// One run of a batch.
package final class Pool: Sendable {
  /// What a run works with.
  package struct Setup: Sendable {
    /// Where the items are.
    package var queue: Queue
    /// Where they are made.
    package var target: any Target
    /// Who claims.
    package var owner: OwnerID
    /// What the rate applies to.
    package var scope: KeyScopeID
    /// What is run.
    package var batch: BatchID
    /// What the run keeps to.
    package var rules: Rules
    /// The time.
    package var time: any TimeSource

    /// Makes a setup.
    package init(
      queue: Queue, target: any Target, owner: OwnerID, scope: KeyScopeID, batch: BatchID, rules: Rules,
      time: any TimeSource
    ) {
      self.queue = queue
      self.target = target
      self.owner = owner
      self.scope = scope
      self.batch = batch
      self.rules = rules
      self.time = time
    }
  }

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
  }

  private let setup: Setup
  private let events: AsyncStream<Dispatcher.Event>
  private let post: AsyncStream<Dispatcher.Event>.Continuation
  private let state: Mutex<Dispatcher>
  private let currentStatus = Mutex(Status())
  private let executor: (any TaskExecutor)?

  /// Makes a run; nothing happens before `run`.
  ///
  /// - Parameters:
  ///   - generator: where backoff draws from.
  ///   - executor: what the run's tasks run on; nil: on what all tasks run on. Tests step it.
  package init(
    _ setup: Setup, generator: any RandomNumberGenerator & Sendable, executor: (any TaskExecutor)? = nil
  ) {
    self.setup = setup
    self.executor = executor
    (events, post) = AsyncStream.makeStream()
    state = Mutex(Dispatcher(rules: setup.rules, scope: setup.scope, generator: generator))
  }

  /// What the run is doing now.
  package var status: Status { currentStatus.withLock { $0 } }

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
      post.yield(.started(try setup.queue.accountsWithReadyItems(of: setup.batch)))
    } catch {
      return .failed(asQueueError(error))
    }
    var alarm = PoolAlarm()
    var end = RunEnd.drained
    await withDiscardingTaskGroup { group in
      for await event in events {
        let now = setup.time.moment()
        if case .rang = event { alarm.rang() }
        let actions = state.withLock { $0.handle(event, at: now) }
        noteStatus()
        for action in actions {
          switch action {
          case .alarm(let instant):
            alarm.set(instant, by: setup.time, at: now) { [post] in post.yield(.rang) }
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

  private func noteStatus() {
    let status = state.withLock { dispatcher in
      Status(
        inFlightCount: dispatcher.inFlight.count, wait: dispatcher.pace.wait, madeCount: dispatcher.madeCount,
        incompleteAccounts: dispatcher.lists.neverWhole, quota: dispatcher.pace.quota)
    }
    currentStatus.withLock { $0 = status }
  }

  // MARK: - Actions

  private func perform(_ action: Dispatcher.Action) async {
    switch action {
    case .takePermit, .list, .detail, .reconcile, .rightInstants, .holdAccount, .holdKey:
      await performList(action)
    case .claim, .reclaim, .assign: await performClaim(action)
    case .send(let lease): await send(lease)
    case .settle(let answer, let due): await settle(answer, due: due)
    case .alarm, .abandon, .finish: preconditionFailure("the loop performs these itself")
    }
  }

  private func performList(_ action: Dispatcher.Action) async {
    let queue = setup.queue
    do {
      switch action {
      case .takePermit:
        post.yield(.permitAnswered(try await queue.takePermit(of: setup.scope)))
      case .list(let account):
        // First the instant: what is in doubt by then has a name that is known.
        let asked = setup.time.moment()
        let names = try queue.names(in: account.scope)
        let reply = await setup.target.list(account: account.account, naming: names)
        let latency = setup.time.sinceBoot().elapsed - asked.sinceBoot.elapsed
        try await queue.record(
          Listing(reply, of: account.scope, by: setup.owner, askedAt: asked.wall, latency: latency))
        post.yield(.listed(account, reply, asked: asked))
      case .detail(let entry):
        post.yield(.detailed(await setup.target.detail(of: entry)))
      case .reconcile(let list, let account):
        let target = setup.target
        let reconciliation = try await queue.reconcile(
          list, in: account.scope, of: setup.batch, by: setup.rules.reconcile
        ) { target.isMade($0, from: $1) }
        post.yield(.reconciled(reconciliation))
      case .rightInstants: try await queue.rightInstants(with: setup.scope, of: setup.batch)
      case .holdAccount(let account, let outcome):
        try await queue.hold(
          account.scope, reason: Reason(outcome.kind) ?? .accountRefused, message: outcome.message, by: setup.owner)
        post.yield(.listApplied)
      case .holdKey(let wait): try await queue.hold(wait)
      default: break
      }
    } catch {
      post.yield(.queueFailed(asQueueError(error), during: .list))
    }
  }

  private func performClaim(_ action: Dispatcher.Action) async {
    let queue = setup.queue
    do {
      switch action {
      case .claim(let limit):
        post.yield(
          .claimed(
            try await queue.claim(
              upTo: limit, of: setup.batch, for: setup.owner, with: setup.scope, within: setup.rules.horizon,
              under: setup.rules.terms)))
      case .reclaim: post.yield(.reclaimed(try await queue.reclaim(for: setup.owner)))
      case .assign:
        try await queue.assign(to: setup.batch)
        post.yield(.assigned)
      default: break
      }
    } catch {
      post.yield(.queueFailed(asQueueError(error), during: .claim))
    }
  }

  private func send(_ lease: Lease) async {
    let start = setup.time.sinceBoot().elapsed
    let outcome = await setup.target.create(lease.definition)
    post.yield(.answered(lease, outcome, latency: setup.time.sinceBoot().elapsed - start))
  }

  private func settle(_ answer: Answer, due: Instant?) async {
    do {
      // Nobody waits for an answer to be on disk, unless others are to keep to what it says or may have what it gives back.
      let isPatient = answer.wait == nil && answer.outcome.kind != .notSent
      post.yield(.settled(try await setup.queue.settle(answer, patiently: isPatient), due: due))
    } catch {
      post.yield(.queueFailed(asQueueError(error), during: .settle))
    }
  }

  private func asQueueError(_ error: any Error) -> QueueError {
    error as? QueueError ?? QueueError(.other, path: setup.queue.path, detail: String(describing: error))
  }
}
