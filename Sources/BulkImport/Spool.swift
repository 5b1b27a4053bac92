// A file of our own that a roster is turned into before it is read: readable by its owner alone, gone when it is let go.

import Foundation

/// A temporary file that removes itself.
final class Spool: Sendable {
  let path: String

  /// Makes an empty one.
  init(shownAs: String) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-\(UUID().uuidString)")
    path = url.path
    let isMade = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    guard isMade else {
      throw RosterError(.unreadable, file: shownAs, detail: "no temporary file can be made in \(url.path)")
    }
  }

  deinit { unlink(path) }

  /// Opens it for writing, from its start.
  func write(_ shownAs: String, _ body: (FileHandle) throws -> Void) throws {
    let handle: FileHandle
    do {
      handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    } catch {
      throw RosterError(.unreadable, file: shownAs, detail: error.localizedDescription)
    }
    defer { _ = Result { try handle.close() } }
    try body(handle)
  }

  /// Fills one from standard input.
  static func ofStandardInput(shownAs: String) throws -> Spool {
    let spool = try Spool(shownAs: shownAs)
    try spool.write(shownAs) { output in
      while let data = try FileHandle.standardInput.read(upToCount: 1 << 18), !data.isEmpty {
        try output.write(contentsOf: data)
      }
    }
    return spool
  }
}
