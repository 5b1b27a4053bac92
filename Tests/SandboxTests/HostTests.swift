import AsyncHTTPClient
import DataForest
import Foundation
import NIOCore
import NIOHTTP1
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Sandbox

/// A request as any program could send it.
struct RawRequest {
  var method = "POST"
  var path = Endpoint.prefix + "/aiworkspaces/create"
  /// Beside what the signature needs.
  var headers: [(String, String)] = [("content-type", "application/json")]
  var body = SandboxFixture.definition("one")
  var isSigned = true

  /// What comes back, with every header as often as it came.
  struct Response {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
  }

  /// The status that comes back.
  func status(at port: Int) async throws -> Int { try await send(to: port).status }

  func send(to port: Int) async throws -> Response {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
    request.method = .RAW(value: method)
    for header in headers { request.headers.add(name: header.0, value: header.1) }
    if isSigned {
      for header in Signature.headers(method: method, path: path, at: SystemTimeSource().now(), with: .sandbox) {
        request.headers.add(name: header.name, value: header.value)
      }
    }
    if method == "POST" { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    let bytes = try await response.body.collect(upTo: 1 << 28)
    return Response(
      status: Int(response.status.code), headers: response.headers.map { ($0.name.lowercased(), $0.value) },
      body: Array(bytes.readableBytesView))
  }
}

@Suite struct HostTests {
  @Test func `only the loopback address and port are names of the sandbox`() {
    for host in ["127.0.0.1:4747", "localhost:4747", "LocalHost:4747", "[::1]:4747"] {
      #expect(HostCheck.allows(host, port: 4747, others: []), "\(host)")
    }
    for host in [
      "evil.example:4747", "evil.example", "127.0.0.1", "127.0.0.1:80", "localhost", "127.0.0.1:4747.evil.example",
      "localhost.evil.example:4747", "x@127.0.0.1:4747", "127.0.0.1:4747, evil.example", "0.0.0.0:4747", "",
    ] {
      #expect(!HostCheck.allows(host, port: 4747, others: []), "\(host)")
    }
    #expect(!HostCheck.allows(nil, port: 4747, others: []))
    #expect(HostCheck.allows("localhost", port: 80, others: []))
    #expect(HostCheck.allows("Box:9999", port: 4747, others: ["box:9999"]))
  }

  @Test func `another Host is refused, whatever is asked for`() async throws {
    var configuration = SandboxConfiguration()
    configuration.hosts = ["tunnel:1"]
    try await withSandbox(configuration) { server, port in
      for request in [
        RawRequest(), RawRequest(method: "GET", path: SandboxServer.ledgerPath, isSigned: false),
        RawRequest(path: SandboxServer.faultsPath, body: #"{"drop-before":"1"}"#, isSigned: false),
      ] {
        var foreign = request
        foreign.headers.append(("host", "evil.example:\(port)"))
        let refused = try await foreign.send(to: port)
        #expect(refused.status == 403 && refused.text.contains(#""errorCode":"230""#), "\(request.path) \(refused)")
        #expect(!refused.text.contains("evil"))
        var twice = request
        twice.headers += [("host", "127.0.0.1:\(port)"), ("host", "evil.example")]
        // Two of them may not even be read.
        let status = try await twice.send(to: port).status
        #expect([400, 403].contains(status), "\(request.path)")
      }
      #expect(server.ledger.creates.isEmpty)
      for host in ["localhost:\(port)", "127.0.0.1:\(port)", "tunnel:1"] {
        var request = RawRequest(method: "GET", path: SandboxServer.ledgerPath, isSigned: false)
        request.headers.append(("host", host))
        let status1 = try await request.status(at: port)
        #expect(status1 == 200, "\(host)")
      }
      let status2 = try await RawRequest().status(at: port)
      #expect(status2 == 200)
    }
  }

  @Test func `what a web page can send changes nothing`() async throws {
    try await withSandbox { server, port in
      for type in [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
        "text/plain; application/json", "",
      ] {
        for path in [Endpoint.prefix + "/aiworkspaces/create", Endpoint.prefix + "/aiworkspaces/delete"] {
          let request = RawRequest(path: path, headers: [("content-type", type)])
          let status3 = try await request.status(at: port)
          #expect(status3 == 415, "\(type)")
        }
        let faults = RawRequest(
          path: SandboxServer.faultsPath, headers: [("content-type", type)], body: #"{"drop-before":"1"}"#,
          isSigned: false)
        let status4 = try await faults.status(at: port)
        #expect(status4 == 415, "\(type)")
      }
      let status5 = try await RawRequest(headers: []).status(at: port)
      #expect(status5 == 415)
      let twice = RawRequest(headers: [("content-type", "text/plain"), ("content-type", "application/json")])
      let status6 = try await twice.status(at: port)
      #expect(status6 == 415)
      #expect(server.ledger.creates.isEmpty)
      for (name, type) in [("a", "application/json; charset=utf-8"), ("b", "Application/JSON ;x=1")] {
        var request = RawRequest(headers: [("content-type", type)])
        request.body = SandboxFixture.definition(name)
        let status7 = try await request.status(at: port)
        #expect(status7 == 200, "\(type)")
      }
      let faults = RawRequest(path: SandboxServer.faultsPath, body: #"{"unavailable":"1"}"#, isSigned: false)
      let status8 = try await faults.status(at: port)
      #expect(status8 == 200)
      let status9 = try await RawRequest().status(at: port)
      #expect(status9 == 503)
    }
  }
}
