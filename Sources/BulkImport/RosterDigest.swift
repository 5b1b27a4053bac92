// The fingerprint of a roster, made while it streams by.

import Crypto

/// SHA-256 over texts and counts, each with its length before it, so that no two rosters run together into one.
struct RosterDigest {
  private static let flushSize = 1 << 16

  private var hash = SHA256()
  private var buffer: [UInt8] = []

  init() { buffer.reserveCapacity(Self.flushSize * 2) }

  /// Adds texts and how many they are.
  mutating func add(_ texts: [String]) {
    add(texts.count)
    for text in texts {
      add(text.utf8.count)
      buffer.append(contentsOf: text.utf8)
    }
    guard buffer.count >= Self.flushSize else { return }
    hash.update(data: buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  private mutating func add(_ count: Int) {
    withUnsafeBytes(of: UInt64(count).littleEndian) { buffer.append(contentsOf: $0) }
  }

  /// 64 hexadecimal digits, lower case.
  mutating func finish() -> String {
    hash.update(data: buffer)
    buffer = []
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
