// A file of our own for what is too much for memory: readable by its owner alone, and gone whatever ends the process.

package import Foundation

/// A temporary file without a name: only this process can reach it, and the system frees it when the process ends.
package final class Spool: Sendable {
  /// Where it is: the open file itself, where the system shows those; elsewhere a file that is removed at the end.
  package let path: String
  private let folder: String
  private let descriptor: Int32
  /// Its name, where it had to keep one.
  private let name: String?

  /// Makes an empty one in the folder for temporary files, which is what its errors name.
  package init() throws(FileError) {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-\(UUID().uuidString)")
    folder = url.deletingLastPathComponent().path
    descriptor = open(url.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(folder, .system(errno)) }
    let open = "/proc/self/fd/\(descriptor)"
    if access(open, R_OK | W_OK) == 0 {
      unlink(url.path)
      (path, name) = (open, nil)
    } else {
      (path, name) = (url.path, url.path)
    }
  }

  deinit {
    close(descriptor)
    if let name { unlink(name) }
  }

  /// Appends bytes.
  package func append(_ bytes: some ContiguousBytes) throws(FileError) {
    let code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
    if code != 0 { throw FileError(folder, .system(code)) }
  }

  /// Some of what was appended; it is an error where there is less.
  package func bytes(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
      while filled < range.count, code == 0 {
        let start = buffer.baseAddress.map { $0 + filled }
        let count = pread(descriptor, start, range.count - filled, off_t(range.lowerBound + filled))
        if count < 0, errno == EINTR { continue }
        if count > 0 { filled += count } else { code = count < 0 ? errno : EIO }
      }
    }
    if code != 0 { throw FileError(folder, .system(code)) }
    return bytes
  }
}
