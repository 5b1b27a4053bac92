// What an item is to be made with. The definitions of a class are nearly the same: each is told by what it shares with
// another, so that the shared part is made, checked and kept once.

/// The definition of one item: canonical JSON, as it is sent.
package struct Definition: Sendable {
  /// A definition that others are like, without the name.
  package final class Pattern: Sendable {
    /// Its text, UTF-8, from which the name is taken out.
    package let bytes: [UInt8]
    /// Where in `bytes` the name belongs.
    package let nameAt: Int

    /// Makes a pattern.
    package init(bytes: [UInt8], nameAt: Int) {
      self.bytes = bytes
      self.nameAt = nameAt
    }
  }

  /// How the text is told.
  package enum Form: Sendable {
    /// All of it.
    case whole(String)
    /// A pattern, of which some bytes are replaced; the name stands in neither. `nameAt` is its place in what that makes.
    case like(Pattern, replaced: Range<Int>, by: [UInt8], nameAt: Int, name: String)
  }

  /// How the text is told.
  package let form: Form

  /// A definition by its whole text.
  package init(text: String) { form = .whole(text) }

  /// A definition that is a pattern's with another name.
  ///
  /// - Parameters:
  ///   - replaced: the bytes of the pattern that are different; the name's place is not within.
  ///   - bytes: what stands there; whole characters.
  package init(like pattern: Pattern, replaced: Range<Int> = 0..<0, by bytes: [UInt8] = [], name: String) {
    let shift = replaced.upperBound <= pattern.nameAt ? bytes.count - replaced.count : 0
    form = .like(pattern, replaced: replaced, by: bytes, nameAt: pattern.nameAt + shift, name: name)
  }

  /// The whole text.
  package var text: String {
    switch form {
    case .whole(let text): return text
    case .like(let pattern, let replaced, let new, let nameAt, let name):
      var bytes = Array(pattern.bytes[..<replaced.lowerBound])
      bytes += new
      bytes += pattern.bytes[replaced.upperBound...]
      bytes.insert(contentsOf: name.utf8, at: nameAt)
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}

extension Definition: Hashable {
  /// Whether the texts are equal byte by byte, however they are told.
  package static func == (one: Definition, other: Definition) -> Bool { one.text.hasSameBytes(as: other.text) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension Definition: ExpressibleByStringInterpolation, CustomStringConvertible {
  package init(stringLiteral text: String) { self.init(text: text) }

  package var description: String { text }
}
