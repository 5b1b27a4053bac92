// A file that is written beside its final name and renamed when it is whole, so that nobody ever reads half of it.

import Foundation

/// A file under way, for its owner alone. It is removed if it is never given its name.
package final class NewFile {
  private static let flushSize = 256 * 1_024
  /// What the names of files that only try begin with.
  package static let trialMark = "rollcall-trial"

  /// What was appended and not yet written.
  package var buffer: [UInt8] = []
  /// Its final name.
  package let name: String
  private let folder: Folder
  private let descriptor: Int32
  /// What it is called until it has its name; nil when it is called that no more.
  private var partial: String?

  /// Starts a file in a folder, mode 0600: rosters hold people's names. Its name under way begins with `mark`, by which
  /// `isPartial` knows it again.
  package init(_ name: String, in folder: Folder, mark: String) throws(FileError) {
    self.name = name
    self.folder = folder
    // Nobody can have put something of this name there.
    let partial = ".\(mark).\(Self.randomText())\(Self.randomText()).partial"
    descriptor = openat(folder.descriptor, partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(name.isEmpty ? folder.path : folder.path(of: name), .system(errno)) }
    self.partial = partial
  }

  deinit {
    close(descriptor)
    removeName()
  }

  private static func randomText() -> String {
    let text = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  /// Whether a name is that of a file under way with this mark.
  package static func isPartial(_ name: String, mark: String) -> Bool {
    let (start, end) = (".\(mark).", ".partial")
    guard name.hasPrefix(start), name.hasSuffix(end), name.utf8.count == start.utf8.count + 32 + end.utf8.count else {
      return false
    }
    return name.dropFirst(start.count).prefix(32).allSatisfy(\.isHexDigit)
  }

  /// Whom it belongs to, by number; nil when the system does not tell.
  var owner: UInt32? { FileFacts.of(descriptor: descriptor)?.owner }

  private var path: String { folder.path(of: name) }

  private func removeName() {
    if let partial { unlinkat(folder.descriptor, partial, 0) }
    partial = nil
  }

  /// Takes its name away, so that it is gone whatever ends the process; it can still be written and read back.
  package func hide() { removeName() }

  /// Writes what was appended once it is worth a call.
  package func flushIfLarge() throws(FileError) {
    if buffer.count >= Self.flushSize { try flush() }
  }

  /// Writes what was appended.
  package func flush() throws(FileError) {
    let code = buffer.withUnsafeBytes { writeAll($0, to: descriptor) }
    guard code == 0 else { throw FileError(path, .system(code)) }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Appends a part of what was appended to another file that is under way, a piece at a time.
  package func append(_ range: Range<Int>, of other: NewFile) throws(FileError) {
    try other.flush()
    var piece = [UInt8](repeating: 0, count: min(range.count, Self.flushSize))
    var offset = range.lowerBound
    while offset < range.upperBound {
      let wanted = min(piece.count, range.upperBound - offset)
      let count = pread(other.descriptor, &piece, wanted, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(other.path, .system(count < 0 ? errno : EIO)) }
      buffer += piece[..<count]
      offset += count
      try flushIfLarge()
    }
  }

  /// Writes the rest and waits until the disk has it.
  package func sync() throws(FileError) {
    try flush()
    // Some file systems sync nothing.
    guard fsync(descriptor) == 0 || [EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) else {
      throw FileError(path, .system(errno))
    }
  }

  /// Gives the file its name, in place of what has it.
  package func rename() throws(FileError) {
    guard let partial else { return }
    guard renameat(folder.descriptor, partial, folder.descriptor, name) == 0 else {
      throw FileError(path, .system(errno))
    }
    self.partial = nil
  }
}

/// Writes all of some bytes into an open file; 0, or the system's reason (`errno`) why not.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return count < 0 ? errno : EIO }
    written += count
  }
  return 0
}
