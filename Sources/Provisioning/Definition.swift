// A row of a roster and what its item is to be made with, from the reading to the tables of the queue. The definitions of
// a class are nearly the same: each is what it shares with others, what of that it replaces, and a name.

/// One row of a roster on its way into the queue.
package struct NewRow: Hashable, Sendable {
  /// What the row asks for.
  package enum Content: Hashable, Sendable {
    /// An item: its account, its name, and its definition, which holds both too.
    case item(account: String, name: String, definition: Definition)
    /// Nothing, because it was not accepted; why, and which item it would name, if that is known: that is not gone.
    case issue(String, account: String? = nil, name: String? = nil)
  }

  /// One cell for each header.
  package enum Cells: Hashable, Sendable {
    /// As they were written. A row with too few is filled up with empty ones; what is beyond the header is left out.
    case read([String])
    /// One text, as the queue keeps them.
    case packed(ArraySlice<UInt8>)
  }

  /// From 1, in the roster's order; the header and wholly empty rows do not count.
  package var ordinal: Int
  /// The line on which it starts, from 1.
  package var line: Int
  /// Its cells.
  package var cells: Cells
  /// What it asks for.
  package var content: Content
  /// The line of the row of an earlier batch whose place it takes; nil where it takes none. It is not packed.
  package var mendedLine: Int?

  /// Makes a row that was read.
  package init(ordinal: Int, line: Int, cells: [String], content: Content) {
    (self.ordinal, self.line, self.cells, self.content) = (ordinal, line, .read(cells), content)
  }

  /// Makes a row whose cells were packed.
  package init(ordinal: Int, line: Int, packed: ArraySlice<UInt8>, content: Content) {
    (self.ordinal, self.line, self.cells, self.content) = (ordinal, line, .packed(packed), content)
  }
}

/// The definition of one item: canonical JSON, as it is sent. All places are in bytes of UTF-8.
package struct Definition: Sendable {
  /// What several definitions share.
  package final class Base: Sendable {
    /// Its text, from which the name is taken out.
    package let text: [UInt8]
    /// Where in `text` the name belongs; nil where it does not stand in it, or not as it is.
    package let nameAt: Int?

    /// Makes a base.
    package init(text: [UInt8], nameAt: Int?) {
      self.text = text
      self.nameAt = nameAt
    }
  }

  /// What a definition has instead of a part of its base.
  package struct Patch: Hashable, Sendable {
    /// The part of the base; the name's place is not within.
    package let range: Range<Int>
    /// What stands there; whole characters.
    package let text: [UInt8]

    /// Makes a patch.
    package init(_ range: Range<Int>, text: [UInt8]) {
      self.range = range
      self.text = text
    }
  }

  /// What it shares with others.
  package let base: Base
  /// What it has instead of a part of that; nil where it has all of it.
  package let patch: Patch?
  /// The item's name.
  package let name: String

  /// Makes a definition.
  package init(base: Base, patch: Patch? = nil, name: String) {
    self.base = base
    self.patch = patch
    self.name = name
  }

  /// A definition that shares nothing.
  package init(text: String) { self.init(base: Base(text: Array(text.utf8), nameAt: nil), name: "") }

  /// The whole text.
  package var text: String {
    let most = base.text.count + (patch?.text.count ?? 0) + name.utf8.count
    return String(unsafeUninitializedCapacity: most) { buffer in
      var count = 0
      func append(_ bytes: some Collection<UInt8>) {
        count = buffer[count...].initialize(fromContentsOf: bytes)
      }
      var left = patch
      func append(ofBase range: Range<Int>) {
        guard let patch = left, range.lowerBound <= patch.range.lowerBound, patch.range.upperBound <= range.upperBound
        else { return append(base.text[range]) }
        left = nil
        append(base.text[range.lowerBound..<patch.range.lowerBound])
        append(patch.text)
        append(base.text[patch.range.upperBound..<range.upperBound])
      }
      append(ofBase: 0..<(base.nameAt ?? base.text.count))
      if let nameAt = base.nameAt {
        append(name.utf8)
        append(ofBase: nameAt..<base.text.count)
      }
      return count
    }
  }
}

extension Definition: Hashable {
  /// Whether the texts are equal byte by byte, whatever they share with others.
  package static func == (one: Definition, other: Definition) -> Bool { one.text.hasSameBytes(as: other.text) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension Definition: ExpressibleByStringInterpolation, CustomStringConvertible {
  package init(stringLiteral text: String) { self.init(text: text) }

  package var description: String { text }
}
