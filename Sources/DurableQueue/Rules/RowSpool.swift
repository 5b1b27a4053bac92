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
  private var bases = LatestBases<Definition.Base>()
  private var cellText: CellText?

  /// Makes one without rows.
  package init() {}

  /// Takes the next row.
  ///
  /// - Throws: `FileError`.
  package func append(_ row: NewRow) throws(FileError) {
    switch row.content {
    case .item(let account, let name, let definition):
      let base = place(of: definition.base)
      append(.item, row)
      append(account)
      append(name)
      append(base)
      append(definition.patch)
    case .issue(let text, let account, let name):
      append(.issue, row)
      for text in [text, account ?? "", name ?? ""] { append(text) }
      append(account == nil || name == nil ? 0 : 1)
    }
    guard bytes.count >= Self.pieceSize else { return }
    let file = if let file { file } else { try Spool() }
    self.file = file
    try file.append(bytes)
    sizes.append(bytes.count)
    bytes.removeAll(keepingCapacity: true)
  }

  /// The rows that were taken so far.
  package var rows: SpooledRows {
    SpooledRows(file: file, sizes: sizes, rest: bytes, knownCells: cellText?.known)
  }

  private func place(of base: Definition.Base) -> Int {
    if let known = bases.place(where: { $0 === base }) { return known }
    append(SpooledRow.Tag.base)
    append(base.nameAt.map { $0 + 1 } ?? 0)
    append(base.text.count)
    bytes += base.text
    return bases.add(base)
  }

  private func append(_ tag: SpooledRow.Tag) { bytes.append(tag.rawValue) }

  private func append(_ tag: SpooledRow.Tag, _ row: NewRow) {
    append(tag)
    append(row.ordinal)
    append(row.line)
    // The length of the cells' text is known when it is there.
    let place = bytes.count
    bytes += [0, 0, 0, 0]
    var cellText = self.cellText ?? CellText(first: row.cells)
    self.cellText = nil
    cellText.append(row.cells, to: &bytes)
    self.cellText = cellText
    let count = UInt32(bytes.count - place - 4)
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: count >> (8 * UInt32(index))) }
  }

  private func append(_ patch: Definition.Patch?) {
    guard let patch else { return append(0) }
    append(patch.range.upperBound + 1)
    append(patch.range.count)
    append(patch.text.count)
    bytes += patch.text
  }

  private func append(_ text: String) {
    append(text.utf8.count)
    bytes += text.utf8
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
  fileprivate let file: Spool?
  /// Of the pieces in the file.
  fileprivate let sizes: [Int]
  /// What follows them.
  fileprivate let rest: [UInt8]
  /// What a reader of the rows' cells must know; nil without rows.
  let knownCells: String?

  /// Hands over the rows in pieces, in order.
  ///
  /// - Throws: `FileError`, and what the body throws.
  func forEachPiece(_ body: (SpooledPiece) throws -> Void) throws {
    var start = 0
    for size in sizes {
      guard let file else { break }
      try body(SpooledPiece(try file.bytes(start..<start + size)))
      start += size
    }
    try body(SpooledPiece(rest))
  }
}

/// Some rows, packed: their bytes lie one behind the other, and no row has an object of its own to be counted.
struct SpooledPiece {
  let bytes: [UInt8]
  private(set) var rows: [SpooledRow] = []

  fileprivate init(_ bytes: [UInt8]) {
    self.bytes = bytes
    bytes.withUnsafeBufferPointer { buffer in
      var reader = PieceReader(bytes: buffer)
      while let row = reader.next() { rows.append(row) }
    }
  }

  /// The text of some of its bytes.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

/// One row, or a base that the rows behind it use; ranges are places in its piece.
enum SpooledRow {
  fileprivate enum Tag: UInt8 {
    case base, item, issue
  }

  struct Place {
    let ordinal: Int
    let line: Int
    /// The text of its cells, as `CellText` writes it.
    let cells: Range<Int>
  }

  struct Item {
    let account: Range<Int>
    let name: Range<Int>
    /// The definition's base: its place among the latest ones.
    let base: Int
    let patch: (range: Range<Int>, text: Range<Int>)?
  }

  case base(text: Range<Int>, nameAt: Int?)
  case item(Item, Place)
  case issue(text: Range<Int>, key: (account: Range<Int>, name: Range<Int>)?, Place)
}

/// Takes the bytes of a piece apart.
private struct PieceReader {
  let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0

  init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func next() -> SpooledRow? {
    guard index < bytes.count, let tag = SpooledRow.Tag(rawValue: bytes[index]) else { return nil }
    index += 1
    switch tag {
    case .base:
      let nameAt = number()
      return .base(text: text(), nameAt: nameAt == 0 ? nil : nameAt - 1)
    case .item:
      let place = place()
      return .item(SpooledRow.Item(account: text(), name: text(), base: number(), patch: patch()), place)
    case .issue:
      let place = place()
      let (issue, account, name) = (text(), text(), text())
      return .issue(text: issue, key: number() == 0 ? nil : (account, name), place)
    }
  }

  private mutating func place() -> SpooledRow.Place {
    let (ordinal, line) = (number(), number())
    let count = (0..<4).reduce(0) { $0 | Int(bytes[index + $1]) << (8 * $1) }
    index += 4 + count
    return SpooledRow.Place(ordinal: ordinal, line: line, cells: index - count..<index)
  }

  private mutating func patch() -> (range: Range<Int>, text: Range<Int>)? {
    let end = number() - 1
    if end < 0 { return nil }
    return (end - number()..<end, text())
  }

  private mutating func text() -> Range<Int> {
    let count = number()
    index += count
    return index - count..<index
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

/// What was met last, in the same places while rows are written and while they are read: a reading goes back and forth
/// between a few bases.
struct LatestBases<Base> {
  private static var most: Int { 16 }

  private var bases: [Base] = []
  private var last = -1

  /// Adds one, in place of the oldest.
  ///
  /// - Returns: its place.
  @discardableResult
  mutating func add(_ base: Base) -> Int {
    last = (last + 1) % Self.most
    if last < bases.count { bases[last] = base } else { bases.append(base) }
    return last
  }

  func place(where isIt: (Base) -> Bool) -> Int? { bases.firstIndex(where: isIt) }

  subscript(place: Int) -> Base {
    get { bases[place] }
    set { bases[place] = newValue }
  }
}
