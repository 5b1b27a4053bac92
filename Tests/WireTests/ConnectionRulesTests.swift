import Foundation
import Provisioning
import Testing

@testable import Wire

@Suite struct ConnectionRulesTests {
  private static let reply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"

  /// Runs `body` with an exchange and the other end of its connections.
  private static func withExchange(
    requestTimeout: Duration, _ body: (Exchange, LoopbackPeer) async throws -> Void
  ) async throws {
    let exchange = Exchange(requestTimeout: requestTimeout, concurrency: 1)
    do {
      try await body(exchange, LoopbackPeer())
    } catch {
      try await exchange.shutdown()
      throw error
    }
    try await exchange.shutdown()
  }

  @Test(arguments: [Duration.seconds(7), .seconds(30), .milliseconds(7_001)])
  func `a connection gives up what nobody acknowledges within the request timeout`(timeout: Duration) async throws {
    try await Self.withExchange(requestTimeout: timeout) { exchange, peer in
      async let posted = exchange.post("{}", to: peer.address, headers: [])
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      let options = SocketOptions.ofConnections(to: peer.port)
      try connection.write(Self.reply)
      #expect(try await posted.get().status == 200)
      #expect(options == [SocketOptions(userTimeout: CInt(ConnectionRules.milliseconds(timeout)), linger: 0)])
    }
  }

  @Test(arguments: [
    "", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
  ])
  func `the connection of a request that timed out is reset and not used again`(partOfReply: String) async throws {
    try await Self.withExchange(requestTimeout: .milliseconds(300)) { exchange, peer in
      async let first = exchange.post("{}", to: peer.address, headers: [])
      let timedOut = try await peer.accept()
      try await timedOut.read(upTo: "{}")
      try timedOut.write(partOfReply)
      #expect(await first.failure?.outcome.kind == .unknown)
      #expect(try await timedOut.end() == ECONNRESET)

      async let second = exchange.post("{}", to: peer.address, headers: [])
      let other = try await peer.accept()
      try await other.read(upTo: "{}")
      try other.write(Self.reply)
      #expect(try await second.get().status == 200)
    }
  }

  @Test func `a connection whose request was answered is kept, and is reset when the exchange shuts down`() async throws
  {
    let peer = try LoopbackPeer()
    let exchange = Exchange(requestTimeout: .seconds(30), concurrency: 1)
    async let first = exchange.post("{1}", to: peer.address, headers: [])
    let connection = try await peer.accept()
    try await connection.read(upTo: "{1}")
    try connection.write(Self.reply)
    #expect(try await first.get().status == 200)
    async let second = exchange.post("{2}", to: peer.address, headers: [])
    try await connection.read(upTo: "{2}")
    try connection.write(Self.reply)
    #expect(try await second.get().status == 200)
    try await exchange.shutdown()
    #expect(try await connection.end() == ECONNRESET)
  }

  @Test func `a request that is given up is reset`() async throws {
    try await Self.withExchange(requestTimeout: .seconds(30)) { exchange, peer in
      let address = peer.address
      let posting = Task { await exchange.post("{}", to: address, headers: []) }
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      posting.cancel()
      #expect(await posting.value.failure?.outcome.kind == .unknown)
      #expect(try await connection.end() == ECONNRESET)
    }
  }

  @Test(arguments: [
    (Duration.zero, 1), (.microseconds(1), 1), (.milliseconds(300), 300), (.microseconds(300_001), 301),
    (.seconds(30), 30_000), (.seconds(100_000_000), 2_147_483_647),
  ])
  func `a limit is whole milliseconds, never 0 and never too large`(limit: Duration, milliseconds: Int) {
    #expect(ConnectionRules.milliseconds(limit) == milliseconds)
  }
}

extension Result {
  var success: Success? { if case .success(let value) = self { value } else { nil } }
  var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

/// What is set on a socket, asked of the system itself.
private struct SocketOptions: Hashable {
  let userTimeout: CInt
  /// Seconds; nil when a close goes on sending.
  let linger: CInt?

  /// Those of this process's connections to a port of this machine.
  static func ofConnections(to port: UInt16) -> [SocketOptions] {
    (CInt(0)..<1_024).compactMap { descriptor in
      var address = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
      }
      guard result == 0, address.sin_family == sa_family_t(AF_INET), UInt16(bigEndian: address.sin_port) == port
      else { return nil }
      return SocketOptions(descriptor)
    }
  }

  init(userTimeout: CInt, linger: CInt?) {
    self.userTimeout = userTimeout
    self.linger = linger
  }

  private init?(_ descriptor: CInt) {
    var userTimeout: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    guard getsockopt(descriptor, CInt(IPPROTO_TCP), ConnectionRules.userTimeoutOption, &userTimeout, &length) == 0
    else { return nil }
    var linger: [CInt] = [0, 0]
    length = socklen_t(MemoryLayout<CInt>.size * 2)
    guard getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, &length) == 0 else { return nil }
    self.init(userTimeout: userTimeout, linger: linger[0] == 0 ? nil : linger[1])
  }
}
