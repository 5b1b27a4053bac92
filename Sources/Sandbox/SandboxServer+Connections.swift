// Since when each connection is idle, for the faults that break idle ones.

import NIOCore
import Pacing
import Synchronization

/// A connection over which the service's API was asked.
struct IdleConnection {
  /// Nil while a request is under way.
  var since: Instant?
  /// When it may be closed.
  var alarms: [any Alarm] = []
}

extension SandboxServer {
  /// Whether a connection breaks as a request comes over it; it is idle no more.
  func breaksNow(_ channel: any Channel) -> Bool {
    let idle = idle.withLock { all -> IdleConnection? in
      guard let known = all[.init(channel)] else { return nil }
      // It stays known, so that it is forgotten once: when it closes.
      all[.init(channel)] = IdleConnection()
      return known
    }
    for alarm in idle?.alarms ?? [] { alarm.cancel() }
    guard let since = idle?.since else { return false }
    return breaks(.arrival, idleFor: time.now() - since)
  }

  /// Notes that a connection waits for the next request.
  func isIdle(_ channel: any Channel) {
    let rules = state.withLock { $0.dice.faults.rules.filter { [.arrival, .idle].contains($0.fault.stage) } }
    guard !rules.isEmpty else { return }
    let since = time.now()
    let alarms = Set(rules.filter { $0.fault == .idleClose }.map(\.idle)).map { limit in
      time.alarm(at: since + limit) { [weak self] in self?.closeIfIdle(channel, since: since) }
    }
    let isNew = idle.withLock {
      $0.updateValue(IdleConnection(since: since, alarms: alarms), forKey: .init(channel)) == nil
    }
    // Another connection may get its place in memory.
    if isNew { channel.closeFuture.whenComplete { [weak self] _ in self?.forget(channel) } }
  }

  private func forget(_ channel: any Channel) {
    let known = idle.withLock { $0.removeValue(forKey: .init(channel)) }
    for alarm in known?.alarms ?? [] { alarm.cancel() }
  }

  private func closeIfIdle(_ channel: any Channel, since: Instant) {
    let isStill = idle.withLock { $0[.init(channel)]?.since == since }
    guard isStill, breaks(.idle, idleFor: time.now() - since) else { return }
    channel.close(promise: nil)
  }

  /// Whether a connection that was idle for so long is to break, as a request comes or while none does.
  private func breaks(_ stage: Fault.Stage, idleFor idle: Duration) -> Bool {
    let breaks = state.withLock { state in
      let now = time.now()
      var change = Change(at: now)
      guard !state.draw(stage, FaultFacts(idle: idle), at: now, &change).isEmpty else { return false }
      state.note(change)
      return true
    }
    if breaks { saveSoon() }
    return breaks
  }
}
