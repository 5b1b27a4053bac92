import Foundation
import NIOCore
import NIOSSL
import Provisioning
import TestSupport
import Testing

@testable import Wire

/// What it means that no reply came: whether anything was sent decides.
@Suite struct TransportFailureTests {
  private static func outcome(
    of address: String, requestTimeout: Duration = .seconds(30), tls: TLSConfiguration? = nil
  ) async throws -> Outcome? {
    let exchange = Exchange(requestTimeout: requestTimeout, concurrency: 1, tls: tls)
    let outcome = await exchange.post("{}", to: address, headers: []).failure?.outcome
    try await exchange.shutdown()
    return outcome
  }

  // A firewall that rejects answers what is sent again with "refused": the kernel hands that number out when it gives up.
  @Test(arguments: [
    ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENETDOWN, ETIMEDOUT, ECONNRESET, EPIPE, EMFILE, ENFILE, EADDRNOTAVAIL,
    ENOBUFS, EACCES, EINVAL,
  ])
  func `an error means something else before a request was sent than after`(number: CInt) {
    let error = IOError(errnoCode: number, reason: "connect")
    let (before, after) = (Outcome(lostTo: error, isSent: false), Outcome(lostTo: error, isSent: true))
    #expect(before.kind == .unreachable && after.kind == .unknown)
    #expect(before.message?.isEmpty == false && before.message != after.message)
    #expect(Outcome(lostTo: error, isSent: true, isLate: true).message == "no answer within the request timeout")
  }

  @Test(arguments: [
    NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), .handshakeFailed(.syscallError), .uncleanShutdown,
    .unableToValidateCertificate,
  ])
  func `a fault of TLS leaves a request in doubt that was sent`(error: NIOSSLError) {
    #expect(Outcome(lostTo: error, isSent: true).kind == .unknown)
    let isCertificate = error == .unableToValidateCertificate
    #expect(Outcome(lostTo: error, isSent: false).kind == (isCertificate ? .misdirected : .unreachable))
  }

  @Test func `a connection that was refused sent nothing, of one address or several`() async throws {
    let port = try LoopbackPeer().port
    for address in ["http://127.0.0.1:\(port)/", "http://localhost:\(port)/", "https://127.0.0.1:\(port)/"] {
      let outcome = try await Self.outcome(of: address)
      #expect(outcome?.kind == .unreachable, "\(address)")
      #expect(outcome?.message?.contains("the connection was refused") == true, "\(address)")
    }
  }

  @Test func `a host without an address sent nothing`() async throws {
    let outcome = try await Self.outcome(of: "http://nowhere.invalid/")
    #expect(outcome?.kind == .unreachable && outcome?.message == "the name does not resolve")
  }

  @Test func `a peer that never answers the TLS greeting was sent nothing`() async throws {
    let peer = try LoopbackPeer()
    async let outcome = Self.outcome(of: peer.secureAddress, requestTimeout: .milliseconds(300))
    let connection = try await peer.accept()
    #expect(try await outcome?.kind == .unreachable)
    _ = try await connection.end()
  }

  @Test(arguments: ["", "\u{16}\u{3}\u{3}", "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}("])
  func `a peer that breaks the TLS handshake off was sent nothing`(answer: String) async throws {
    let peer = try LoopbackPeer()
    async let outcome = Self.outcome(of: peer.secureAddress)
    do {
      let connection = try await peer.accept()
      try await connection.readSome()
      try connection.write(answer)
    }
    #expect(try await outcome?.kind == .unreachable)
  }

  @Test func `a peer whose certificate is good is sent the request`() async throws {
    let server = try await SecurePeer(.own)
    let exchange = Exchange(requestTimeout: .seconds(30), concurrency: 1, tls: try SecurePeer.trusting(.own))
    #expect(await exchange.post("{}", to: server.address, headers: []).success?.status == 200)
    try await exchange.shutdown()
    try await server.close()
  }

  @Test(arguments: [
    (TestCertificate.own, trusts: false, words: "no authority that this machine trusts has signed it"),
    (.otherHost, true, "another host's"), (.expired, true, "has expired"), (.otherHost, false, "no authority"),
  ])
  func `a peer that shows another's certificate is not the service, and is sent nothing`(
    certificate: TestCertificate, trusts: Bool, words: String
  ) async throws {
    let server = try await SecurePeer(certificate)
    let outcome = try await Self.outcome(of: server.address, tls: trusts ? try SecurePeer.trusting(certificate) : nil)
    #expect(
      outcome?.kind == .misdirected && outcome?.message?.contains(words) == true, "\(String(describing: outcome))")
    #expect(outcome?.status == nil)
    #expect(server.requestCount == 0)
    try await server.close()
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"])
  func `a request that was sent is in doubt when its connection is closed`(part: String) async throws {
    let peer = try LoopbackPeer()
    async let outcome = Self.outcome(of: peer.address)
    do {
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      try connection.write(part)
    }
    #expect(try await outcome?.kind == .unknown)
  }

  @Test func `a process without a file descriptor sends nothing, and goes on when there is one`() async {
    await #expect(processExitsWith: .success) {
      let peer = try LoopbackPeer()
      let exchange = Exchange(requestTimeout: .seconds(30), concurrency: 1)
      // The library's own descriptors are made before there is none left.
      let closed = try LoopbackPeer().address
      _ = await exchange.post("{}", to: closed, headers: [])
      let held = try FileDescriptors.takeAll()
      let outcome = await exchange.post("{}", to: peer.address, headers: []).failure?.outcome
      #expect(outcome?.kind == .unreachable)
      #expect(outcome?.message == "this process has no file descriptor left")
      held.giveBack()
      async let posted = exchange.post("{}", to: peer.address, headers: [])
      let connection = try await peer.accept()
      try await connection.read(upTo: "{}")
      try connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
      #expect(await posted.success?.status == 200)
      try await exchange.shutdown()
    }
  }
}

/// All file descriptors that this process may still open.
private struct FileDescriptors {
  private let numbers: [CInt]

  static func takeAll() throws -> FileDescriptors {
    var limit = rlimit(rlim_cur: 256, rlim_max: 256)
    _ = try LoopbackListener.check("setrlimit", setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit))
    var numbers: [CInt] = []
    while true {
      let number = open("/dev/null", O_RDONLY)
      guard number >= 0 else { return FileDescriptors(numbers: numbers) }
      numbers.append(number)
    }
  }

  func giveBack() { for number in numbers { close(number) } }
}
