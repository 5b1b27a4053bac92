// A Data Forest that wants to steer the terminals of its clients, and repeats their access key, in plain system calls.

import Dispatch
import Foundation
import Provisioning
import Synchronization
import TestSupport

/// What steers a terminal, hides a text, or begins a line of its own.
let hostileText =
  "\u{1B}[2J\u{1B}]52;c;aGk=\u{7}\u{9B}31m\u{202E}\u{2067}\u{2028}\u{0}\u{7F}\u{85}\u{8}\u{200B}\u{FEFF}\r\nFORGED: all is well\r"

/// Listens on a free port of 127.0.0.1 until it is let go of.
final class HostileService: Sendable {
  private let socket: Int32
  let port: UInt16

  init() throws {
    let own = try LoopbackListener(backlog: 16)
    (socket, port) = (own.descriptor, own.port)
    let listener = socket
    Thread.detachNewThread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread { Self.serve(connection) }
      }
    }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  private static func serve(_ connection: Int32) {
    defer { close(connection) }
    while let request = read(from: connection) {
      let (status, body) = reply(to: request)
      let head =
        "HTTP/1.1 \(status) Odd\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n"
        + "x-ncp-apigw-request-id: r\u{202E}\u{9B}31m \(request.key)\r\n\r\n"
      let bytes = Array((head + body).utf8)
      guard send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return }
    }
  }

  private struct Request {
    var path = ""
    var key = ""
    var body = ""
  }

  private static func read(from connection: Int32) -> Request? {
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var end: Range<Int>?
    while end == nil {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      text += piece[..<count]
      end = text.firstRange(of: Array("\r\n\r\n".utf8))
    }
    guard let end else { return nil }
    let lines = String(decoding: text[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    func header(_ name: String) -> String {
      lines.first { $0.lowercased().hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 2)) } ?? ""
    }
    let length = Int(header("content-length")) ?? 0
    while text.count < end.upperBound + length {
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      text += piece[..<count]
    }
    return Request(
      path: lines[0].components(separatedBy: " ")[1], key: header("x-ncp-iam-access-key"),
      body: String(decoding: text[end.upperBound...], as: UTF8.self))
  }

  // MARK: - What it says

  private static func reply(to request: Request) -> (Int, String) {
    let text = "\(hostileText) \(request.key)"
    func envelope(_ status: Int, _ members: [String: JSONValue]) -> (Int, String) {
      var members = members
      members["success"] = .bool(status == 200)
      members["message"] = .string(text)
      return (status, JSONValue.object(members).canonicalText)
    }
    switch request.path.components(separatedBy: "/").suffix(2).joined(separator: "/") {
    case "accounts/getList":
      return envelope(
        200, ["contents": .array([.object(["id": .string(text), "name": .string(text), "status": .string(text)])])])
    case "aiworkspaces/getDockerImageList":
      return envelope(200, ["dockerImages": .object([text: .array([.string(text)])])])
    case "aiworkspaces/getList":
      let found = JSONValue.object([
        "id": .string("TAKEN1"), "name": .string("taken"), "description": .string(text), "imageVersion": .string(text),
        "createdAt": .string(text),
      ])
      return envelope(200, ["contents": .array([found]), "total": .integer(1)])
    case "aiworkspaces/create" where request.body.contains("made"): return envelope(200, ["id": .string("MADE1")])
    case "aiworkspaces/create" where request.body.contains("held"): return envelope(403, [:])
    case "aiworkspaces/create" where request.body.contains("page"):
      return (403, "<html><head><title>\(text)</title></head><body>\(text)</body></html>")
    case "sandbox/ledger": return envelope(200, ["creates": .array([.string(text)])])
    default: return envelope(400, [:])
    }
  }
}
