// Keeps workspaces and ledger over a restart: the state in the first line, then one line for each change since. What is
// whole is written beside and renamed; changes are appended.

import Files
import Foundation
import Provisioning

/// The first line of the state file.
struct SavedState: Codable {
  static let version = 3

  var schemaVersion = SavedState.version
  var workspaces: [Workspace]
  var nextID: UInt64
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
  private struct Version: Decodable {
    let schemaVersion: Int
  }

  private static let mark = "rollcall-sandbox"
  private static let newline = UInt8(ascii: "\n")

  /// Reads the state; nil when there is no file yet, or an empty one. One that cannot be read is never replaced silently.
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
    let line = Data(lines[0])
    if case .success(let head) = Result(catching: { try decoder.decode(Version.self, from: line) }),
      head.schemaVersion != SavedState.version
    {
      throw SandboxError.stateFile(path, .version(head.schemaVersion))
    }
    guard case .success(let saved) = Result(catching: { try decoder.decode(SavedState.self, from: line) }),
      saved.workspaces.allSatisfy(\.isPlausible), saved.ledger.isPlausible
    else { throw SandboxError.stateFile(path, .noState) }
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

  /// Writes the whole state, mode 0600, in place of an older one and of nothing else; what appends to it.
  static func write(_ state: SavedState, to path: String) throws -> StateLog {
    do {
      let place = try OutputPlace(path)
      let file = try NewFile(place.name, in: place.folder, mark: mark)
      file.buffer = try line(of: state)
      try file.flush()
      try place.check(needed: NeededFiles(), isKind: isKind)
      try file.rename()
      return try StateLog(place.folder.path(of: place.name))
    } catch {
      throw unwritable(path)
    }
  }

  static func unwritable(_ path: String) -> SandboxError { .stateFile(path, .unwritable) }

  /// The state, or a change, as a line.
  static func line(of value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Array(try encoder.encode(value)) + [newline]
  }

  /// Whether a file that begins so is a state, as far as that tells.
  private static func isKind(_ beginning: [UInt8]) -> Bool {
    beginning.starts(with: Array("{\"ledger\"".utf8))
  }
}

/// The open end of a state file that this sandbox has written whole.
final class StateLog: Sendable {
  private let path: String
  private let file: FileHandle
  private let identity: FileIdentity?

  init(_ path: String) throws {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path, .system(errno)) }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    identity = FileFacts.of(descriptor: descriptor)?.identity
  }

  /// Whether its path still leads to it; changes would otherwise reach nobody.
  var isInPlace: Bool {
    guard let identity, case .there(let other) = FileLook(path) else { return false }
    return identity == other
  }

  /// Appends changes; what is left after a failure may end in half a line.
  func append(_ changes: [Change]) throws {
    do {
      try file.write(contentsOf: changes.flatMap { try StateFile.line(of: $0) })
    } catch {
      throw StateFile.unwritable(path)
    }
  }
}
