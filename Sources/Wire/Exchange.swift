// One HTTP exchange: a POST over connections that are kept alive, with a deadline, no redirects and no retries of its own.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import Pacing
import Provisioning

/// Sends requests and reads their replies.
package struct Exchange: Sendable {
  /// The largest reply that is read; a list of 10,000 workspaces is 4 MB.
  private static let largestReply = 256 * 1_024 * 1_024

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
    self.requestTimeout = requestTimeout
    let rules = rules ?? ConnectionRules(unacknowledgedLimit: requestTimeout)
    var http = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(5), read: .microseconds(requestTimeout.microseconds)), proxy: nil)
    // The default of 8 would cap the throughput below the concurrency that was asked for.
    // One more than creates at once: a read is under way beside them.
    http.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, concurrency) + 1
    http.connectionPool.retryConnectionEstablishment = false
    http.httpVersion = .http1Only
    // Not asked for, and done by some proxies all the same.
    http.decompression = .enabled(limit: .size(Self.largestReply))
    http.http1_1ConnectionDebugInitializer = { rules.apply(to: $0) }
    self.http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: http)
  }

  /// Closes the connections.
  package func shutdown() async throws { try await http.shutdown() }

  /// Posts JSON and reads the whole reply.
  ///
  /// - Parameter headers: those beside content type, accept and user agent.
  package func post(
    _ body: String, to address: String, headers: [(name: String, value: String)]
  ) async -> Result<Reply, TransportFailure> {
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "accept", value: "application/json")
    request.headers.add(name: "user-agent", value: "rollcall")
    for header in headers { request.headers.add(name: header.name, value: header.value) }
    request.body = .bytes(ByteBuffer(string: body))
    let deadline = NIODeadline.now() + .microseconds(requestTimeout.microseconds)
    do {
      return .success(try await exchange(request, until: deadline))
    } catch {
      return .failure(
        TransportFailure(outcome: NIODeadline.now() >= deadline ? .tooLate(error) : Outcome(lostTo: error)))
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
