// Replies packed by hand: stored blocks are valid gzip and deflate, and need no library.

/// How a reply's body is packed.
enum Coding: String, Hashable, Sendable {
  case gzip
  /// As HTTP means it: with zlib's frame.
  case deflate

  /// The bytes in this form.
  func packed(_ bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .gzip:
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF] + Self.blocks(bytes) + Self.littleEndian(Self.crc32(bytes))
        + Self.littleEndian(UInt32(truncatingIfNeeded: bytes.count))
    case .deflate: [0x78, 0x01] + Self.blocks(bytes) + Self.littleEndian(Self.adler32(bytes)).reversed()
    }
  }

  /// Stored blocks: whether it is the last, the length, its complement, the bytes.
  private static func blocks(_ bytes: [UInt8]) -> [UInt8] {
    var packed: [UInt8] = []
    var start = 0
    repeat {
      let end = min(start + 0xFFFF, bytes.count)
      let length = littleEndian(UInt32(end - start)).prefix(2)
      packed += [end == bytes.count ? 1 : 0] + length + length.map { ~$0 } + bytes[start..<end]
      start = end
    } while start < bytes.count
    return packed
  }

  private static func littleEndian(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { rest, _ in rest & 1 == 1 ? 0xEDB8_8320 ^ (rest >> 1) : rest >> 1 }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    let table = crcTable
    return ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
  }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    let (first, second) = bytes.reduce((UInt32(1), UInt32(0))) { sums, byte in
      let first = (sums.0 + UInt32(byte)) % 65_521
      return (first, (sums.1 + first) % 65_521)
    }
    return second << 16 | first
  }
}
