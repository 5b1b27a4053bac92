// A file of our own that a roster is turned into before it is read: readable by its owner alone, and gone whatever ends the
// process.

package import Foundation

/// A temporary file without a name: only this process can reach it, and the system frees it when the process ends.
package final class Spool: Sendable {
  /// Where it is: the open file itself, where the system shows those; elsewhere a file that is removed at the end.
  package let path: String
  private let descriptor: Int32
  /// Its name, where it had to keep one.
  private let name: String?

  /// Makes an empty one.
  ///
  /// - Parameter shownAs: what it is made for, for the error.
  /// - Throws: `RosterError`.
  package init(shownAs: String) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-\(UUID().uuidString)")
    descriptor = open(url.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let folder = url.deletingLastPathComponent().path
      throw RosterError(.noCopy, file: shownAs, detail: "\(folder): \(String(cString: strerror(errno)))")
    }
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

  /// Opens it for writing, from its start.
  ///
  /// - Throws: what the body throws; `RosterError` when the system does not let it write.
  package func write(_ shownAs: String, _ body: (FileHandle) throws -> Void) throws {
    do {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      defer { _ = Result { try handle.close() } }
      try body(handle)
    } catch let error as CocoaError {
      throw RosterError(.noCopy, file: shownAs, detail: error.localizedDescription)
    }
  }
}
