// Rows on their way from the thread that reads a roster to the thread that writes the queue, so that both work at once.

import Dispatch
import Foundation
package import Provisioning
import Synchronization

/// Takes the rows of an import, one after another; throws when the import has failed meanwhile.
package typealias RowSink = (NewRow) throws -> Void

/// Hands packed pieces from one thread to another; holds a few and no more, so that memory stays flat.
final class RowPipe: Sendable {
  /// Thrown at the reading side when the writing side has given up; its own error is the one to show.
  private struct Closed: Error {}

  private struct State {
    var pieces: [[UInt8]] = []
    /// How the reading ended: what a reader of the rows' cells must know, or an error.
    var end: Result<String?, any Error>?
    var isClosed = false
  }

  private static let mostWaiting = 4

  private let state = Mutex(State())
  /// Made with 0, because Dispatch stops the process when a semaphore is let go of below what it was made with.
  private let room = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  private init() { for _ in 0..<Self.mostWaiting { room.signal() } }

  /// Runs the reading side on a thread of its own and gives its rows to `take`, until it has ended.
  ///
  /// - Parameters:
  ///   - rows: calls its argument once for each row, in order.
  ///   - pieceEnd: called when rows enough for a piece were handed over.
  /// - Returns: what a reader of the rows' cells must know; nil without rows.
  /// - Throws: what either side threw.
  static func run(
    _ rows: @escaping @Sendable (RowSink) throws -> Void, take: (NewRow) throws -> Void, pieceEnd: () throws -> Void
  ) throws -> String? {
    let pipe = RowPipe()
    Thread.detachNewThread { pipe.end(Result { try pipe.read(rows) }) }
    // Nothing of the reading side is under way when the transaction ends.
    defer { pipe.ended.wait() }
    var unpacker = RowUnpacker()
    do {
      while let piece = try pipe.next() {
        try unpacker.unpack(piece, take)
        try pieceEnd()
      }
      return try pipe.state.withLock { $0.end }?.get() ?? nil
    } catch {
      pipe.close()
      throw error
    }
  }

  // MARK: - The reading side

  private func read(_ rows: (RowSink) throws -> Void) throws -> String? {
    var packer = RowPacker()
    try rows { row in
      packer.append(row)
      guard packer.isFull else { return }
      try put(packer.piece)
      packer.beginPiece()
    }
    if !packer.piece.isEmpty { try put(packer.piece) }
    return packer.knownCells
  }

  private func put(_ piece: [UInt8]) throws {
    room.wait()
    let isClosed = state.withLock { state in
      if !state.isClosed { state.pieces.append(piece) }
      return state.isClosed
    }
    if isClosed { throw Closed() }
    filled.signal()
  }

  private func end(_ result: Result<String?, any Error>) {
    state.withLock { $0.end = result }
    filled.signal()
    ended.signal()
  }

  // MARK: - The writing side

  /// The next piece; nil when the reading has ended and all were handed over.
  private func next() throws -> [UInt8]? {
    filled.wait()
    let piece = state.withLock { $0.pieces.isEmpty ? nil : $0.pieces.removeFirst() }
    if piece != nil { room.signal() }
    return piece
  }

  private func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
  }
}
