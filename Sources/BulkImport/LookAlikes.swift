// Characters that look like those of a keyboard and are others: typed on a phone, pasted from a text processor, or in another
// alphabet.

import Provisioning

/// A character that is taken for another one.
struct LookAlike {
  let scalar: Unicode.Scalar
  /// What it looks like, as a phrase.
  let like: String

  /// `U+2011, which looks like '-'`
  var phrase: String {
    let code = String(scalar.value, radix: 16, uppercase: true)
    return "U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code), which looks like \(like)"
  }

  /// Letters of other alphabets that look like small Latin ones.
  private static let foreign: [Unicode.Scalar: String] = [
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ѕ": "s", "ј": "j", "ο": "o",
    "ν": "v",
    "ı": "i",
  ]

  /// The first one of a text that only ASCII may be in; nil where there is none.
  init?(in text: String) {
    guard text.hasByte(where: { $0 >= 0x80 }) else { return nil }
    for scalar in text.unicodeScalars where !scalar.isASCII {
      guard let like = Self.like(scalar) else { continue }
      (self.scalar, self.like) = (scalar, like)
      return
    }
    return nil
  }

  private static func like(_ scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0xA0, 0x2007, 0x202F, 0x3000: "a blank"
    case 0x2010...0x2015, 0x2212: "'-'"
    case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0).map { "'\($0)'" }
    default: scalar.isUnseen ? "nothing" : foreign[scalar].map { "'\($0)'" }
    }
  }
}

extension String {
  /// A character of a text for the service that nobody sees or takes for another; nil where there is none. A dash is one where an
  /// option of a command begins.
  var unmeant: LookAlike? {
    // Each of these characters begins with one of four bytes, and Hangul and most letters with none of them.
    guard utf8.contains(where: { $0 == 0xC2 || $0 == 0xE1 || $0 == 0xE2 || $0 == 0xEF }) else { return nil }
    let scalars = Array(unicodeScalars)
    for index in scalars.indices where !scalars[index].isASCII {
      let next = index + 1 < scalars.count ? scalars[index + 1] : " "
      let isAtStart = index == 0 || scalars[index - 1].properties.isWhitespace
      switch scalars[index].value {
      // Emoji and some writings are joined by these.
      case 0x200C,
        0x200D where index > 0 && !scalars[index - 1].isASCII:
        continue
      case 0x2010...0x2015, 0x2212:
        if !isAtStart || next.properties.isWhitespace || ("0"..."9").contains(next) { continue }
      case 0xA0, 0x2007, 0x202F: break
      default: if !scalars[index].isUnseen { continue }
      }
      return LookAlike(in: String(scalars[index]))
    }
    return nil
  }
}
