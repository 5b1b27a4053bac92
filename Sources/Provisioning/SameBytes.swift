// Texts compared byte by byte: Swift takes texts as equal that Unicode writes in two ways, a service or a file need not.

import Foundation

extension String {
  /// Whether two texts are equal byte by byte.
  package func hasSameBytes(as other: String) -> Bool {
    // The same text in the same place of memory, as most cells are that say what the cell above says.
    if unsafeBitCast(self, to: SIMD2<UInt64>.self) == unsafeBitCast(other, to: SIMD2<UInt64>.self) { return true }
    guard utf8.count == other.utf8.count else { return false }
    let isEqual = utf8.withContiguousStorageIfAvailable { bytes in
      other.utf8.withContiguousStorageIfAvailable { others in
        guard let start = bytes.baseAddress, let otherStart = others.baseAddress else { return bytes.isEmpty }
        return memcmp(start, otherStart, bytes.count) == 0
      }
    }
    return (isEqual ?? nil) ?? utf8.elementsEqual(other.utf8)
  }
}
