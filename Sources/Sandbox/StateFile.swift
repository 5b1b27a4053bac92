// Keeps workspaces and ledger over a restart: the state in the first line, then one line for each change since. What is
// whole is written beside and renamed; changes are appended.

import Files
import Foundation
import Provisioning

/// The first line of the state file; all of it in files of older versions.
struct SavedState: Codable {
  /// The version that is written; older ones are read.
  static let version = 2

  var schemaVersion = SavedState.version
  var workspaces: [Workspace]
  /// Missing in files of before it was kept.
  var nextID: UInt64?
  var ledger: Ledger
}

/// What a state file told.
struct RestoredState {
  var forest = Forest()
  var ledger = Ledger()
  /// Whether the file ended in half a line, which was left out.
  var isCutOff = false
}

enum StateFile {
  private static let mark = "rollcall-sandbox"
  private static let newline = UInt8(ascii: "\n")

  /// Reads the state; nil when there is no file yet, or an empty one.
  ///
  /// - Throws: `SandboxError` when the file cannot be read as one; it is never replaced silently.
  static func read(_ path: String) throws -> RestoredState? {
    do {
      guard let facts = try FileFacts.of(path) else { return nil }
      // Not even opened: a pipe would be waited for.
      guard facts.kind == .regular else { throw FileError(path, .notAFile(facts.kind)) }
      guard facts.size > 0, let bytes = try FileLook.contents(of: path) else { return nil }
      return try restored(bytes, path)
    } catch let error as SandboxError {
      throw error
    } catch let refusal as FileRefusal {
      throw SandboxError.stateFile(path, .refused(refusal.sentence))
    } catch {
      throw SandboxError.stateFile(path, .unreadable)
    }
  }

  private static func restored(_ bytes: [UInt8], _ path: String) throws -> RestoredState {
    let decoder = JSONDecoder()
    let lines = bytes.split(separator: newline, omittingEmptySubsequences: false)
    guard case .success(let saved) = Result(catching: { try decoder.decode(SavedState.self, from: Data(lines[0])) }),
      saved.workspaces.allSatisfy(\.isPlausible), saved.ledger.isPlausible
    else { throw SandboxError.stateFile(path, .noState) }
    guard (1...SavedState.version).contains(saved.schemaVersion) else {
      throw SandboxError.stateFile(path, .version(saved.schemaVersion))
    }
    var state = RestoredState(forest: Forest(saved.workspaces, nextID: saved.nextID), ledger: saved.ledger)
    for (index, line) in lines.enumerated().dropFirst() {
      let isLast = index == lines.count - 1
      // What follows the last newline: nothing, or a line that was not written to its end.
      if isLast, line.isEmpty { break }
      if case .success(let change) = Result(catching: { try decoder.decode(Change.self, from: Data(line)) }),
        change.isPlausible, state.forest.apply(change.effect)
      {
        state.ledger.note(change)
      } else if isLast {
        state.isCutOff = true
      } else {
        throw SandboxError.stateFile(path, .damaged(line: index + 1))
      }
    }
    state.ledger.forgetWindows()
    return state
  }

  /// Writes the whole state, mode 0600, in place of an older one and of nothing else.
  ///
  /// - Returns: what appends to it.
  static func write(_ state: SavedState, to path: String) throws -> StateLog {
    do {
      let place = try OutputPlace(path)
      let file = try NewFile(place.name, in: place.folder, mark: mark)
      file.buffer = Array(try encoder().encode(state)) + [newline]
      try file.flush()
      try place.check(needed: NeededFiles(), isKind: isKind)
      try file.rename()
      return try StateLog(place.folder.path(of: place.name))
    } catch {
      throw unwritable(path)
    }
  }

  /// The lines of changes.
  static func lines(of changes: [Change]) throws -> [UInt8] {
    let encoder = encoder()
    var bytes: [UInt8] = []
    for change in changes {
      bytes += try encoder.encode(change)
      bytes.append(newline)
    }
    return bytes
  }

  static func unwritable(_ path: String) -> SandboxError { .stateFile(path, .unwritable) }

  private static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return encoder
  }

  /// Whether a file that begins so is a state, as far as that tells.
  private static func isKind(_ beginning: [UInt8]) -> Bool {
    ["schemaVersion", "workspaces", "nextID", "ledger"].contains { beginning.starts(with: Array("{\"\($0)\"".utf8)) }
  }
}

/// The open end of a state file that this sandbox has written whole.
final class StateLog: Sendable {
  private let path: String
  private let descriptor: Int32
  private let identity: FileIdentity?

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path, .system(errno)) }
    identity = FileFacts.of(descriptor: descriptor)?.identity
  }

  deinit { close(descriptor) }

  /// Whether its path still leads to it; changes would otherwise reach nobody.
  var isInPlace: Bool {
    guard let identity, case .there(let other) = FileLook(path) else { return false }
    return identity == other
  }

  /// Appends changes; what is left after a failure may end in half a line.
  func append(_ changes: [Change]) throws {
    let bytes = try StateFile.lines(of: changes)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw StateFile.unwritable(path) }
      written += count
    }
  }
}
