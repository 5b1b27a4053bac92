// A file of our own that a roster is turned into before it is read: readable by its owner alone, gone when it is let go.

package import Foundation

/// A temporary file that removes itself.
package final class Spool: Sendable {
  /// Where it is.
  package let path: String

  /// Makes an empty one.
  ///
  /// - Parameter shownAs: what it is made for, for the error.
  /// - Throws: `RosterError`.
  package init(shownAs: String) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-\(UUID().uuidString)")
    path = url.path
    let isMade = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    guard isMade else {
      throw RosterError(.unreadable, file: shownAs, detail: "no temporary file can be made in \(url.path)")
    }
  }

  deinit { unlink(path) }

  /// Opens it for writing, from its start.
  package func write(_ shownAs: String, _ body: (FileHandle) throws -> Void) throws {
    let handle: FileHandle
    do {
      handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    } catch {
      throw RosterError(.unreadable, file: shownAs, detail: error.localizedDescription)
    }
    defer { _ = Result { try handle.close() } }
    try body(handle)
  }
}
