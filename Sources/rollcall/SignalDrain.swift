// The first SIGINT or SIGTERM drains; a second one, at least a second later, leaves at once. Promise 4 holds either way.

// Dispatch has not marked its sources Sendable; they are thread-safe.
@preconcurrency import Dispatch
import Foundation
import Pacing
import Synchronization

final class SignalDrain: Sendable {
  private struct State {
    /// The signal that the run was stopped by.
    var received: (number: Int32, name: String)?
    var count = SignalCount()
    /// Who wants to know of the first, the latest last: it alone is called.
    var listeners: [(id: UUID, onFirst: @Sendable (String) -> Void)] = []
    var sources: [any DispatchSourceSignal] = []
  }

  private static let state = Mutex(State())
  private let id = UUID()

  /// The signal that the run was stopped by; nil when it was not.
  static var received: Int32? { state.withLock { $0.received?.number } }

  /// Starts to listen, in place of who listened before; `onFirst` is called once, with the signal's name, at once if there
  /// was one.
  init(onFirst: @escaping @Sendable (String) -> Void) {
    let received = Self.state.withLock { state in
      state.listeners.append((id: id, onFirst: onFirst))
      if state.sources.isEmpty { state.sources = Self.listen() }
      return state.received
    }
    if let received { onFirst(received.name) }
  }

  private static func listen() -> [any DispatchSourceSignal] {
    [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")].map { number, name in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        take(number, name)
      }
      source.activate()
      return source
    }
  }

  private static func take(_ number: Int32, _ name: String) {
    let now = SystemTimeSource().sinceBoot()
    let (meaning, listener) = state.withLock { state in
      let meaning = state.count.take(at: now)
      if meaning != .same { state.received = (number, name) }
      return (meaning, state.listeners.last)
    }
    switch meaning {
    // Whoever is told may take its time; the next signal must find somebody who listens.
    case .stop: DispatchQueue.global().async { listener?.onFirst(name) }
    case .same: break
    case .leave:
      OnFinish.end()
      _exit(128 + number)
    }
  }

  /// Stops listening; who listened before does so again, and without one the signals get back their usual effect.
  func stop() {
    Self.state.withLock { state in
      state.listeners.removeAll { $0.id == id }
      guard state.listeners.isEmpty else { return }
      for source in state.sources { source.cancel() }
      state.sources = []
      signal(SIGINT, SIG_DFL)
      signal(SIGTERM, SIG_DFL)
    }
  }

  /// Ends the process by the signal, so that whoever waits for it sees why.
  static func raiseAgain(_ number: Int32) {
    signal(number, SIG_DFL)
    // Dispatch blocks the signals that it listens to, in the threads of its pool.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
  }
}
