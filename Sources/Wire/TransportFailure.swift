// What it means that no reply came.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
package import Provisioning

/// Why no reply came to a request.
package struct TransportFailure: Error {
  /// What that means: *unreachable* where nothing can have been sent, else *no answer*.
  package let outcome: Outcome
}

extension Outcome {
  /// No whole reply came within the request timeout; a connection that did not even come about sent nothing.
  static func tooLate(_ error: any Error) -> Outcome {
    let lost = Outcome(lostTo: error)
    return lost.kind == .unreachable ? lost : Outcome(.noAnswer, message: "no answer within the request timeout")
  }

  /// What it means that no reply came. *Unreachable* is a short list, in which nothing can have been sent: a connection
  /// that was refused or never came about, a name that does not resolve, a TLS handshake that failed. Everything else
  /// may have reached the service.
  init(lostTo error: any Error) {
    switch error {
    case let error as HTTPClientError where error == .connectTimeout:
      self.init(.unreachable, message: "no connection within 5 s")
    case let error as HTTPClientError where error == .getConnectionFromPoolTimeout:
      self.init(.unreachable, message: "no connection was free within 5 s")
    case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
      self.init(.noAnswer, message: "no answer within the request timeout")
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      self.init(.noAnswer, message: "the connection was closed before the answer")
    case is CancellationError:
      self.init(.noAnswer, message: "the request was given up")
    case let error as HTTPClientError:
      // Its full description may hold the values of headers.
      self.init(.noAnswer, message: "the connection failed: \(error.shortDescription)")
    case is UnusableConnection:
      self.init(.unreachable, message: "the connection could not be set up, or was closed at once")
    case let broken as BrokenConnection:
      self.init(.noAnswer, message: Self.message(of: broken))
    case let error as IOError where error.errnoCode == ECONNREFUSED:
      self.init(.unreachable, message: "the connection was refused")
    case is NIOConnectionError, is SocketAddressError:
      self.init(.unreachable, message: "the name does not resolve, or no connection came about")
    case let error as NIOSSLError where Self.isHandshakeFailure(error):
      self.init(.unreachable, message: "the TLS handshake failed")
    case is NIOSSLExtraError:
      self.init(.unreachable, message: "the TLS certificate is not the endpoint's")
    default:
      self.init(.noAnswer, message: "the connection failed: \(Self.clipped(error))")
    }
  }

  private static func isHandshakeFailure(_ error: NIOSSLError) -> Bool {
    switch error {
    case .handshakeFailed, .unableToValidateCertificate, .noCertificateToValidate: true
    default: false
    }
  }

  private static func message(of broken: BrokenConnection) -> String {
    switch (broken.reason as? IOError)?.errnoCode {
    case ETIMEDOUT: "the service acknowledged nothing within the request timeout"
    case ECONNRESET: "the connection was reset before the answer"
    default: "the connection broke before the answer: \(clipped(broken.reason))"
    }
  }

  private static func clipped(_ error: any Error) -> String { String(String(describing: error).prefix(200)) }
}
