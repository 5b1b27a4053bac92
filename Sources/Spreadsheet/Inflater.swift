// Deflated bytes back into what they were, piece by piece, by zlib.

import CZlib

/// Why deflated bytes cannot be read.
package enum InflateError: Error, Hashable, Sendable {
  /// They are damaged, or are none.
  case broken
  /// They end too soon.
  case cut
  /// They grow as no roster does: beyond 64 MiB, and more than 200 bytes of each, or beyond 4 GiB.
  case bomb
  /// The system has no memory for it.
  case noMemory
}

/// Inflates one stream.
package final class Inflater {
  /// What is around the deflated bytes.
  package enum Wrapping: Sendable {
    /// Nothing, as in a zip archive.
    case none
    /// gzip; several streams one after another are one, as gunzip reads them.
    case gzip
  }

  /// So much may come out of anything.
  static let alwaysAllowed = 64 << 20
  /// Beyond that only so many bytes of each.
  static let largestRatio = 200
  /// The most bytes that come out, whatever goes in.
  static let largest = 4 << 30

  private let wrapping: Wrapping
  private let stream: UnsafeMutablePointer<z_stream>
  private var input: [UInt8] = []
  private var offset = 0
  /// Behind a stream of gzip, where another one may begin.
  private var isBetween = false
  private var isAtEnd = false
  private var takenCount = 0
  private var givenCount = 0

  /// Makes an inflater; throws `InflateError`.
  package init(_ wrapping: Wrapping) throws(InflateError) {
    self.wrapping = wrapping
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window; below zero without a header of zlib's own, 16 more with one of gzip.
    let bits: Int32 = wrapping == .gzip ? 15 + 16 : -15
    guard inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .noMemory
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The next bytes.
  ///
  /// - Parameters:
  ///   - buffer: where they go; not empty.
  ///   - source: gives the next deflated bytes; none at their end.
  /// - Returns: how many there are; 0 at the end.
  /// - Throws: `InflateError`, and what `source` throws.
  package func read(
    into buffer: UnsafeMutableBufferPointer<UInt8>, from source: () throws -> [UInt8]
  ) throws -> Int {
    while !isAtEnd {
      if offset == input.count {
        (input, offset) = (try source(), 0)
        takenCount += input.count
      }
      if isBetween {
        try findNext()
        continue
      }
      let isDry = input.isEmpty
      let count = try step(buffer)
      givenCount += count
      if Self.isBomb(givenCount, of: takenCount) { throw InflateError.bomb }
      if count > 0 { return count }
      guard !isDry || isAtEnd || isBetween else { throw InflateError.cut }
    }
    return 0
  }

  /// Whether so many bytes are more than become of so many deflated ones in any roster.
  static func isBomb(_ count: Int, of packedCount: Int) -> Bool {
    count > alwaysAllowed && (count / largestRatio > packedCount || count > largest)
  }

  /// Goes on to the next stream of gzip, or to the end; zeros fill up a block of a tape.
  private func findNext() throws {
    guard offset < input.count else {
      isAtEnd = input.isEmpty
      return
    }
    guard let next = input[offset...].firstIndex(where: { $0 != 0 }) else {
      offset = input.count
      return
    }
    guard input[next] == 0x1F, inflateReset(stream) == Z_OK else { throw InflateError.broken }
    (offset, isBetween) = (next, false)
  }

  /// Inflates what fits; notes the end.
  private func step(_ buffer: UnsafeMutableBufferPointer<UInt8>) throws -> Int {
    let (code, taken, given) = input.withUnsafeMutableBufferPointer { input in
      stream.pointee.next_in = input.baseAddress.map { $0 + offset }
      stream.pointee.avail_in = UInt32(input.count - offset)
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(buffer.count)
      let code = inflate(stream, Z_NO_FLUSH)
      return (
        code, input.count - offset - Int(stream.pointee.avail_in), buffer.count - Int(stream.pointee.avail_out)
      )
    }
    offset += taken
    switch code {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: if wrapping == .gzip { isBetween = true } else { isAtEnd = true }
    case Z_MEM_ERROR: throw InflateError.noMemory
    default: throw InflateError.broken
    }
    return given
  }
}
