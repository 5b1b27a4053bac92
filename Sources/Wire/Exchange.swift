// One HTTP exchange: a POST over connections that are kept alive, with a deadline, no redirects and no retries of its own.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL
import Pacing
import Provisioning

/// A reply that is longer than any that is read.
struct EndlessReply: Error {}

/// Sends requests and reads their replies.
package struct Exchange: Sendable {
  /// The largest stored reply that is no list.
  package static let usualLimit = 64 * 1_024
  /// The largest reply that is read as it comes; a list of 10,000 workspaces is 4 MB.
  private static let largestReply = 256 * 1_024 * 1_024
  /// How long a connection may take to come about, its TLS handshake included, where the request may take longer.
  private static let connectLimit = Duration.seconds(5)

  private let requestTimeout: Duration
  private let http: HTTPClient

  /// Makes an exchange; `shutdown` must be called before it is let go of.
  ///
  /// - Parameters:
  ///   - requestTimeout: the deadline of a request, from its start to the last byte of its reply.
  ///   - concurrency: the most requests at once; as many connections are kept.
  ///   - rules: how connections end; nil for those under which nothing arrives later than the request timeout after it
  ///     was given up.
  package init(requestTimeout: Duration, concurrency: Int, rules: ConnectionRules? = nil) {
    self.init(requestTimeout: requestTimeout, concurrency: concurrency, rules: rules, tls: nil)
  }

  /// - Parameter tls: what to trust; nil for what the system trusts.
  init(requestTimeout: Duration, concurrency: Int, rules: ConnectionRules? = nil, tls: TLSConfiguration?) {
    self.requestTimeout = requestTimeout
    var tls = tls ?? .makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    let rules = rules ?? ConnectionRules(unacknowledgedLimit: requestTimeout)
    var http = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(
        connect: .microseconds(min(requestTimeout, Self.connectLimit).microseconds),
        read: .microseconds(requestTimeout.microseconds)), proxy: nil)
    // The default of 8 would cap the throughput below the concurrency that was asked for.
    // One more than creates at once: a read is under way beside them.
    http.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, concurrency) + 1
    http.connectionPool.retryConnectionEstablishment = false
    http.connectionPool.idleTimeout = .microseconds(rules.idleLimit.microseconds)
    http.httpVersion = .http1Only
    // Not asked for, and done by some proxies all the same.
    http.decompression = .enabled(limit: .size(Self.largestReply))
    // Nobody traces, and the library would parse every address once more for it.
    http.tracing.tracer = nil
    http.http1_1ConnectionDebugInitializer = { rules.apply(to: $0) }
    // One thread for all connections: a request that goes from one to another costs more than a second one gains.
    self.http = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton.next()), configuration: http)
  }

  /// Closes the connections.
  package func shutdown() async throws { try await http.shutdown() }

  /// Posts JSON and reads the reply's body up to a limit; a longer one is cut, and says so. The headers are those beside
  /// content type, accept and user agent.
  package func post(
    _ body: String, to address: String, headers: [(name: String, value: String)], upTo limit: Int = usualLimit
  ) async -> Result<Reply, TransportFailure> {
    await post(body, to: address, headers: headers, reading: BoundedBody(limit: limit)).map { head, body in
      var reply = head
      (reply.body, reply.isCut) = (body.bytes, body.isCut)
      return reply
    }
  }

  /// Posts JSON and hands the reply's body over piece by piece; the reply that is returned has none. Where the body wants
  /// no more the rest is not read, and the connection is closed.
  package func post<Body: ReplyBody>(
    _ text: String, to address: String, headers: [(name: String, value: String)], reading body: Body
  ) async -> Result<(Reply, Body), TransportFailure> {
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "accept", value: "application/json")
    request.headers.add(name: "user-agent", value: "rollcall")
    for header in headers { request.headers.add(name: header.name, value: header.value) }
    let bytes = MarkedBytes(text)
    request.body = .bytes(bytes, length: .known(Int64(bytes.count)))
    let deadline = NIODeadline.now() + .microseconds(requestTimeout.microseconds)
    do {
      return .success(try await exchange(request, reading: body, until: deadline))
    } catch {
      let isLate = NIODeadline.now() >= deadline
      return .failure(TransportFailure(outcome: Outcome(lostTo: error, isSent: bytes.wereTaken, isLate: isLate)))
    }
  }

  /// Sends a request and reads its reply. The library's deadline ends with the reply's head; a body that trickles, or
  /// stops (the read timeout), must not hold its place for ever.
  private func exchange<Body: ReplyBody>(
    _ request: HTTPClientRequest, reading body: Body, until deadline: NIODeadline
  ) async throws -> (Reply, Body) {
    let response = try await http.execute(request, deadline: deadline)
    var body = body
    var count = 0
    for try await part in response.body {
      count += part.readableBytes
      guard NIODeadline.now() < deadline else { throw HTTPClientError.deadlineExceeded }
      guard count <= Self.largestReply else { throw EndlessReply() }
      guard part.withUnsafeReadableBytes({ body.take($0) }) else { break }
    }
    // A body whose reading was cancelled may simply seem to end.
    try Task.checkCancellation()
    let headers = response.headers.map { ($0.name.lowercased(), $0.value) }
    return (Reply(status: Int(response.status.code), headers: Dictionary(headers) { first, _ in first }), body)
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
}
