// Texts of others in other encodings than UTF-8.

import Foundation

/// Turns bytes of another encoding into UTF-8, in pieces of any size.
package final class Transcoder {
  private let converter: iconv_t
  private let isReplacing: Bool
  private var held: [UInt8] = []
  /// How many bytes came that fit no character.
  package private(set) var lostCount = 0
  /// Whether every byte so far made a character.
  package var isWhole: Bool { lostCount == 0 && held.isEmpty }

  /// Makes one; nil when the system does not know the encoding.
  ///
  /// - Parameters:
  ///   - encoding: as iconv calls it, `CP949` or `UTF-16`.
  ///   - isReplacing: whether a byte that fits no character becomes U+FFFD; if not, the text ends there.
  package init?(from encoding: String, replacing isReplacing: Bool = false) {
    guard let converter = iconv_open("UTF-8", encoding), Int(bitPattern: converter) != -1 else { return nil }
    self.converter = converter
    self.isReplacing = isReplacing
  }

  deinit { iconv_close(converter) }

  /// What is to be said at the end for a character that was cut off: U+FFFD; nothing where all were whole.
  package func finish() -> [UInt8] {
    guard !held.isEmpty else { return [] }
    held = []
    lostCount += 1
    return [0xEF, 0xBF, 0xBD]
  }

  /// The text of the next piece, as far as its characters are whole, and up to a byte that fits none.
  package func feed(_ piece: some Collection<UInt8>) -> [UInt8] {
    var input = held + piece
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let readCount = input.withUnsafeMutableBytes { source in
      var next = source.baseAddress?.assumingMemoryBound(to: CChar.self)
      var left = source.count
      while left > 0 {
        let (code, count) = buffer.withUnsafeMutableBytes { room -> (Int32, Int) in
          var out = room.baseAddress?.assumingMemoryBound(to: CChar.self)
          var free = room.count
          // size_t is Int here, and what C calls (size_t)-1 is -1.
          let isGood = Int(iconv(converter, &next, &left, &out, &free)) != -1
          return (isGood ? 0 : errno, room.count - free)
        }
        output += buffer[..<count]
        // There was no more room.
        if code == 0 || code == E2BIG { continue }
        // The last character goes on in the next piece.
        if code == EINVAL { break }
        lostCount += 1
        guard isReplacing else { break }
        output += [0xEF, 0xBF, 0xBD]
        next = next.map { $0 + 1 }
        left -= 1
      }
      return source.count - left
    }
    held = Array(input[readCount...])
    return output
  }
}
