// Trimming, which nearly every cell passes through and hardly any needs.

import Foundation

extension String {
  /// Without blanks and line ends at both ends; Unicode's blanks too.
  var trimmed: String {
    guard let firstByte = utf8.first, let lastByte = utf8.last else { return self }
    if (0x21...0x7E).contains(firstByte), (0x21...0x7E).contains(lastByte) { return self }
    guard let first = unicodeScalars.first, let last = unicodeScalars.last, first.isBlank || last.isBlank else {
      return self
    }
    let start = unicodeScalars.drop(while: \.isBlank)
    guard let end = start.lastIndex(where: { !$0.isBlank }) else { return "" }
    return String(start[...end])
  }

  /// Whether a NUL is in it: nothing that people write, and the end of the text for programs in C.
  var hasNull: Bool {
    let found = utf8.withContiguousStorageIfAvailable { text in
      text.baseAddress.map { memchr($0, 0, text.count) != nil } ?? false
    }
    return found ?? utf8.contains(0)
  }

  /// Whether there is nothing but blanks in it.
  var isBlank: Bool { unicodeScalars.allSatisfy(\.isBlank) }
}

extension Unicode.Scalar {
  /// U+3000 is the last of Unicode's blanks.
  fileprivate var isBlank: Bool { (0x21...0x7E).contains(value) || value > 0x3000 ? false : properties.isWhitespace }
}
