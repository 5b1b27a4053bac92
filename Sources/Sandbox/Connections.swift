// Since when each connection is idle, for the faults that break idle ones.

import NIOCore
import Pacing
import Synchronization

/// The connections over which the service's API was asked.
final class Connections: Sendable {
  private struct Idle {
    /// Nil while a request is under way.
    var since: Instant?
    /// When it may be closed.
    var alarms: [any Alarm]
  }

  private let core: SandboxCore
  private let idle = Mutex<[ObjectIdentifier: Idle]>([:])

  init(_ core: SandboxCore) { self.core = core }

  /// Whether a connection breaks as a request comes over it; it is idle no more.
  func breaksNow(_ channel: any Channel) -> Bool {
    let idle = idle.withLock { all -> Idle? in
      guard let known = all[.init(channel)] else { return nil }
      // It stays known, so that it is forgotten once: when it closes.
      all[.init(channel)] = Idle(since: nil, alarms: [])
      return known
    }
    for alarm in idle?.alarms ?? [] { alarm.cancel() }
    guard let since = idle?.since else { return false }
    return core.breaks(.arrival, idleFor: core.time.now() - since)
  }

  /// Notes that a connection waits for the next request.
  func isIdle(_ channel: any Channel) {
    guard core.breaksIdle else { return }
    let since = core.time.now()
    let alarms = core.idleLimits.map { limit in
      core.time.alarm(at: since + limit) { [weak self] in self?.closeIfIdle(channel, since: since) }
    }
    let isNew = idle.withLock { $0.updateValue(Idle(since: since, alarms: alarms), forKey: .init(channel)) == nil }
    // Another connection may get its place in memory.
    if isNew { channel.closeFuture.whenComplete { [weak self] _ in self?.forget(channel) } }
  }

  private func forget(_ channel: any Channel) {
    let known = idle.withLock { $0.removeValue(forKey: .init(channel)) }
    for alarm in known?.alarms ?? [] { alarm.cancel() }
  }

  private func closeIfIdle(_ channel: any Channel, since: Instant) {
    let isStill = idle.withLock { $0[.init(channel)]?.since == since }
    guard isStill, core.breaks(.idle, idleFor: core.time.now() - since) else { return }
    channel.close(promise: nil)
  }
}
