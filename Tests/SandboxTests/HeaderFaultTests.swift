import Foundation
import Pacing
import TestSupport
import Testing

@testable import Sandbox

/// A connection that sends what it is told and reads what comes.
private final class RawConnection: Sendable {
  private let descriptor: Int32

  init(to port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
  }

  deinit { close(descriptor) }

  func ask(_ port: Int) {
    let text = "POST /api/v2/accounts/getList HTTP/1.1\r\nHost: localhost:\(port)\r\nContent-Length: 0\r\n\r\n"
    _ = text.withCString { write(descriptor, $0, text.utf8.count) }
  }

  /// Reads once: how many bytes, 0 at the end, less when it broke. It waits on a thread that nobody else needs.
  func read() async -> Int {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [descriptor] in
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        continuation.resume(returning: count < 0 ? -Int(errno) : count)
      }
    }
  }
}

@Suite struct HeaderFaultTests {
  private func response(_ faults: String...) async throws -> RawRequest.Response {
    var configuration = SandboxConfiguration()
    for fault in faults { try configuration.faults.add(fault) }
    return try await withSandbox(configuration) { server, port in
      let response = try await RawRequest().send(to: port)
      #expect(server.ledger.faults == ["headers": 1] && server.ledger.creates.count == 1)
      #expect(response.text.contains(#""success":true"#))
      return response
    }
  }

  @Test func `headers are added, set, dropped and huge`() async throws {
    let twice = try await response("headers=1,add=Retry-After: 1,add=Retry-After: soon")
    #expect(twice["retry-after"] == ["1", "soon"])
    let wrong = try await response("headers=1,set=Content-Type: text/plain,drop=Date,huge=70")
    #expect(wrong["content-type"] == ["text/plain"] && wrong["date"].isEmpty)
    #expect(wrong["x-padding"].first?.utf8.count == 70 * 1_024)
    let missing = try await response("headers=1,drop=content-type,add=DATE: never")
    #expect(missing["content-type"].isEmpty && missing["date"].count == 2)
    #expect(missing["date"].last == "never")
  }

  @Test func `only the next reply is changed, and only one with the status`() async throws {
    var configuration = SandboxConfiguration()
    configuration.rateLimit = Quota(rate: try #require(Rate("1/day")), burst: 1)
    try configuration.faults.add("headers=1,on=429,times=1,set=Retry-After: epoch+20")
    try await withSandbox(configuration) { _, port in
      var values: [[String]] = []
      for _ in 0..<3 { values.append(try await RawRequest().send(to: port)["retry-after"]) }
      #expect(values[0].isEmpty && values[2].isEmpty)
      let told = try #require(values[1].first.flatMap(Double.init))
      #expect(abs(told - Date().timeIntervalSince1970) < 60)
    }
  }

  @Test func `without settings one oddity is drawn, and each of them can be sent`() async throws {
    var configuration = SandboxConfiguration()
    try configuration.faults.add("headers=1")
    let fixture = try SandboxFixture(configuration)
    let drawn = (0..<200).map { fixture.create("n\($0)").headerChanges }
    #expect(Set(drawn) == Set(HeaderChange.oddities))
    for changes in HeaderChange.oddities {
      let head = HeaderChange.applied(changes, to: "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n", at: ManualTimeSource().now())
      #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n"), "\(head)")
      #expect(!head.dropLast(4).contains("\r\n\r\n"), "\(head)")
    }
  }

  @Test func `times come in every form that servers send`() {
    // 2023-11-14T22:13:20Z.
    let now = ManualTimeSource().now()
    let forms = [
      "epoch+20": "1700000020", "epochms-5": "1699999995000", "date+0": "Tue, 14 Nov 2023 22:13:20 GMT",
      "rfc850+0": "Tuesday, 14-Nov-23 22:13:20 GMT", "asctime+0": "Tue Nov 14 22:13:20 2023",
      "asctime-864000": "Sat Nov  4 22:13:20 2023", "soon": "soon", "-5": "-5", "tea+5": "tea+5", "epoch+x": "epoch+x",
    ]
    for (value, text) in forms { #expect(ServiceTime.text(value, at: now) == text, "\(value)") }
  }

  @Test func `a connection that was idle is reset at the next request`() async throws {
    var configuration = SandboxConfiguration()
    try configuration.faults.add("idle-reset=1,idle=20s")
    let time = ManualTimeSource()
    try await withSandbox(configuration, time: time) { server, port in
      let connection = try RawConnection(to: port)
      for seconds in [0, 19, 19] {
        time.advance(by: .seconds(seconds))
        connection.ask(port)
        let count1 = await connection.read()
        #expect(count1 > 0)
      }
      time.advance(by: .seconds(20))
      connection.ask(port)
      let count2 = await connection.read()
      #expect(count2 == -Int(ECONNRESET))
      #expect(server.ledger.requests == 3 && server.ledger.faults == ["idle-reset": 1])
      let other = try RawConnection(to: port)
      other.ask(port)
      let count3 = await other.read()
      #expect(count3 > 0)
    }
  }

  @Test func `a connection that is idle is closed`() async throws {
    var configuration = SandboxConfiguration()
    try configuration.faults.add("idle-close=1,idle=20s")
    let time = ManualTimeSource()
    try await withSandbox(configuration, time: time) { server, port in
      let connection = try RawConnection(to: port)
      for _ in 0..<2 {
        connection.ask(port)
        let count4 = await connection.read()
        #expect(count4 > 0)
        time.advance(by: .seconds(19))
      }
      #expect(server.ledger.faults.isEmpty)
      time.advance(by: .seconds(1))
      let count5 = await connection.read()
      #expect(count5 == 0)
      #expect(server.ledger.requests == 2 && server.ledger.faults == ["idle-close": 1])
    }
  }
}
