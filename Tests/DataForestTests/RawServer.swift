// A server that writes bytes, whatever they are: a library for servers would put them right.

import Dispatch
import Foundation
import TestSupport

/// Listens on a free port of 127.0.0.1 and answers each request with what it is told to.
final class RawServer: Sendable {
  let port: UInt16
  private let listener: CInt
  private let answer: @Sendable (_ path: String, _ body: [UInt8]) -> MadeReply

  init(answer: @escaping @Sendable (_ path: String, _ body: [UInt8]) -> MadeReply) throws {
    self.answer = answer
    let socket = try LoopbackListener()
    (listener, port) = (socket.descriptor, socket.port)
  }

  /// Serves until `stop`, each connection on a thread of its own.
  func start() {
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread { self.serve(connection) }
      }
    }
  }

  func stop() {
    shutdown(listener, CInt(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ connection: CInt) {
    var noDelay: CInt = 1
    setsockopt(connection, CInt(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<CInt>.size))
    defer { close(connection) }
    var rest: [UInt8] = []
    while let (path, body) = Self.request(connection, &rest) {
      let reply = answer(path, body)
      guard Self.write(reply.bytes, to: connection) else { return }
      switch reply.end {
      case .open: continue
      case .closed: return
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        return
      case .stopped:
        // Until the other side has had enough.
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
        return
      }
    }
  }

  private static func request(_ connection: CInt, _ rest: inout [UInt8]) -> (String, [UInt8])? {
    let separator = Array("\r\n\r\n".utf8)
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      if let end = rest.firstRange(of: separator) {
        let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
        let length =
          head.lowercased().components(separatedBy: "content-length: ").last
          .flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
        if rest.count >= end.upperBound + length {
          let body = Array(rest[end.upperBound..<end.upperBound + length])
          rest.removeFirst(end.upperBound + length)
          return (String(head.split(separator: " ").dropFirst().first ?? ""), body)
        }
      }
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      rest += buffer[..<count]
    }
  }

  private static func write(_ bytes: [UInt8], to connection: CInt) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
