import Foundation
import Provisioning
import Testing

@testable import Wire

/// A reply costs what the reader is willing to pay, whatever the other side sends.
@Suite struct ReplySizeTests {
  private static func with(
    requestTimeout: Duration = .seconds(30), _ body: (Exchange, LoopbackPeer) async throws -> Void
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

  private static let head = "HTTP/1.1 200 OK\r\n"

  @Test(arguments: [
    "content-length: 200000000\r\n\r\n", "transfer-encoding: chunked\r\n\r\nBEBC200\r\n", "connection: close\r\n\r\n",
  ])
  func `of a long reply the beginning is kept, and its connection is closed`(framing: String) async throws {
    try await Self.with { exchange, peer in
      async let posted = exchange.post("{}", to: peer.address, headers: [], upTo: 1_000)
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      try connection.write(Self.head + framing + String(repeating: "x", count: 5_000))
      let reply = try await posted.get()
      #expect(reply.status == 200 && reply.isCut && reply.body == Array(repeating: UInt8(ascii: "x"), count: 1_000))
      #expect(try await connection.end() == ECONNRESET)
    }
  }

  @Test func `a reply as long as the limit is whole, and its connection is kept`() async throws {
    try await Self.with { exchange, peer in
      async let first = exchange.post("{1}", to: peer.address, headers: [], upTo: 5)
      let connection = try await peer.accept()
      try await connection.read(upTo: "{1}")
      try connection.write(Self.head + "content-length: 5\r\n\r\nabcde")
      #expect(try await first.get() == Reply(status: 200, headers: ["content-length": "5"], body: Array("abcde".utf8)))
      async let second = exchange.post("{2}", to: peer.address, headers: [])
      try await connection.read(upTo: "{2}")
      try connection.write(Self.head + "content-length: 0\r\n\r\n")
      #expect(try await second.get().isCut == false)
    }
  }

  @Test(arguments: [
    "content-length: 9\r\n\r\n{}", "transfer-encoding: chunked\r\n\r\n5\r\n{}",
    "transfer-encoding: chunked\r\n\r\nnonsense\r\n{}", "content-length: 1\r\ncontent-length: 2\r\n\r\n{}",
    "content-length: -5\r\n\r\n{}", "content-length: 99999999999999999999999\r\n\r\n{}",
  ])
  func `a reply that is shorter than it says is no reply`(framing: String) async throws {
    try await Self.with { exchange, peer in
      async let posted = exchange.post("{}", to: peer.address, headers: [])
      do {
        let connection = try await peer.accept()
        try await connection.read(upTo: "{}")
        try connection.write(Self.head + framing)
      }
      #expect(await posted.failure?.outcome.kind == .unknown)
    }
  }

  @Test func `what follows a reply is no answer to the next request`() async throws {
    try await Self.with { exchange, peer in
      async let first = exchange.post("{1}", to: peer.address, headers: [])
      let connection = try await peer.accept()
      try await connection.read(upTo: "{1}")
      try connection.write(Self.head + "content-length: 2\r\n\r\n{}" + Self.head + "content-length: 3\r\n\r\n{3}")
      #expect(try await first.get().body == Array("{}".utf8))
      #expect(try await connection.end() == ECONNRESET)
    }
  }

  @Test(arguments: [
    (1...10_000).map { "x-\($0): y\r\n" }.joined(), "x: \(String(repeating: "y", count: 100_000))\r\n",
    String(repeating: "x", count: 100_000),
  ])
  func `headers without end are no reply`(headers: String) async throws {
    try await Self.with { exchange, peer in
      async let posted = exchange.post("{}", to: peer.address, headers: [])
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      try connection.write(Self.head + headers)
      let outcome = await posted.failure?.outcome
      #expect(outcome?.kind == .unknown && outcome?.message?.isEmpty == false, "\(String(describing: outcome))")
      #expect(try await connection.end() == ECONNRESET)
    }
  }

  @Test func `chunks without end do not outlast the request timeout`() async throws {
    try await Self.with(requestTimeout: .milliseconds(300)) { exchange, peer in
      async let posted = exchange.post("{}", to: peer.address, headers: [], upTo: .max)
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      try connection.write(Self.head + "transfer-encoding: chunked\r\n\r\n")
      #expect([ECONNRESET, EPIPE].contains(try await connection.flood("1\r\nx\r\n")))
      let outcome = await posted.failure?.outcome
      #expect(outcome?.kind == .unknown && outcome?.message == "no answer within the request timeout")
    }
  }

  @Test func `a connection that nobody uses for a second is closed`() async throws {
    try await Self.with { exchange, peer in
      async let posted = exchange.post("{}", to: peer.address, headers: [])
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      try connection.write(Self.head + "content-length: 2\r\n\r\n{}")
      _ = try await posted.get()
      let answered = ContinuousClock.now
      #expect(try await connection.end() == ECONNRESET)
      #expect(ContinuousClock.now - answered < .seconds(20))
    }
  }
}
