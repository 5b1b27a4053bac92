// A file that is written beside its final name and renamed when it is whole, so that nobody ever reads half a report.

import Foundation

/// One report file under way.
final class ReportFile {
  private static let flushSize = 256 * 1_024

  /// What was appended and not yet written.
  var buffer: [UInt8] = []
  private let descriptor: Int32
  private let partial: String
  private let final: String
  private var isFinished = false

  /// Starts the file `name` in `folder`, mode 0600: rosters hold people's names.
  init(_ name: String, in folder: String) throws(ReportError) {
    final = "\(folder)/\(name)"
    partial = "\(folder)/.\(name).\(getpid()).partial"
    descriptor = open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ReportError(path: partial, detail: String(cString: strerror(errno))) }
  }

  deinit {
    close(descriptor)
    if !isFinished { unlink(partial) }
  }

  /// Writes what was appended once it is worth a call.
  func flushIfLarge() throws(ReportError) {
    if buffer.count >= Self.flushSize { try flush() }
  }

  private func flush() throws(ReportError) {
    var written = 0
    while written < buffer.count {
      let count = buffer.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ReportError(path: partial, detail: String(cString: strerror(errno))) }
      written += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Appends a part of another file that is under way, a piece at a time.
  ///
  /// - Parameter range: bytes of what was appended to the other one so far.
  func append(_ range: Range<Int>, of other: ReportFile) throws(ReportError) {
    try other.flush()
    var piece = [UInt8](repeating: 0, count: min(range.count, Self.flushSize))
    var offset = range.lowerBound
    while offset < range.upperBound {
      let wanted = min(piece.count, range.upperBound - offset)
      let count = pread(other.descriptor, &piece, wanted, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ReportError(path: other.partial, detail: "it cannot be read back") }
      buffer += piece[..<count]
      offset += count
      try flushIfLarge()
    }
  }

  /// Writes the rest and gives the file its name.
  func finish() throws(ReportError) {
    try flush()
    guard rename(partial, final) == 0 else {
      throw ReportError(path: final, detail: String(cString: strerror(errno)))
    }
    isFinished = true
  }
}

/// A report that could not be written.
package struct ReportError: Error, CustomStringConvertible, Hashable {
  /// The file or folder.
  package let path: String
  /// What the system said, or what is in the way.
  package let detail: String
  /// Whether the folder belongs to another report, so that the command was meant differently.
  package var isFolderTaken = false

  /// One sentence: which file, and why.
  package var description: String { "The report \(path) cannot be written: \(detail)." }
}
