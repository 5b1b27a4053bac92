// The client: one signed POST a call over connections that are kept alive, with a deadline, no redirects and no retries
// of its own. Every failure is an outcome.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import Pacing
package import Provisioning

/// A Data Forest as a target.
package struct DataForestClient: Target {
  /// How the client is set up.
  package struct Configuration: Sendable {
    /// Where the service is.
    package var endpoint: Endpoint
    /// What signs.
    package var credentials: Credentials
    /// The deadline of a request, from its start to the last byte of its reply.
    package var requestTimeout: Duration
    /// The most requests at once; as many connections are kept.
    package var concurrency: Int

    /// Makes a configuration.
    package init(
      endpoint: Endpoint, credentials: Credentials, requestTimeout: Duration = .seconds(30), concurrency: Int = 4
    ) {
      self.endpoint = endpoint
      self.credentials = credentials
      self.requestTimeout = requestTimeout
      self.concurrency = concurrency
    }
  }

  /// The target's name in item keys.
  package static let targetName = "dataforest"
  /// The largest reply that is read; a list of 10,000 workspaces is 4 MB.
  private static let largestReply = 256 * 1_024 * 1_024

  private let configuration: Configuration
  let time: any TimeSource
  private let http: HTTPClient

  /// Makes a client; `shutdown` must be called before it is let go of.
  package init(_ configuration: Configuration, time: any TimeSource) {
    self.configuration = configuration
    self.time = time
    var http = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(5), read: .microseconds(configuration.requestTimeout.microseconds)), proxy: nil)
    // The default of 8 would cap the throughput below the concurrency that was asked for.
    // One more than creates at once: a read is under way beside them.
    http.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, configuration.concurrency) + 1
    http.connectionPool.retryConnectionEstablishment = false
    http.httpVersion = .http1Only
    self.http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: http)
  }

  /// Closes the connections.
  package func shutdown() async throws { try await http.shutdown() }

  /// The target's name in item keys.
  package var name: String { Self.targetName }
  /// Scheme, host and port of the endpoint.
  package var origin: String { configuration.endpoint.origin }

  /// Asks for a workspace.
  package func create(_ definition: String) async -> Outcome {
    switch await post("/aiworkspaces/create", definition) {
    case .success(let reply): Outcome(reply, at: time.now())
    case .failure(let lost): lost.outcome
    }
  }

  /// Asks for an account's workspaces.
  package func list(account: String) async -> ListReply {
    let body = JSONValue.object(["search": .object(["accountId": .string(account)])])
    return switch await post("/aiworkspaces/getList", body.canonicalText) {
    case .success(let reply): ListReply(reply, at: time.now())
    case .failure(let lost): .failed(lost.outcome)
    }
  }

  /// Asks for a workspace's detail.
  package func detail(of item: RemoteItem) async -> DetailReply {
    let body = JSONValue.object(["id": .string(item.id)])
    return switch await post("/aiworkspaces/getDetail", body.canonicalText) {
    case .success(let reply): DetailReply(reply, of: item, at: time.now())
    case .failure(let lost): .failed(lost.outcome)
    }
  }

  /// Description (none and empty are the same) and image (with or without its `dataforest/`) are what was sent; where
  /// the detail is known, every field that was sent.
  package func isMade(_ item: RemoteItem, from definition: String) -> Bool {
    guard case .success(let sent) = Result(catching: { try JSONValue(text: definition) }) else { return false }
    if let detail = item.detail { return WorkspaceDetail.isMade(detail, from: sent) }
    let image = sent[path: "configuration.docker.image"]?.stringValue
    let isSameImage = item.image == nil || Self.withoutPrefix(item.image) == Self.withoutPrefix(image)
    return item.name == sent[key: "name"]?.stringValue && isSameImage
      && (item.description ?? "") == (sent[key: "description"]?.stringValue ?? "")
  }

  static func withoutPrefix(_ image: String?) -> String? {
    image.map { $0.hasPrefix("dataforest/") ? String($0.dropFirst("dataforest/".count)) : $0 }
  }

  /// The text at an address that needs no signature, such as a sandbox's ledger; nil when nothing answers with 200.
  package static func fetchText(_ address: String, timeout: Duration) async throws -> String? {
    let client = HTTPClient(eventLoopGroupProvider: .singleton)
    var text: String?
    do {
      let timeout = TimeAmount.microseconds(timeout.microseconds)
      let response = try await client.execute(HTTPClientRequest(url: address), timeout: timeout)
      if response.status == .ok { text = String(buffer: try await response.body.collect(upTo: largestReply)) }
    } catch {
      text = nil
    }
    try await client.shutdown()
    return text
  }

  // MARK: - One request

  /// Why no reply came.
  struct Lost: Error {
    let outcome: Outcome
  }

  func post(_ operation: String, _ body: String) async -> Result<Reply, Lost> {
    let path = Endpoint.prefix + operation
    var request = HTTPClientRequest(url: configuration.endpoint.origin + path)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "accept", value: "application/json")
    request.headers.add(name: "user-agent", value: "rollcall")
    for header in Signature.headers(method: "POST", path: path, at: time.now(), with: configuration.credentials) {
      request.headers.add(name: header.name, value: header.value)
    }
    request.body = .bytes(ByteBuffer(string: body))
    let deadline = NIODeadline.now() + .microseconds(configuration.requestTimeout.microseconds)
    do {
      return .success(try await exchange(request, until: deadline))
    } catch {
      return .failure(
        Lost(outcome: NIODeadline.now() >= deadline ? .tooLate(error) : Outcome(lostTo: error)))
    }
  }

  /// Sends a request and reads its whole reply. The library's deadline ends with the reply's head; a body that trickles,
  /// or stops (the read timeout), must not hold its place for ever.
  private func exchange(_ request: HTTPClientRequest, until deadline: NIODeadline) async throws -> Reply {
    let response = try await http.execute(request, deadline: deadline)
    var bytes: [UInt8] = []
    for try await part in response.body {
      guard NIODeadline.now() < deadline, bytes.count + part.readableBytes <= Self.largestReply else {
        throw HTTPClientError.deadlineExceeded
      }
      bytes.append(contentsOf: part.readableBytesView)
    }
    // A body whose reading was cancelled may simply seem to end.
    try Task.checkCancellation()
    let headers = response.headers.map { ($0.name.lowercased(), $0.value) }
    return Reply(
      status: Int(response.status.code), headers: Dictionary(headers) { first, _ in first }, body: bytes)
  }
}

extension Outcome {
  /// No whole reply came within the request timeout; a connection that did not even come about sent nothing.
  fileprivate static func tooLate(_ error: any Error) -> Outcome {
    let lost = Outcome(lostTo: error)
    return lost.kind == .unreachable ? lost : Outcome(.noAnswer, message: "no answer within the request timeout")
  }

  /// What it means that no reply came. *Unreachable* is a short list, in which nothing can have been sent: a connection
  /// that was refused or never came about, a name that does not resolve, a TLS handshake that failed. Everything else
  /// may have reached the service.
  fileprivate init(lostTo error: any Error) {
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

  private static func clipped(_ error: any Error) -> String { String(String(describing: error).prefix(200)) }
}
