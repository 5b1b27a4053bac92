// Stands in for swift-crypto in the fuzzers, which are built without packages: of the digest only equality counts there.

/// Two sums in place of SHA-256.
package struct SHA256 {
  private var low: UInt64 = 0xCBF2_9CE4_8422_2325
  private var high: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Makes one of nothing.
  package init() {}

  /// Adds bytes.
  package mutating func update(data: some Sequence<UInt8>) {
    for byte in data {
      low = (low ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      high = (high &+ UInt64(byte) ^ high >> 29) &* 0xBF58_476D_1CE4_E5B9
    }
  }

  /// Sixteen bytes.
  package func finalize() -> [UInt8] {
    [low, high].flatMap { sum in (0..<8).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) } }
  }
}
