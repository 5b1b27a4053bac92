// Keeps workspaces and ledger over a restart: one JSON file, written beside and renamed.

import Foundation

/// What the state file holds.
struct SavedState: Codable {
  var schemaVersion = 1
  var workspaces: [Workspace]
  /// Missing in files of before it was kept.
  var nextID: UInt64?
  var ledger: Ledger
}

enum StateFile {
  /// Reads the state; nil when there is no file yet.
  ///
  /// - Throws: `SandboxError` when the file cannot be read as one; it is never replaced silently.
  static func read(_ path: String) throws -> SavedState? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return try JSONDecoder().decode(SavedState.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw SandboxError(description: "The sandbox's state file \(path) cannot be read; remove it or name another one.")
    }
  }

  /// Writes the state, mode 0600.
  static func write(_ state: SavedState, to path: String) throws {
    let partial = path + ".partial"
    let data = try JSONEncoder().encode(state)
    guard FileManager.default.createFile(atPath: partial, contents: data, attributes: [.posixPermissions: 0o600]),
      rename(partial, path) == 0
    else { throw SandboxError(description: "The sandbox's state file \(path) cannot be written.") }
  }
}
