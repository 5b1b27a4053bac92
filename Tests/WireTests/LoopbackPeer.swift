// The other end of a connection, in plain system calls: it sees how a connection ends, which a server's library hides.

import Dispatch
import Foundation
import TestSupport

/// Listens on a free port of 127.0.0.1.
final class LoopbackPeer: Sendable {
  let port: UInt16
  private let socket: CInt
  private let queue = DispatchQueue(label: "loopback peer")

  init() throws {
    let own = try LoopbackListener(backlog: 8)
    (socket, port) = (own.descriptor, own.port)
  }

  deinit { close(socket) }

  var address: String { "http://127.0.0.1:\(port)/" }
  var secureAddress: String { "https://127.0.0.1:\(port)/" }

  /// The next connection.
  func accept() async throws -> PeerConnection {
    let descriptor = socket
    return PeerConnection(
      descriptor: try await onThread(queue) {
        try LoopbackListener.check("accept", Foundation.accept(descriptor, nil, nil))
      })
  }
}

/// A connection that was accepted.
final class PeerConnection: Sendable {
  private let descriptor: CInt
  private let queue = DispatchQueue(label: "connection")

  init(descriptor: CInt) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Reads until the text has come.
  func read(upTo end: String) async throws {
    let descriptor = descriptor
    try await onThread(queue) {
      var text = ""
      var bytes = [UInt8](repeating: 0, count: 4_096)
      while !text.contains(end) {
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { throw LoopbackListener.Failure(call: "recv", number: count < 0 ? errno : 0) }
        text += String(decoding: bytes[..<count], as: UTF8.self)
      }
    }
  }

  /// Reads whatever comes first.
  func readSome() async throws {
    let descriptor = descriptor
    try await onThread(queue) {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      _ = try LoopbackListener.check("recv", CInt(recv(descriptor, &bytes, bytes.count, 0)))
    }
  }

  func write(_ text: String) throws {
    if text.isEmpty { return }
    _ = try LoopbackListener.check("send", CInt(send(descriptor, text, text.utf8.count, CInt(MSG_NOSIGNAL))))
  }

  /// Writes a text again and again, until the other side takes no more.
  ///
  /// - Returns: the error's number.
  func flood(_ text: String) async throws -> CInt {
    let descriptor = descriptor
    return try await onThread(queue) {
      while send(descriptor, text, text.utf8.count, CInt(MSG_NOSIGNAL)) >= 0 {}
      return errno
    }
  }

  /// How the connection ends: 0 when the other side closes it, else the error's number.
  func end() async throws -> CInt {
    let descriptor = descriptor
    return try await onThread(queue) {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count <= 0 { return count < 0 ? errno : 0 }
      }
    }
  }
}

/// Runs what blocks on a thread that no task waits for.
private func onThread<Value: Sendable>(
  _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    queue.async { continuation.resume(with: Result { try body() }) }
  }
}
