// The fingerprint of a roster, made while it streams by.

import Crypto

/// SHA-256 over texts and counts, each with its length before it, so that no two rosters run together into one.
struct RosterDigest {
  private static let flushSize = 1 << 16

  private var hash = SHA256()
  private var buffer: [UInt8] = []

  init() { buffer.reserveCapacity(Self.flushSize * 2) }

  /// Adds texts and how many they are.
  mutating func add(_ texts: some Collection<String>) {
    add(texts.count)
    for text in texts {
      add(text.utf8.count)
      let isAdded: Void? = text.utf8.withContiguousStorageIfAvailable { buffer.append(contentsOf: $0) }
      if isAdded == nil { buffer.append(contentsOf: text.utf8) }
    }
    guard buffer.count >= Self.flushSize else { return }
    hash.update(data: buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Adds a number that is not negative, seven bits to a byte, the lowest first.
  mutating func add(_ count: Int) {
    var rest = count
    while rest > 0x7F {
      buffer.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    buffer.append(UInt8(truncatingIfNeeded: rest))
  }

  /// 64 hexadecimal digits, lower case.
  mutating func finish() -> String {
    hash.update(data: buffer)
    buffer = []
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
