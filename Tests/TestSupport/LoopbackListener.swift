// A socket that listens, in plain system calls: what a server's library hides can be seen and done with it.

import Foundation

/// Listens on a free port of 127.0.0.1; whoever makes it closes `descriptor`.
package struct LoopbackListener: Sendable {
  /// A system call that failed.
  package struct Failure: Error {
    /// Its name.
    package let call: String
    /// The system's error number.
    package let number: CInt

    /// Makes one.
    package init(call: String, number: CInt) { (self.call, self.number) = (call, number) }
  }

  /// The socket.
  package let descriptor: CInt
  /// The port that the system has chosen.
  package let port: UInt16

  /// Begins to listen.
  ///
  /// - Parameter backlog: how many connections wait to be accepted.
  package init(backlog: CInt = 64) throws {
    let descriptor = try Self.check("socket", socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = try Self.check("bind", bind(descriptor, $0, length))
        _ = try Self.check("listen", listen(descriptor, backlog))
        _ = try Self.check("getsockname", getsockname(descriptor, $0, &length))
      }
    }
    (self.descriptor, port) = (descriptor, UInt16(bigEndian: address.sin_port))
  }

  /// The result of a system call.
  ///
  /// - Throws: `Failure` where it is negative.
  package static func check(_ call: String, _ result: CInt) throws -> CInt {
    guard result >= 0 else { throw Failure(call: call, number: errno) }
    return result
  }
}
