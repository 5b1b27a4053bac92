// Which encoding a file has, and turning it into UTF-8. CP949 is what Korean Excel writes when asked for plain CSV.

import Foundation

/// Tells whether bytes that come in pieces are UTF-8 (RFC 3629).
struct UTF8Check {
  /// How many bytes the character being read still needs, and the range of the next one.
  private var needed = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF
  private(set) var isValid = true

  mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) {
    var index = 0
    while index < bytes.count, isValid {
      if needed == 0 { index = Self.pastASCII(bytes, from: index) }
      guard index < bytes.count else { return }
      let byte = bytes[index]
      index += 1
      if needed == 0 {
        if byte < 0x80 { continue }
        start(byte)
      } else if (low...high).contains(byte) {
        (needed, low, high) = (needed - 1, 0x80, 0xBF)
      } else {
        isValid = false
      }
    }
  }

  /// The first place that is beyond ASCII, or near it: eight bytes at a time, because most of a roster is ASCII.
  private static func pastASCII(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var index = start
    let raw = UnsafeRawBufferPointer(bytes)
    while index + 8 <= raw.count {
      let eight = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      guard eight & 0x8080_8080_8080_8080 == 0 else { break }
      index += 8
    }
    return index
  }

  /// Whether all of it was UTF-8, to the last byte.
  var isComplete: Bool { isValid && needed == 0 }

  private mutating func start(_ byte: UInt8) {
    switch byte {
    case 0xC2...0xDF: needed = 1
    case 0xE0: (needed, low) = (2, 0xA0)
    case 0xED: (needed, high) = (2, 0x9F)
    case 0xE1...0xEF: needed = 2
    case 0xF0: (needed, low) = (3, 0x90)
    case 0xF1...0xF3: needed = 3
    case 0xF4: (needed, high) = (3, 0x8F)
    default: isValid = false
    }
  }
}

/// Tells whether bytes beyond ASCII look like Korean in CP949: mostly pairs as KS X 1001 has them. Western text in Latin-1
/// has single ones between ASCII letters, which CP949 would read as rare syllables.
struct KoreanCheck {
  private var pairCount = 0
  private var otherCount = 0
  private var first: UInt8?

  mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) {
    for byte in bytes {
      if first != nil {
        if byte >= 0xA1 { pairCount += 1 } else { otherCount += 1 }
        first = nil
      } else if byte >= 0x81 {
        first = byte
      }
    }
  }

  var isLikely: Bool { pairCount > otherCount }
}

/// Turns bytes of another encoding into UTF-8, in pieces of any size.
final class Transcoder {
  private let converter: iconv_t
  private var held: [UInt8] = []

  /// Makes one; nil when the system does not know the encoding.
  ///
  /// - Parameter encoding: as iconv calls it: `CP949`, `UTF-16`.
  init?(from encoding: String) {
    guard let converter = iconv_open("UTF-8", encoding), Int(bitPattern: converter) != -1 else { return nil }
    self.converter = converter
  }

  deinit { iconv_close(converter) }

  /// The text of the next piece, as far as its characters are whole; nil when a byte fits no character.
  func feed(_ piece: Data) -> [UInt8]? {
    var input = held + Array(piece)
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var consumed = 0
    let isGood = input.withUnsafeMutableBytes { source -> Bool in
      var next = source.baseAddress?.assumingMemoryBound(to: CChar.self)
      var left = source.count
      while left > 0 {
        let (result, count) = buffer.withUnsafeMutableBytes { room -> (Int, Int) in
          var out = room.baseAddress?.assumingMemoryBound(to: CChar.self)
          var free = room.count
          let result = iconv(converter, &next, &left, &out, &free)
          // size_t is Int here, and what C calls (size_t)-1 is -1.
          return (Int(result), room.count - free)
        }
        output += buffer[..<count]
        guard result == -1 else { continue }
        // E2BIG: there was no more room. EINVAL: the last character goes on in the next piece.
        if errno == E2BIG { continue }
        if errno == EINVAL { break }
        return false
      }
      consumed = source.count - left
      return true
    }
    guard isGood else { return nil }
    held = Array(input[consumed...])
    return output
  }

  /// Whether no character was cut off at the end.
  var isComplete: Bool { held.isEmpty }
}
