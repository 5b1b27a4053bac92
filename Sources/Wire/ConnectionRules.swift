// How a connection ends, so that nothing of ours arrives later than the settle delay. A kernel goes on sending for minutes
// what was written and not acknowledged, also when the process that wrote it is dead: a create would land long after
// somebody looked and found that it is not there.
//
//   TCP_USER_TIMEOUT   what is not acknowledged within the request timeout is given up, with the connection
//   SO_LINGER, 0 s     a close is a reset, by us or by the kernel when we are killed: what is unsent goes with it
//
// Through TLS a close waits up to 5 s for the other side's goodbye before the reset; the first rule holds meanwhile.
// Nothing is lost by a reset: a connection is closed only when its replies are read or its request is given up.

import NIOCore
import Pacing

/// How the connections of an exchange end.
package struct ConnectionRules: Sendable {
  /// How long what was written may go without an acknowledgement; nil leaves it to the system, which takes minutes.
  package var unacknowledgedLimit: Duration?
  /// Whether a close is a reset instead of going on sending what was written.
  package var closesByReset: Bool
  /// How long a connection is kept that nobody uses. What stands between may forget it without a word, mostly after some
  /// minutes, at times after 20 s; the next request on it would have no answer. Who sends less than once a second can pay
  /// a handshake.
  package var idleLimit = Duration.seconds(1)

  /// Makes rules.
  package init(unacknowledgedLimit: Duration?, closesByReset: Bool = true) {
    self.unacknowledgedLimit = unacknowledgedLimit
    self.closesByReset = closesByReset
  }

  /// Puts the rules onto a connection that has just come about; no request has been written to it. All of it is done when
  /// this returns, as the caller is on the channel's event loop: the client takes a connection that is closed before it
  /// was handed over for a good one.
  func apply(to channel: any Channel) -> EventLoopFuture<Void> {
    var steps: [EventLoopFuture<Void>] = []
    if closesByReset { steps.append(Self.closeByReset(channel)) }
    #if os(Linux)
      if let unacknowledgedLimit {
        let option = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: Self.userTimeoutOption))
        steps.append(channel.setOption(option, value: Self.milliseconds(unacknowledgedLimit)))
      }
    #endif
    return EventLoopFuture.andAllSucceed(steps, on: channel.eventLoop).flatMapErrorThrowing {
      channel.close(promise: nil)
      throw UnusableConnection(reason: $0)
    }
  }

  private static func closeByReset(_ channel: any Channel) -> EventLoopFuture<Void> {
    guard let socket = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
    return socket.unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger(isOn: 1, seconds: 0))
  }

  /// The system's `struct linger`, whose own declaration is in a module of the library that cannot be imported.
  private struct Linger {
    let isOn: CInt
    let seconds: CInt
  }

  /// `TCP_USER_TIMEOUT` of linux/tcp.h, which Glibc's module does not bring.
  static let userTimeoutOption: CInt = 18

  /// Whole milliseconds, rounded up: 0 would mean the system's own.
  static func milliseconds(_ limit: Duration) -> Int {
    Int(max(1, (min(limit.microseconds, Int64(CInt.max) * 1_000) + 999) / 1_000))
  }
}

/// A connection came about and could not be set up; no request was written to it.
struct UnusableConnection: Error {
  let reason: any Error
}
