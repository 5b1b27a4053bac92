// Where the queue's file stands, and whether what this process has open still stands there. The write-ahead log, the
// shared memory and the locks are found by the path; who has another file open at it shares nothing with us.

import DurableQueue
import Files
import Foundation
import Synchronization

/// The files that a process has open, by what they are and not by their names.
final class QueuePlace: Sendable {
  private struct State {
    /// The queue's file; its neighbours once they are open; the locks of this process's owners.
    var files: [String: FileIdentity] = [:]
    /// The first that was found missing or replaced; from then on nothing at the path is touched.
    var lost: String?
    /// Whether the file was given back already.
    var hasLeft = false
    /// Shows other processes which log is in use here; nil where there is none.
    var logHold: LogHold?
  }

  /// The queue's file.
  let path: String
  private let state = Mutex(State())
  private let file: FileIdentity
  private let descriptor: Int32

  /// Takes note of the file, which is about to be opened.
  init(path: String) throws {
    guard case .there(let file) = FileLook(path) else { throw Self.error(path, lost: path, isAbsent: true) }
    self.path = path
    self.file = file
    descriptor = OpenQueues.enter(file, at: path)
  }

  deinit { if !isLost { leave() } }

  private func leave() {
    let isFirst = state.withLock { state in
      defer { state.hasLeft = true }
      return !state.hasLeft
    }
    if isFirst { OpenQueues.leave(file) }
  }

  /// Whether another process has the file open, too.
  var isShared: Bool { OtherProcesses.have(descriptor) }

  /// What stands at the path and beside it is what this process has open from now on.
  ///
  /// - Parameter inLog: whether there is a log; a first import writes without one.
  func note(inLog: Bool = true) throws {
    var found: [String: FileIdentity] = [:]
    for file in inLog ? own : [path] {
      guard case .there(let identity) = FileLook(file) else { throw Self.error(path, lost: file, isAbsent: true) }
      found[file] = identity
    }
    let hold = inLog ? try LogHold(path + "-wal", of: path) : nil
    state.withLock { state in
      for file in own { state.files[file] = found[file] }
      state.logHold = hold
    }
  }

  /// The queue's file and what SQLite has beside it.
  private var own: [String] { [path, path + "-wal", path + "-shm"] }

  /// The lock of an owner of this process.
  func note(lock file: String) {
    guard case .there(let identity) = FileLook(file) else { return }
    state.withLock { $0.files[file] = identity }
  }

  /// The owner has ended.
  func forget(lock file: String) { state.withLock { $0.files[file] = nil } }

  /// Throws when anything that is open no longer stands at its path: a few calls of `stat`.
  func check() throws {
    let (files, lost) = state.withLock { ($0.files, $0.lost) }
    if let lost { throw Self.error(path, lost: lost, isAbsent: FileLook(lost) == .absent) }
    // What explains the rest comes first: where the queue itself went, its neighbours may have gone with it.
    for file in own + files.keys.filter({ !own.contains($0) }).sorted() {
      guard let identity = files[file] else { continue }
      let look = FileLook(file)
      if look == .there(identity) { continue }
      if case .refused(let refusal) = look { throw QueueError.refused(path, at: file, refusal.code) }
      state.withLock { $0.lost = file }
      throw Self.error(path, lost: file, isAbsent: look == .absent)
    }
  }

  /// Nothing is open any more; connections that were closed may be released later.
  func forgetAll() {
    state.withLock { state in
      state.files = [:]
      state.logHold = nil
    }
    leave()
  }

  /// Whether something was found missing or replaced.
  var isLost: Bool { state.withLock { $0.lost != nil } }

  /// Whether the queue's own file still stands at its path.
  var hasFile: Bool {
    let identity = state.withLock { $0.files[path] }
    return identity.map { FileLook(path) == .there($0) } ?? false
  }

  /// Whether a log stands at the path that this process has not open: the next opening would play it into the file.
  var hasStrangeLog: Bool {
    let look = FileLook(path + "-wal")
    let identity = state.withLock { $0.files[path + "-wal"] }
    return look != .absent && look != identity.map { .there($0) }
  }

  private static func error(_ path: String, lost file: String, isAbsent: Bool) -> QueueError {
    let what = isAbsent ? "deleted or moved away" : "replaced by another file"
    return QueueError(
      .replaced, path: path,
      detail: file == path
        ? "was \(what) while this process had it open" : "lost its neighbour \(file): it was \(what) while in use")
  }
}
