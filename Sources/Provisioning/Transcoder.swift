// Texts of others in other encodings than UTF-8.

import Foundation

/// Turns bytes of another encoding into UTF-8, in pieces of any size.
package final class Transcoder {
  private let converter: iconv_t
  private var held: [UInt8] = []
  /// Whether a byte came that fits no character.
  package private(set) var isBroken = false
  /// Whether every byte so far made a character.
  package var isComplete: Bool { !isBroken && held.isEmpty }

  /// Makes one for an encoding as iconv calls it, `CP949` or `UTF-16`; nil when the system does not know it.
  package init?(from encoding: String) {
    guard let converter = iconv_open("UTF-8", encoding), Int(bitPattern: converter) != -1 else { return nil }
    self.converter = converter
  }

  deinit { iconv_close(converter) }

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
        // EINVAL: the last character goes on in the next piece.
        isBroken = code != EINVAL
        break
      }
      return source.count - left
    }
    held = Array(input[readCount...])
    return output
  }
}
