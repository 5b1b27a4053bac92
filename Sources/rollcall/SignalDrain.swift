// The first SIGINT or SIGTERM drains; the second leaves at once. Promise 4 holds either way.

// Dispatch has not marked its sources Sendable; they are thread-safe.
@preconcurrency import Dispatch
import Foundation
import Synchronization

final class SignalDrain: Sendable {
  private static let receivedSignal = Mutex<Int32?>(nil)
  private let sources: [any DispatchSourceSignal]

  /// The signal that the run was stopped by; nil when it was not.
  static var received: Int32? { receivedSignal.withLock { $0 } }

  /// Starts to listen; `onFirst` is called once, with the signal's name.
  init(onFirst: @escaping @Sendable (String) -> Void) {
    sources = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")].map { number, name in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        let isFirst = Self.receivedSignal.withLock { received in
          defer { received = number }
          return received == nil
        }
        if isFirst { onFirst(name) } else { _exit(128 + number) }
      }
      source.activate()
      return source
    }
  }

  /// Stops listening and gives the signals back their usual effect.
  func stop() {
    for source in sources { source.cancel() }
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
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
