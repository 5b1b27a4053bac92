// The texts of a roster: trimmed, as nearly every cell is and hardly any needs; what a spreadsheet made of a number; and
// how far two words are apart.

import Foundation
import Provisioning

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
  var hasNull: Bool { has(0) }

  /// Whether a byte is in it.
  func has(_ byte: UInt8) -> Bool {
    let found = utf8.withContiguousStorageIfAvailable { text in
      text.baseAddress.map { memchr($0, Int32(byte), text.count) != nil } ?? false
    }
    return found ?? utf8.contains(byte)
  }

  /// Whether a byte is one of some.
  func hasByte(where isOne: (UInt8) -> Bool) -> Bool {
    utf8.withContiguousStorageIfAvailable { $0.contains(where: isOne) } ?? utf8.contains(where: isOne)
  }

  /// Whether there is nothing but blanks in it.
  var isBlank: Bool { unicodeScalars.allSatisfy(\.isBlank) }
}

extension Unicode.Scalar {
  /// U+3000 is the last of Unicode's blanks.
  fileprivate var isBlank: Bool { (0x21...0x7E).contains(value) || value > 0x3000 ? false : properties.isWhitespace }
}

extension String {
  /// Whether a spreadsheet made it of a number with too many digits: `2.02E+11`.
  var isMangledNumber: Bool {
    let parts = uppercased().split(separator: "E", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].first == "+", parts[1].count > 1 else { return false }
    let isExponent = parts[1].dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    let digits = parts[0].split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
    return isExponent && digits.count <= 2
      && digits.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }

  /// Whether it was probably meant to be another one: one letter is wrong, or two from seven letters on, and some are right.
  func isNearly(_ other: String) -> Bool {
    distance(to: other) <= (other.count < 7 ? 1 : 2) && !Set(lowercased()).isDisjoint(with: other.lowercased())
  }

  /// How many letters must be changed, added or taken away to get from one to the other, capitals aside (Levenshtein).
  func distance(to other: String) -> Int {
    let (left, right) = (Array(lowercased()), Array(other.lowercased()))
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let cost = Swift.min(row[j + 1] + 1, row[j] + 1, previous + (a == b ? 0 : 1))
        (previous, row[j + 1]) = (row[j + 1], cost)
      }
    }
    return row[right.count]
  }
}

extension Collection<String> {
  /// Headers for a message, the first eight that are not empty.
  var shownList: String {
    let named = filter { !$0.isEmpty }
    return named.prefix(8).map(\.shown).joined(separator: ", ") + (named.count > 8 ? ", …" : "")
  }

  /// The header that was probably meant by another text; nil when none is near enough.
  func nearest(to text: String) -> String? {
    filter { !$0.isEmpty && $0.isNearly(text) }.min { $0.distance(to: text) < $1.distance(to: text) }
  }
}
