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

  /// What the paths of the sandbox itself begin with.
  static let ownPrefix = "/sandbox/"

  private let core: SandboxCore
  let connections: Connections

  /// Makes a sandbox; nothing listens before `run`.
  ///
  /// - Throws: `SandboxError` when its state file cannot be read.
  package init(_ configuration: SandboxConfiguration, time: any TimeSource) throws {
    core = try SandboxCore(configuration, time: time)
    connections = Connections(core)
  }

  /// What really happened so far.
  package var ledger: Ledger { core.ledger }

  /// Whether the state file ended in half a line, which is left out.
  package var wasCutOff: Bool { core.wasCutOff }

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
    // What cannot be written is better known before than after an afternoon.
    try core.save(whole: true)
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
      throw SandboxError.portTaken(core.configuration.port)
    }
    try core.save(whole: true)
    if let error = core.saveError { throw error }
  }

  /// Writes the state file and answers nothing more; for a process that ends without waiting for its connections.
  ///
  /// - Throws: `SandboxError` when the state cannot be written.
  package func close() throws { try core.close() }

  /// Replaces the probabilities of all faults with those of a JSON object of texts.
  func changeFaults(_ body: [UInt8]) throws {
    guard case .object(let members) = try JSONValue(text: String(decoding: body, as: UTF8.self)) else {
      throw Faults.Refusal(description: "The body must be a JSON object such as {\"drop-after\": \"0.05\"}.")
    }
    var faults = core.configuration.faults
    faults.removeAll()
    for (name, value) in members { try faults.add("\(name)=\(value.stringValue ?? value.canonicalText)") }
    core.setFaults(faults)
  }

  /// The time by the sandbox's own clock.
  func now() -> Instant { core.time.now() }

  /// Whether a request means this sandbox.
  func isMeant(_ request: Request, port: Int?) -> Bool {
    // A second Host header stands among the others.
    guard let port, let name = Self.host, request.headers[name] == nil else { return false }
    return HostCheck.allows(request.head.authority, port: port, others: core.configuration.hosts)
  }

  private static let host = HTTPField.Name("host")

  /// Waits as long as every reply takes.
  func waitForLatency() async { await wait(core.configuration.latency) }

  /// Waits, by the sandbox's own time; no longer once its task is cancelled, so that a stop waits for nobody.
  func wait(_ duration: Duration) async { await core.time.wait(duration) }
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
      throw SandboxError.ended
    }
    let value = try await body(server, number)
    group.cancelAll()
    try await group.waitForAll()
    return value
  }
}
