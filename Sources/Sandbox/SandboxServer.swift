// The sandbox over HTTP, on loopback only.

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
package import Pacing
import Provisioning
import Synchronization

/// A Data Forest of our own on 127.0.0.1.
package final class SandboxServer: Sendable {
  /// Where the ledger is told; needs no signature.
  package static let ledgerPath = "/sandbox/ledger"
  /// Where faults are changed while running, by `POST` with `{"drop-after": "0.05", …}`; needs no signature.
  package static let faultsPath = "/sandbox/faults"

  private let core: SandboxCore

  /// Makes a sandbox; nothing listens before `run`.
  ///
  /// - Throws: `SandboxError` when its state file cannot be read.
  package init(_ configuration: SandboxConfiguration, time: any TimeSource) throws {
    core = try SandboxCore(configuration, time: time)
  }

  /// What really happened so far.
  package var ledger: Ledger { core.ledger }

  /// The ledger as JSON, members sorted, a newline at the end.
  package func ledgerJSON() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(core.ledger)) + [UInt8(ascii: "\n")]
  }

  /// Answers one request as the server would; for tests that need no socket.
  package func reply(to request: SandboxRequest) -> SandboxReply { core.reply(to: request) }

  /// Serves until its task is cancelled, then writes the state file.
  ///
  /// - Parameter onReady: called with the port once requests are taken.
  /// - Throws: `SandboxError` when the port is taken or the state cannot be written.
  package func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
    var logger = Logger(label: "sandbox")
    logger.logLevel = .critical
    let application = Application(
      responder: Responder(server: self),
      configuration: .init(address: .hostname("127.0.0.1", port: core.configuration.port), serverName: nil),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) }, logger: logger)
    do {
      try await application.run()
    } catch is CancellationError {
      // Being cancelled is how it ends.
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw SandboxError(description: "Port \(core.configuration.port) is taken; choose another one with --port.")
    }
    try core.save()
    if let error = core.saveError { throw error }
  }

  /// Replaces the probabilities of all faults with those of a JSON object of texts.
  fileprivate func changeFaults(_ body: [UInt8]) throws {
    guard case .object(let members) = try JSONValue(text: String(decoding: body, as: UTF8.self)) else {
      throw Faults.Refusal(description: "The body must be a JSON object such as {\"drop-after\": \"0.05\"}.")
    }
    var faults = core.configuration.faults
    faults.probabilities = [:]
    for (name, value) in members { try faults.add("\(name)=\(value.stringValue ?? value.canonicalText)") }
    core.setFaults(faults)
  }

  /// Waits as long as every reply takes.
  fileprivate func waitForLatency() async { await wait(core.configuration.latency) }

  /// Waits, by the sandbox's own time; no longer once its task is cancelled, so that a stop waits for nobody.
  fileprivate func wait(_ duration: Duration) async { await core.time.wait(duration) }
}

/// What Hummingbird hands over with a request: the connection, too.
private struct SandboxContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

private struct Responder: HTTPResponder {
  let server: SandboxServer

  func respond(to request: Request, context: SandboxContext) async throws -> Response {
    let path = request.uri.string
    if path == SandboxServer.ledgerPath, request.method == .get {
      return Self.response(.ok, try server.ledgerJSON())
    }
    if path == SandboxServer.faultsPath, request.method == .post { return try await changeFaults(request) }
    var headers: [String: String] = [:]
    for field in request.headers { headers[field.name.canonicalName] = field.value }
    var asked = SandboxRequest(method: request.method.rawValue, path: path, headers: headers)
    do {
      asked.body = Array(try await request.body.collect(upTo: Gateway.largestBody).readableBytesView)
    } catch is NIOTooManyBytesError {
      // The gateway refuses it, so that it is counted and its signature looked at like any other.
      asked.isTooLarge = true
    }
    let reply = server.reply(to: asked)
    await server.waitForLatency()
    if reply.delivery == .hung { await server.wait(.seconds(600)) }
    if reply.delivery == .dropped || reply.delivery == .hung { try await context.channel.close() }
    return Self.response(reply)
  }

  private func changeFaults(_ request: Request) async throws -> Response {
    do {
      let body = try await request.body.collect(upTo: 1 << 16)
      try server.changeFaults(Array(body.readableBytesView))
      return Self.response(.ok, Array("{}\n".utf8))
    } catch {
      return Self.response(.badRequest, Array("\(error)\n".utf8))
    }
  }

  private static func response(_ reply: SandboxReply) -> Response {
    var body = Array(reply.body.canonicalText.utf8)
    if reply.delivery == .truncated { body.removeLast(body.count / 2) }
    if reply.delivery == .xml { body = Array("<error><message>Endpoint Timeout</message></error>".utf8) }
    // A reply whose connection is closed has no status; whatever stands here reaches nobody.
    var response = response(.init(code: max(reply.status, 200)), body)
    if let name = HTTPField.Name("x-ncp-apigw-request-id") { response.headers[name] = UUID().uuidString.lowercased() }
    if let seconds = reply.retryAfter { response.headers[.retryAfter] = String(seconds) }
    return response
  }

  private static func response(_ status: HTTPResponse.Status, _ body: [UInt8]) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(bytes: body)))
  }
}

/// Runs `body` beside a sandbox on any free port, and stops it afterwards.
package func withSandbox<Value: Sendable>(
  _ configuration: SandboxConfiguration = SandboxConfiguration(), time: any TimeSource = SystemTimeSource(),
  _ body: @escaping @Sendable (SandboxServer, _ port: Int) async throws -> Value
) async throws -> Value {
  var configuration = configuration
  configuration.port = 0
  let server = try SandboxServer(configuration, time: time)
  let (ports, port) = AsyncStream<Int>.makeStream()
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      defer { port.finish() }
      try await server.run { port.yield($0) }
    }
    var iterator = ports.makeAsyncIterator()
    guard let number = await iterator.next() else {
      try await group.waitForAll()
      throw SandboxError(description: "The sandbox ended before it was ready.")
    }
    let value = try await body(server, number)
    group.cancelAll()
    try await group.waitForAll()
    return value
  }
}
