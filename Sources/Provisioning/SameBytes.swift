// Texts compared byte by byte: Swift takes texts as equal that Unicode writes in two ways, a service or a file need not.

import Foundation

extension String {
  /// The text of these bytes; nil when they are not UTF-8. Faster than the standard library's initializer that checks,
  /// which looks its types up at run time.
  package init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    self.init(decoding: bytes, as: UTF8.self)
    // What is not UTF-8 was replaced.
    if !hasBytes(bytes) { return nil }
  }

  /// Whether its UTF-8 is exactly these bytes.
  package func hasBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard utf8.count == bytes.count else { return false }
    guard let start = bytes.baseAddress else { return true }
    let isEqual = utf8.withContiguousStorageIfAvailable { text in
      text.baseAddress.map { memcmp($0, start, bytes.count) == 0 } ?? true
    }
    return isEqual ?? utf8.elementsEqual(bytes)
  }

  /// Whether two texts are equal byte by byte.
  package func hasSameBytes(as other: String) -> Bool {
    // The same text in the same place of memory, as most cells are that say what the cell above says.
    if unsafeBitCast(self, to: SIMD2<UInt64>.self) == unsafeBitCast(other, to: SIMD2<UInt64>.self) { return true }
    guard utf8.count == other.utf8.count else { return false }
    return other.utf8.withContiguousStorageIfAvailable { hasBytes($0) } ?? utf8.elementsEqual(other.utf8)
  }
}
