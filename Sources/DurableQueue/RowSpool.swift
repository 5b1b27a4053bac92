// The rows of a roster between its reading and its import: read once, kept in a file, so that memory stays flat. What is
// no more than one piece stays in memory: a class needs no file.

package import Files
import Provisioning

/// Takes the rows of a reading, one after another.
package final class RowSpool {
  /// From how many bytes on a piece goes into the file.
  static let pieceSize = 1 << 18

  private var bytes: [UInt8] = []
  private var sizes: [Int] = []
  private var file: Spool?
  private var bases = LatestBases()

  /// Makes one without rows.
  package init() {}

  /// Takes the next row.
  ///
  /// - Throws: `FileError`.
  package func append(_ row: NewRow) throws(FileError) {
    switch row.content {
    case .item(let account, let name, let definition):
      let (base, isNew) = bases.place(of: definition.base)
      if isNew { append(definition.base) }
      append(.item, row)
      for text in [account, name] { append(text) }
      append(base)
      append(definition.patch)
    case .issue(let text, let account, let name):
      append(.issue, row)
      for text in [text, account ?? "", name ?? ""] { append(text) }
      bytes.append((account == nil ? 0 : 1) + (name == nil ? 0 : 2))
    }
    guard bytes.count >= Self.pieceSize else { return }
    let file = if let file { file } else { try Spool() }
    self.file = file
    try file.append(bytes)
    sizes.append(bytes.count)
    bytes.removeAll(keepingCapacity: true)
  }

  /// The rows that were taken so far.
  package var rows: SpooledRows { SpooledRows(file: file, sizes: sizes, rest: bytes) }

  private func append(_ base: Definition.Base) {
    bytes.append(SpooledRows.Tag.base.rawValue)
    append(base.nameAt.map { $0 + 1 } ?? 0)
    append(base.text)
  }

  private func append(_ tag: SpooledRows.Tag, _ row: NewRow) {
    bytes.append(tag.rawValue)
    append(row.ordinal)
    append(row.line)
    append(row.cells.count)
    for cell in row.cells { append(cell) }
  }

  private func append(_ patch: Definition.Patch?) {
    guard let patch else { return append(0) }
    append(patch.range.upperBound + 1)
    append(patch.range.count)
    append(patch.text)
  }

  private func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  private func append(_ text: [UInt8]) {
    append(text.count)
    bytes += text
  }

  /// A number that is not negative, seven bits to a byte, the lowest first.
  private func append(_ number: Int) {
    var rest = number
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// The rows of a reading; they can be read as often as one likes.
package struct SpooledRows: Sendable {
  fileprivate enum Tag: UInt8 {
    case base, item, issue
  }

  private let file: Spool?
  /// Of the pieces in the file.
  private let sizes: [Int]
  /// What follows them.
  private let rest: [UInt8]

  fileprivate init(file: Spool?, sizes: [Int], rest: [UInt8]) {
    (self.file, self.sizes, self.rest) = (file, sizes, rest)
  }

  /// Hands over the rows, in order.
  ///
  /// - Throws: `FileError`, and what the body throws.
  package func forEach(_ body: RowSink) throws {
    var bases = LatestBases()
    var start = 0
    for size in sizes {
      guard let file else { break }
      var piece = SpooledPiece(try file.bytes(start..<start + size))
      try piece.forEach(&bases, body)
      start += size
    }
    var piece = SpooledPiece(rest)
    try piece.forEach(&bases, body)
  }

  /// A piece that is read.
  private struct SpooledPiece {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func forEach(_ bases: inout LatestBases, _ body: RowSink) throws {
      while index < bytes.count {
        let tag = Tag(rawValue: bytes[index])
        index += 1
        if tag == .base {
          let nameAt = number()
          bases.add(Definition.Base(text: Array(text()), nameAt: nameAt == 0 ? nil : nameAt - 1))
          continue
        }
        let (ordinal, line) = (number(), number())
        let cells = (0..<number()).map { _ in string() }
        let content: NewRow.Content = tag == .item ? item(bases) : issue()
        try body(NewRow(ordinal: ordinal, line: line, cells: cells, content: content))
      }
    }

    private mutating func item(_ bases: LatestBases) -> NewRow.Content {
      let (account, name) = (string(), string())
      let base = bases[number()]
      return .item(account: account, name: name, definition: Definition(base: base, patch: patch(), name: name))
    }

    private mutating func issue() -> NewRow.Content {
      let (text, account, name) = (string(), string(), string())
      let flags = number()
      return .issue(text, account: flags & 1 == 0 ? nil : account, name: flags & 2 == 0 ? nil : name)
    }

    private mutating func patch() -> Definition.Patch? {
      let end = number() - 1
      guard end >= 0 else { return nil }
      return Definition.Patch(end - number()..<end, text: Array(text()))
    }

    private mutating func string() -> String { String(decoding: text(), as: UTF8.self) }

    private mutating func text() -> ArraySlice<UInt8> {
      let count = number()
      index += count
      return bytes[index - count..<index]
    }

    private mutating func number() -> Int {
      var (number, shift) = (0, 0)
      while bytes[index] > 0x7F {
        number |= Int(bytes[index] & 0x7F) << shift
        shift += 7
        index += 1
      }
      index += 1
      return number | Int(bytes[index - 1]) << shift
    }
  }
}

/// The bases that were met last, the same ones while rows are written and while they are read.
private struct LatestBases {
  /// A reading goes back and forth between a few.
  private static let most = 16

  private var bases: [Definition.Base] = []
  private var next = 0

  mutating func add(_ base: Definition.Base) {
    if bases.count < Self.most { bases.append(base) } else { bases[next] = base }
    next = (next + 1) % Self.most
  }

  /// Where a base stands; it is added when it is none of them.
  mutating func place(of base: Definition.Base) -> (place: Int, isNew: Bool) {
    if let known = bases.firstIndex(where: { $0 === base }) { return (known, false) }
    add(base)
    return ((next + Self.most - 1) % Self.most, true)
  }

  subscript(place: Int) -> Definition.Base { bases[place] }
}
