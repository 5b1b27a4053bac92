// When the state file is written: soon after a change, so that a thousand creates are not a thousand files.

import Pacing
import Synchronization

extension SandboxServer {
  /// How long changes may wait before they are written.
  private static let saveDelay = Duration.milliseconds(200)

  func saveSoon() {
    guard configuration.stateFile != nil else { return }
    state.withLock { state in
      guard state.saveAlarm == nil else { return }
      state.saveAlarm = time.alarm(at: time.now() + Self.saveDelay) { [weak self] in self?.saveNoting() }
    }
  }

  private func saveNoting() {
    do {
      try save()
    } catch {
      let error = error as? SandboxError ?? .other(String(describing: error))
      state.withLock { $0.saveError = error }
    }
  }

  /// Writes what the state file does not hold yet, or all of it.
  func save(whole: Bool = false) throws {
    guard let path = configuration.stateFile else { return }
    // One at a time, from the look at the state to the end of the write: changes must follow the state that they change.
    try stateLog.withLock { log in
      let isWhole = whole || log?.isInPlace != true
      let (changes, saved) = takeUnsaved(whole: isWhole)
      do {
        if let saved {
          log = try StateFile.write(saved, to: path)
        } else {
          try log?.append(changes)
        }
      } catch {
        // The file may end in half a line now; only a whole one mends that.
        state.withLock { $0.unsaved = nil }
        throw error
      }
      state.withLock { $0.saveError = nil }
    }
  }

  /// Writes the state file, or throws `SandboxError`, and answers nothing more; for a process that ends without waiting for
  /// its connections.
  package func close() throws {
    state.withLock { $0.isClosed = true }
    try save(whole: true)
  }

  /// What is to be appended, or the whole state instead.
  private func takeUnsaved(whole: Bool) -> ([Change], SavedState?) {
    state.withLock { state in
      state.saveAlarm = nil
      let changes = whole ? nil : state.unsaved
      state.unsaved = []
      if let changes { return (changes, nil) }
      return ([], SavedState(workspaces: state.forest.inOrder, nextID: state.forest.nextID, ledger: state.ledger))
    }
  }

  /// Why the last write of the state file failed; nil when it did not.
  var saveError: SandboxError? { state.withLock(\.saveError) }
}
