// Whether a request may have reached the service: the client takes the body's bytes only after a connection was handed to
// the request, its TLS handshake done, and right before it writes them. As long as none was taken, none was sent, whatever
// the error says: a firewall that rejects makes "refused" of a request that waits for its reply, and a connection that
// broke in the handshake is as closed as one that broke under a request.

import Synchronization

/// The bytes of a request's body, which tell whether the client took any.
struct MarkedBytes: RandomAccessCollection, Sendable {
  private final class Mark: Sendable {
    let isSet = Atomic(false)
  }

  private let bytes: [UInt8]
  private let mark = Mark()

  init(_ text: String) { bytes = Array(text.utf8) }

  /// Whether a byte was taken, so that it may have been sent.
  var wereTaken: Bool { mark.isSet.load(ordering: .acquiring) }

  var startIndex: Int { bytes.startIndex }
  var endIndex: Int { bytes.endIndex }

  subscript(position: Int) -> UInt8 {
    mark.isSet.store(true, ordering: .releasing)
    return bytes[position]
  }

  func withContiguousStorageIfAvailable<Value>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Value
  ) rethrows -> Value? {
    mark.isSet.store(true, ordering: .releasing)
    return try bytes.withContiguousStorageIfAvailable(body)
  }
}
