// Keeps workspaces and ledger over a restart: one JSON file, written beside and renamed.

import Files
import Foundation
import Provisioning

/// What the state file holds.
struct SavedState: Codable {
  var schemaVersion = 1
  var workspaces: [Workspace]
  /// Missing in files of before it was kept.
  var nextID: UInt64?
  var ledger: Ledger
}

enum StateFile {
  private static let mark = "rollcall-sandbox"

  /// Reads the state; nil when there is no file yet, or an empty one.
  ///
  /// - Throws: `SandboxError` when the file cannot be read as one; it is never replaced silently.
  static func read(_ path: String) throws -> SavedState? {
    do {
      guard let facts = try FileFacts.of(path) else { return nil }
      // Not even opened: a pipe would be waited for.
      guard facts.kind == .regular else { throw FileError(path, .notAFile(facts.kind)) }
      guard facts.size > 0, let bytes = try FileLook.contents(of: path) else { return nil }
      return try JSONDecoder().decode(SavedState.self, from: Data(bytes))
    } catch let refusal as FileRefusal {
      throw SandboxError(description: "The sandbox's state file \(path) cannot be read: \(refusal.sentence).")
    } catch {
      throw SandboxError(
        description: "The sandbox's state file \(path) is not one, or cannot be read; name another one with --state.")
    }
  }

  /// Writes the state, mode 0600, in place of an older one and of nothing else.
  static func write(_ state: SavedState, to path: String) throws {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      let place = try OutputPlace(path)
      let file = try NewFile(place.name, in: place.folder, mark: mark)
      file.buffer = Array(try encoder.encode(state))
      try file.flush()
      try place.check(needed: NeededFiles(), isKind: isKind)
      try file.rename()
    } catch {
      throw SandboxError(
        description: "The sandbox's state file \(path) cannot be written, or something else has taken its place.")
    }
  }

  /// Whether a file that begins so is a state, as far as that tells.
  private static func isKind(_ beginning: [UInt8]) -> Bool {
    ["schemaVersion", "workspaces", "nextID", "ledger"].contains { beginning.starts(with: Array("{\"\($0)\"".utf8)) }
  }
}
