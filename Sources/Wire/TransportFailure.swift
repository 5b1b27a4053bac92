// What it means that no reply came.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL
package import Provisioning

/// Why no reply came to a request.
package struct TransportFailure: Error {
  /// What that means: *unreachable* or *misdirected* where nothing was sent, else *no answer*.
  package let outcome: Outcome
}

extension Outcome {
  /// What it means that no reply came. Not the error decides whether the request may have arrived, but whether any of its
  /// body was sent.
  ///
  /// - Parameters:
  ///   - isSent: whether a byte of the request's body may have left.
  ///   - isLate: whether the request timeout is over.
  init(lostTo error: any Error, isSent: Bool, isLate: Bool = false) {
    switch error {
    case is CancellationError: self.init(.unknown, message: "the request was given up")
    case _ where isSent && isLate: self.init(.unknown, message: Self.late)
    case _ where isSent: self.init(.unknown, message: Self.broken(error))
    default:
      if let wrong = Self.wrongCertificate(error) {
        self.init(.misdirected, message: wrong)
      } else {
        self.init(.unreachable, message: Self.notEstablished(error))
      }
    }
  }

  private static let late = "no answer within the request timeout"

  // MARK: - After something was sent

  private static func broken(_ error: any Error) -> String {
    switch error {
    case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout: late
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      "the connection was closed before the answer"
    case let error as HTTPClientError:
      // Its full description may hold the values of headers.
      "the connection failed: \(error.shortDescription)"
    case let error as HTTPParserError where error == .headerOverflow: "the answer's headers are too long"
    case is EndlessReply: "the answer is longer than any list"
    case is HTTPParserError: "the answer is not HTTP, or was cut"
    case let error as IOError where error.errnoCode == ETIMEDOUT:
      "the service acknowledged nothing within the request timeout"
    case let error as IOError where error.errnoCode == ECONNRESET: "the connection was reset before the answer"
    case is NIOHTTPDecompression.DecompressionError, is NIOHTTPDecompression.ExtraDecompressionError:
      "the answer is said to be compressed, and cannot be read so"
    case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
      "the other side ended the TLS connection; it may want a client certificate"
    case is IOError: "the connection broke before the answer: \(clipped(error))"
    default: "the connection failed: \(clipped(error))"
    }
  }

  // MARK: - Before anything was sent

  /// What is wrong with the certificate that the other side has shown; nil when that is not why.
  private static func wrongCertificate(_ error: any Error) -> String? {
    switch error {
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      "the TLS certificate is another host's"
    case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate: untrusted
    case NIOSSLError.handshakeFailed(.sslError(let stack))
    where stack.contains { $0.description.contains("CERTIFICATE_VERIFY_FAILED") }:
      untrusted
    default: nil
    }
  }

  private static let untrusted =
    "the TLS certificate has expired, or no authority that this machine trusts has signed it"

  private static func notEstablished(_ error: any Error) -> String {
    switch error {
    case let error as HTTPClientError where error == .connectTimeout: "no connection came about in time"
    case let error as HTTPClientError where error == .getConnectionFromPoolTimeout:
      "no connection was free in time"
    case let error as HTTPClientError where error == .deadlineExceeded:
      "no connection came about within the request timeout"
    case let error as HTTPClientError where error == .tlsHandshakeTimeout: "no TLS handshake came about in time"
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      "the connection was closed before anything was sent"
    case let error as HTTPClientError: "no connection came about: \(error.shortDescription)"
    case is UnusableConnection: "the connection could not be set up, or was closed at once"
    case let error as NIOConnectionError where error.connectionErrors.isEmpty: "the name does not resolve"
    case let error as NIOConnectionError: differing(error.connectionErrors.map { notEstablished($0.error) })
    case is SocketAddressError: "the name does not resolve"
    case let error as IOError: words(of: error)
    case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: "the TLS handshake failed"
    case let error as ChannelError where error == .eof: "the connection was closed before anything was sent"
    default: "no connection came about: \(clipped(error))"
    }
  }

  /// A host of several addresses: each reason once.
  private static func differing(_ reasons: [String]) -> String {
    reasons.reduce(into: []) { found, reason in if !found.contains(reason) { found.append(reason) } }
      .joined(separator: "; ")
  }

  /// What socket(2) and connect(2) say.
  private static func words(of error: IOError) -> String {
    switch error.errnoCode {
    case ECONNREFUSED: "the connection was refused"
    case ECONNRESET: "the connection was reset before anything was sent"
    case ETIMEDOUT: "no connection came about in time"
    case ENETUNREACH: "no route leads to the service's network"
    case EHOSTUNREACH: "no route leads to the service's host"
    case ENETDOWN: "the network is down"
    case EADDRNOTAVAIL: "this machine has no address or port for the connection"
    case EMFILE: "this process has no file descriptor left"
    case ENFILE: "this machine has no file descriptor left"
    case ENOBUFS, ENOMEM: "this machine has no memory left for a connection"
    case EACCES, EPERM: "this machine does not allow the connection"
    default: "no connection came about: \(clipped(error))"
    }
  }

  private static func clipped(_ error: any Error) -> String { String(String(describing: error).prefix(200)) }
}
