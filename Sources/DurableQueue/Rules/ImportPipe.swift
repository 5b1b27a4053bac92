// Rows on their way from the thread that reads a roster to the thread that writes the queue, in pieces, so that both work
// at once.

import Dispatch
import Provisioning
import Synchronization

/// Some rows, packed: their bytes lie one behind the other, and no row has an object of its own to be counted.
struct ImportPiece: Sendable {
  /// One row.
  struct Packed: Sendable {
    enum Content: Sendable {
      case item(Item)
      /// Its place among the piece's issues.
      case issue(Int)
    }

    let ordinal: Int
    let line: Int
    /// The text of its cells, as `CellText` writes it.
    let cells: Range<Int>
    let content: Content
  }

  /// What an accepted row asks for.
  struct Item: Sendable {
    /// Its place among the piece's accounts.
    let account: Int
    let name: Range<Int>
    /// The definition, or what of it differs from a pattern.
    let definition: Range<Int>
    let difference: Difference?
  }

  struct Difference: Sendable {
    /// Its place among the piece's patterns.
    let pattern: Int
    let replaced: Range<Int>
    let nameAt: Int
  }

  struct Issue: Sendable {
    let text: String
    let account: String?
    let name: String?
  }

  /// How many rows a piece has at most.
  static let size = 400
  /// How many bytes: a piece with more has no other row.
  static let largest = 1 << 22

  private(set) var bytes: [UInt8] = []
  private(set) var rows: [Packed] = []
  private(set) var accounts: [String] = []
  private(set) var patterns: [Definition.Pattern] = []
  private(set) var issues: [Issue] = []

  init() { rows.reserveCapacity(Self.size) }

  mutating func append(_ row: NewRow, _ cellText: inout CellText) {
    let cells = bytes.count
    cellText.append(row.cells, to: &bytes)
    let end = bytes.count
    rows.append(
      Packed(ordinal: row.ordinal, line: row.line, cells: cells..<end, content: content(of: row.content)))
  }

  private mutating func content(of content: NewRow.Content) -> Packed.Content {
    switch content {
    case .issue(let text, let account, let name):
      issues.append(Issue(text: text, account: account, name: name))
      return .issue(issues.count - 1)
    case .item(let account, let itemName, let definition):
      let name = bytes.count
      bytes += itemName.utf8
      let start = bytes.count
      var difference: Difference?
      switch definition.form {
      case .like(let pattern, let replaced, let new, let nameAt, let itsName) where itsName.hasSameBytes(as: itemName):
        bytes += new
        difference = Difference(pattern: place(of: pattern), replaced: replaced, nameAt: nameAt)
      case .like, .whole: bytes += definition.text.utf8
      }
      return .item(
        Item(
          account: place(of: account), name: name..<start, definition: start..<bytes.count, difference: difference))
    }
  }

  private mutating func place(of account: String) -> Int {
    if let last = accounts.last, last.hasSameBytes(as: account) { return accounts.count - 1 }
    if let known = accounts.firstIndex(where: { $0.hasSameBytes(as: account) }) { return known }
    accounts.append(account)
    return accounts.count - 1
  }

  private mutating func place(of pattern: Definition.Pattern) -> Int {
    if let known = patterns.firstIndex(where: { $0 === pattern }) { return known }
    patterns.append(pattern)
    return patterns.count - 1
  }

  /// The text of some of its bytes.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

/// Hands pieces from one thread to another; holds a few and no more, so that memory stays flat.
final class ImportPipe: Sendable {
  /// Thrown at the reading side when the writing side has given up; its own error is the one to show.
  struct Closed: Error {}

  private struct State {
    var pieces: [ImportPiece] = []
    var end: Result<CellText?, any Error>?
    var isClosed = false
  }

  private static let mostWaiting = 4

  private let state = Mutex(State())
  /// Made with 0, because Dispatch stops the process when a semaphore is let go of below what it was made with.
  private let room = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)

  private init() {
    for _ in 0..<Self.mostWaiting { room.signal() }
  }

  /// Runs the reading side on a thread of its own and gives its pieces to `take`, until it has ended.
  ///
  /// - Returns: how the rows' cells are kept; nil when there were no rows.
  /// - Throws: what either side threw.
  static func run(
    _ rows: @escaping @Sendable (RowSink) throws -> Void, take: (ImportPiece) throws -> Void
  ) throws -> CellText? {
    let pipe = ImportPipe()
    let ended = DispatchGroup()
    DispatchQueue.global(qos: .userInitiated).async(group: ended) {
      pipe.end(Result { try pipe.read(rows) })
    }
    // Nothing of the reading side is under way when the transaction ends.
    defer { ended.wait() }
    do {
      while true {
        switch try pipe.next() {
        case .piece(let piece): try take(piece)
        case .end(let cellText): return cellText
        }
      }
    } catch {
      pipe.close()
      throw error
    }
  }

  private func read(_ rows: (RowSink) throws -> Void) throws -> CellText? {
    var piece = ImportPiece()
    var cellText: CellText?
    try rows { row in
      var kept = cellText ?? CellText(first: row.cells)
      cellText = nil
      piece.append(row, &kept)
      cellText = kept
      guard piece.rows.count == ImportPiece.size || piece.bytes.count >= ImportPiece.largest else { return }
      try self.put(piece)
      piece = ImportPiece()
    }
    if !piece.rows.isEmpty { try put(piece) }
    return cellText
  }

  private func put(_ piece: ImportPiece) throws {
    room.wait()
    let isClosed = state.withLock { state in
      if !state.isClosed { state.pieces.append(piece) }
      return state.isClosed
    }
    if isClosed { throw Closed() }
    filled.signal()
  }

  private func end(_ result: Result<CellText?, any Error>) {
    state.withLock { $0.end = result }
    filled.signal()
  }

  private enum Next {
    case piece(ImportPiece)
    case end(CellText?)
  }

  private func next() throws -> Next {
    filled.wait()
    let (piece, end) = state.withLock { state in
      (state.pieces.isEmpty ? nil : state.pieces.removeFirst(), state.end)
    }
    guard let piece else { return .end(try end?.get() ?? nil) }
    room.signal()
    return .piece(piece)
  }

  private func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
  }
}
