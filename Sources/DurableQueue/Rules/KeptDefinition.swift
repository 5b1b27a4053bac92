// How definitions are kept: without the name, and where they differ from an earlier one in one place only, as that
// difference. The definitions of a class differ in a name and a description; kept whole they would be most of the file.

import Foundation
import Provisioning

/// A definition as the queue keeps it. All places are in bytes of UTF-8.
package final class KeptDefinition {
  /// Its row's id; 0 while it has none.
  var id: Int64 = 0
  /// The definition that this one is like; nil where `text` is all of it.
  let base: KeptDefinition?
  /// How much of the base stands before `text`, and from where on it goes on behind; 0 without a base.
  let baseStart: Int
  let baseEnd: Int
  /// What is different, or all.
  let text: [UInt8]
  /// Where the name belongs, which is taken out; nil where it is not in the definition.
  let nameAt: Int?

  init(text: [UInt8], nameAt: Int?) {
    (self.text, self.nameAt) = (text, nameAt)
    (base, baseStart, baseEnd) = (nil, 0, 0)
  }

  init(like base: KeptDefinition, start: Int, end: Int, text: [UInt8], nameAt: Int?) {
    (self.base, baseStart, baseEnd) = (base, start, end)
    (self.text, self.nameAt) = (text, nameAt)
  }

  /// The whole text for an item.
  func definition(of name: String) -> String {
    let whole = base.map { $0.text[..<baseStart] + text + $0.text[baseEnd...] } ?? text
    let bytes = nameAt.map { whole[..<$0] + Array(name.utf8) + whole[$0...] } ?? whole
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The whole text of a definition, for a statement that joins `definition` and has the item's name.
  static func sql(name: String = "item.name") -> String {
    """
    definition_text(definition.json, definition.name_at, \(name),
      (SELECT base.json FROM definition base WHERE base.id = definition.base_id AND base.base_id IS NULL),
      definition.base_start,
      definition.base_end)
    """
  }

  /// Puts a definition together: takes its text, the name's place, the name, the base's text, and its places in that.
  package static func compose(_ values: [SQLValue]) throws -> String {
    let damage = DamagedValue(what: "definition")
    guard let json = String.stored(values[0]) else { throw damage }
    var whole = Array(json.utf8)
    if values[4] != .null || values[5] != .null {
      guard let base = String.stored(values[3]).map({ Array($0.utf8) }), let start = Int.stored(values[4]),
        let end = Int.stored(values[5]), 0 <= start, start <= end, end <= base.count
      else { throw damage }
      whole = base[..<start] + whole + base[end...]
    }
    if values[1] != .null {
      guard let place = Int.stored(values[1]), let name = String.stored(values[2]), 0...whole.count ~= place else {
        throw damage
      }
      whole.insert(contentsOf: name.utf8, at: place)
    }
    return String(decoding: whole, as: UTF8.self)
  }
}

/// Finds how to keep one definition after another.
struct DefinitionPacker {
  /// How many definitions are remembered to be like: one for each kind of workspace in a roster.
  private static let mostBases = 8
  /// How many others are remembered, by their difference, each in the place that its hash says: many people have the
  /// same name.
  private static let mostKnown = 1 << 15
  /// A longer difference is hardly ever met again, and would stay in memory.
  private static let longestKnown = 4_096

  private var bases: [KeptDefinition] = []
  /// The patterns that bases were made of, and the bases.
  private var patterns: [(pattern: Definition.Pattern, base: KeptDefinition)] = []
  private var known: [KeptDefinition?] = []
  private var bytes: [UInt8] = []

  /// How the definition of a piece's item is kept; the same object for definitions that differ in the name alone, if one
  /// was met lately.
  mutating func keep(_ item: ImportPiece.Item, of piece: ImportPiece) -> KeptDefinition {
    let text = piece.bytes[item.definition]
    guard let difference = item.difference else { return keep(text, name: piece.bytes[item.name]) }
    let base = base(of: piece.patterns[difference.pattern])
    let replaced = difference.replaced
    if replaced.isEmpty, text.isEmpty { return base }
    return keep(
      like: base, start: replaced.lowerBound, end: replaced.upperBound, text: text, nameAt: difference.nameAt)
  }

  private mutating func base(of pattern: Definition.Pattern) -> KeptDefinition {
    for known in patterns where known.pattern === pattern { return known.base }
    let new = KeptDefinition(text: pattern.bytes, nameAt: pattern.nameAt)
    if patterns.count == Self.mostBases { patterns.removeLast() }
    patterns.insert((pattern, new), at: 0)
    return new
  }

  private mutating func keep(_ definition: ArraySlice<UInt8>, name: ArraySlice<UInt8>) -> KeptDefinition {
    bytes.removeAll(keepingCapacity: true)
    bytes += definition
    let nameAt = takeOut(name)
    for base in bases {
      let (start, rest) = bytes.common(with: base.text)
      // Where the name stands must be the same place of the base, or of what is different.
      if start == bytes.count, start == base.text.count, nameAt == base.nameAt { return base }
      if bytes.count - start - rest <= bytes.count / 3 {
        return keep(
          like: base, start: start, end: base.text.count - rest, text: bytes[start..<bytes.count - rest], nameAt: nameAt
        )
      }
    }
    let new = KeptDefinition(text: bytes, nameAt: nameAt)
    if bases.count == Self.mostBases { bases.removeLast() }
    bases.insert(new, at: 0)
    return new
  }

  private mutating func keep(
    like base: KeptDefinition, start: Int, end: Int, text: ArraySlice<UInt8>, nameAt: Int?
  ) -> KeptDefinition {
    guard text.count <= Self.longestKnown else {
      return KeptDefinition(like: base, start: start, end: end, text: Array(text), nameAt: nameAt)
    }
    if known.isEmpty { known = Array(repeating: nil, count: Self.mostKnown) }
    var hasher = Hasher()
    text.withUnsafeBytes { hasher.combine(bytes: $0) }
    hasher.combine(start)
    let place = Int(UInt(bitPattern: hasher.finalize()) % UInt(Self.mostKnown))
    if let found = known[place], found.base === base, found.baseStart == start, found.baseEnd == end,
      found.nameAt == nameAt, found.text.hasSameBytes(as: text)
    {
      return found
    }
    let new = KeptDefinition(like: base, start: start, end: end, text: Array(text), nameAt: nameAt)
    known[place] = new
    return new
  }

  /// Takes the name out of `bytes` where it last stands as a whole text.
  ///
  /// - Returns: where it stood; nil when it is not there.
  private mutating func takeOut(_ name: ArraySlice<UInt8>) -> Int? {
    let length = name.count
    var start = bytes.count - length - 1
    while start > 0 {
      let isText = bytes[start - 1] == UInt8(ascii: "\"") && bytes[start + length] == UInt8(ascii: "\"")
      if isText, bytes[start..<start + length].elementsEqual(name) {
        bytes.removeSubrange(start..<start + length)
        return start
      }
      start -= 1
    }
    return nil
  }

}

extension [UInt8] {
  /// How many bytes at the start, and of the others how many at the end, are those of another text.
  func common(with other: [UInt8]) -> (start: Int, end: Int) {
    withUnsafeBytes { bytes in
      other.withUnsafeBytes { other in
        let most = Swift.min(bytes.count, other.count)
        var start = 0
        while start + 8 <= most,
          bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
            == other.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        { start += 8 }
        while start < most, bytes[start] == other[start] { start += 1 }
        var end = 0
        while start + end < most, bytes[bytes.count - end - 1] == other[other.count - end - 1] { end += 1 }
        // No character is cut: what is kept must be text by itself.
        while start > 0, start < bytes.count, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        while end > 0, bytes[bytes.count - end] & 0xC0 == 0x80 { end -= 1 }
        return (start, end)
      }
    }
  }

  fileprivate func hasSameBytes(as other: ArraySlice<UInt8>) -> Bool {
    guard count == other.count else { return false }
    return withUnsafeBytes { bytes in
      other.withUnsafeBytes { others in
        guard let start = bytes.baseAddress, let otherStart = others.baseAddress else { return true }
        return memcmp(start, otherStart, bytes.count) == 0
      }
    }
  }
}
