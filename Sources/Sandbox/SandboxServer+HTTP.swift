// The sandbox over HTTP, on loopback only.

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
package import Pacing
import Provisioning
import Synchronization

extension SandboxServer {
  /// Where the ledger is told; needs no signature.
  package static let ledgerPath = "/sandbox/ledger"
  /// Where faults are changed while running, by `POST` with `{"drop-after": "0.05", …}`; needs no signature.
  package static let faultsPath = "/sandbox/faults"
  /// What the paths of the sandbox itself begin with.
  static let ownPrefix = "/sandbox/"

  /// Serves until its task is cancelled, then writes the state file. `onReady` is called with the port once requests are
  /// taken. Throws `SandboxError` when the port is taken or the state cannot be written.
  package func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
    // What cannot be written is better known before than after an afternoon.
    try save(whole: true)
    var logger = Logger(label: "sandbox")
    logger.logLevel = .critical
    let application = Application(
      responder: Responder(server: self),
      configuration: .init(address: .hostname("127.0.0.1", port: configuration.port), serverName: nil),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) }, logger: logger)
    do {
      try await application.run()
    } catch is CancellationError {
      // Being cancelled is how it ends.
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw SandboxError.portTaken(configuration.port)
    }
    try save(whole: true)
    if let error = saveError { throw error }
  }

  /// The ledger as JSON, members sorted, a newline at the end.
  func ledgerJSON() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(ledger)) + [UInt8(ascii: "\n")]
  }

  /// Replaces the probabilities of all faults with those of a JSON object of texts.
  func changeFaults(_ body: [UInt8]) throws {
    guard case .object(let members) = try JSONParser.value(of: body) else {
      throw Faults.Refusal(description: "The body must be a JSON object such as {\"drop-after\": \"0.05\"}.")
    }
    var faults = configuration.faults
    faults.removeAll()
    for (name, value) in members { try faults.add("\(name)=\(value.stringValue ?? value.canonicalText)") }
    state.withLock { $0.dice.change(to: faults) }
  }

  /// Whether a request means this sandbox.
  func isMeant(_ request: Request, port: Int?) -> Bool {
    // A second Host header stands among the others.
    guard let port, let name = HostCheck.field, request.headers[name] == nil else { return false }
    return HostCheck.allows(request.head.authority, port: port, others: configuration.hosts)
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
      throw SandboxError.ended
    }
    let value = try await body(server, number)
    group.cancelAll()
    try await group.waitForAll()
    return value
  }
}
