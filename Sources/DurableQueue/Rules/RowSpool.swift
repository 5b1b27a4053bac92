// The rows of a roster between its reading and its import: read once, kept in a file, so that memory stays flat. What is
// no more than one piece stays in memory: a class needs no file.

package import Files
package import Provisioning

/// Takes the rows of a reading, one after another.
package final class RowSpool {
  private var packer = RowPacker()
  private var sizes: [Int] = []
  private var file: Spool?

  /// Makes one without rows.
  package init() {}

  /// Takes the next row.
  ///
  /// - Throws: `FileError`.
  package func append(_ row: NewRow) throws(FileError) {
    packer.append(row)
    guard packer.isFull else { return }
    let file = if let file { file } else { try Spool() }
    self.file = file
    try file.append(packer.piece)
    sizes.append(packer.piece.count)
    packer.beginPiece()
  }

  /// The rows that were taken so far.
  package var rows: SpooledRows {
    SpooledRows(file: file, sizes: sizes, rest: packer.piece, knownCells: packer.knownCells)
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
