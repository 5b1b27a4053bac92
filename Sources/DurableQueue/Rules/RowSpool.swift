// The rows of a roster between its reading and its import: read once, kept in a file, so that memory stays flat. What is
// no more than one piece stays in memory: a class needs no file.

package import Files
package import Provisioning

/// Takes the rows of a reading, one after another.
package final class RowSpool {
  /// From how many bytes on a piece goes into the file.
  static let pieceSize = 1 << 18

  private var bytes: [UInt8] = []
  private var sizes: [Int] = []
  private var file: Spool?
  private var bases = LatestBases<Definition.Base>()
  private var latestAccount = ""
  private var cellText: CellText?

  fileprivate enum Tag: UInt8 {
    case base, item, issue
  }

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
      append(account: account)
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
    bytes.append(Tag.base.rawValue)
    append(base.nameAt.map { $0 + 1 } ?? 0)
    append(base.text.count)
    bytes += base.text
    return bases.add(base)
  }

  private func append(_ tag: Tag, _ row: NewRow) {
    bytes.append(tag.rawValue)
    append(row.ordinal)
    append(row.line)
    // The length of the cells' text is known when it is there.
    let place = bytes.count
    bytes += [0, 0, 0, 0]
    switch row.cells {
    case .read(let cells):
      var cellText = self.cellText ?? CellText(first: cells)
      self.cellText = nil
      cellText.append(cells, to: &bytes)
      self.cellText = cellText
    case .packed(let text): bytes += text
    }
    let count = UInt32(bytes.count - place - 4)
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: count >> (8 * UInt32(index))) }
  }

  /// The account of the item before is 0.
  private func append(account: String) {
    if account.hasSameBytes(as: latestAccount) { return append(0) }
    latestAccount = account
    append(account.utf8.count + 1)
    bytes += account.utf8
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

  /// Hands over the rows, in order, with packed cells. A row that is stored keeps its whole piece in memory.
  ///
  /// - Parameter pieceEnd: called when rows enough for a piece were handed over.
  /// - Throws: `FileError`, and what the bodies throw.
  func forEach(_ body: (NewRow) throws -> Void, pieceEnd: () throws -> Void = {}) throws {
    var unpacker = RowUnpacker()
    var start = 0
    for size in sizes {
      guard let file else { break }
      try unpacker.unpack(try file.bytes(start..<start + size), body)
      try pieceEnd()
      start += size
    }
    try unpacker.unpack(rest, body)
    try pieceEnd()
  }
}

/// Takes the bytes of pieces apart.
private struct RowUnpacker {
  private var bytes: [UInt8] = []
  private var index = 0
  private var bases = LatestBases<Definition.Base>()
  private var account = ""

  mutating func unpack(_ piece: [UInt8], _ body: (NewRow) throws -> Void) throws {
    (bytes, index) = (piece, 0)
    while index < bytes.count, let tag = RowSpool.Tag(rawValue: bytes[index]) {
      index += 1
      switch tag {
      case .base:
        let nameAt = number()
        bases.add(Definition.Base(text: Array(bytes[range(number())]), nameAt: nameAt == 0 ? nil : nameAt - 1))
      case .item: try body(row { $0.item() })
      case .issue: try body(row { $0.issue() })
      }
    }
  }

  private mutating func row(_ content: (inout RowUnpacker) -> NewRow.Content) -> NewRow {
    let (ordinal, line) = (number(), number())
    let count = (0..<4).reduce(0) { $0 | Int(bytes[index + $1]) << (8 * $1) }
    index += 4
    let cells = bytes[range(count)]
    return NewRow(ordinal: ordinal, line: line, packed: cells, content: content(&self))
  }

  private mutating func item() -> NewRow.Content {
    let count = number()
    if count > 0 { account = text(count - 1) }
    let name = text(number())
    let base = bases[number()]
    return .item(account: account, name: name, definition: Definition(base: base, patch: patch(), name: name))
  }

  private mutating func issue() -> NewRow.Content {
    let (issue, account, name) = (text(number()), text(number()), text(number()))
    return number() == 0 ? .issue(issue) : .issue(issue, account: account, name: name)
  }

  private mutating func patch() -> Definition.Patch? {
    let end = number() - 1
    if end < 0 { return nil }
    let start = end - number()
    return Definition.Patch(start..<end, text: Array(bytes[range(number())]))
  }

  private mutating func text(_ count: Int) -> String { String(decoding: bytes[range(count)], as: UTF8.self) }

  /// The places of the next bytes.
  private mutating func range(_ count: Int) -> Range<Int> {
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
