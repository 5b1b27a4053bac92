// Rows as bytes, in pieces: how they lie in a spool and how they go from one thread to another. What a piece refers to may
// stand in an earlier one, so all are read in order.

import Provisioning

/// Packs the rows of a reading, one after another.
struct RowPacker {
  /// From how many bytes on a piece is full.
  static let pieceSize = 1 << 18

  /// The piece so far.
  private(set) var piece: [UInt8] = []
  private var bases = LatestBases<Definition.Base>()
  private var latestAccount = ""
  private var cellText: CellText?

  fileprivate enum Tag: UInt8 {
    case base, item, issue
  }

  /// Whether the piece is to be taken.
  var isFull: Bool { piece.count >= Self.pieceSize }

  /// What a reader of the rows' cells must know; nil without rows.
  var knownCells: String? { cellText?.known }

  /// Begins a new piece, in the room of the one before.
  mutating func beginPiece() { piece.removeAll(keepingCapacity: true) }

  /// Takes the next row.
  mutating func append(_ row: NewRow) {
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
  }

  private mutating func place(of base: Definition.Base) -> Int {
    if let known = bases.place(where: { $0 === base }) { return known }
    piece.append(Tag.base.rawValue)
    append(base.nameAt.map { $0 + 1 } ?? 0)
    append(base.text.count)
    piece += base.text
    return bases.add(base)
  }

  private mutating func append(_ tag: Tag, _ row: NewRow) {
    piece.append(tag.rawValue)
    append(row.ordinal)
    append(row.line)
    // The length of the cells' text is known when it is there.
    let place = piece.count
    piece += [0, 0, 0, 0]
    switch row.cells {
    case .read(let cells):
      var cellText = self.cellText ?? CellText(first: cells)
      self.cellText = nil
      cellText.append(cells, to: &piece)
      self.cellText = cellText
    case .packed(let text): piece += text
    }
    let count = UInt32(piece.count - place - 4)
    for index in 0..<4 { piece[place + index] = UInt8(truncatingIfNeeded: count >> (8 * UInt32(index))) }
  }

  /// The account of the item before is 0.
  private mutating func append(account: String) {
    if account.hasSameBytes(as: latestAccount) { return append(0) }
    latestAccount = account
    append(account.utf8.count + 1)
    piece += account.utf8
  }

  private mutating func append(_ patch: Definition.Patch?) {
    guard let patch else { return append(0) }
    append(patch.range.upperBound + 1)
    append(patch.range.count)
    append(patch.text.count)
    piece += patch.text
  }

  private mutating func append(_ text: String) {
    append(text.utf8.count)
    piece += text.utf8
  }

  /// A number that is not negative, seven bits to a byte, the lowest first.
  private mutating func append(_ number: Int) {
    var rest = number
    while rest > 0x7F {
      piece.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    piece.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Takes the bytes of pieces apart.
struct RowUnpacker {
  private var bytes: [UInt8] = []
  private var index = 0
  private var bases = LatestBases<Definition.Base>()
  private var account = ""

  /// Hands over a piece's rows, with packed cells. A row that is stored keeps its whole piece in memory.
  mutating func unpack(_ piece: [UInt8], _ body: (NewRow) throws -> Void) throws {
    (bytes, index) = (piece, 0)
    while index < bytes.count {
      guard let tag = RowPacker.Tag(rawValue: bytes[index]) else { throw BrokenRows(what: "a row of no kind") }
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
