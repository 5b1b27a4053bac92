// Where the queue's file stands, and whether what this process has open still stands there. The write-ahead log, the
// shared memory and the locks are found by the path; who has another file open at it shares nothing with us.

import Files
import Foundation
import Provisioning
import Synchronization

/// The files that a process has open, by what they are and not by their names.
final class QueuePlace: Sendable {
  private struct State {
    /// The queue's file; its neighbours once they are open; the locks of this process's owners.
    var files: [String: FileIdentity] = [:]
    /// The first that was found missing or replaced; from then on nothing at the path is touched.
    var lost: String?
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

  deinit { if !isLost { OpenQueues.leave(file) } }

  /// Whether another process has the file open, too.
  var isShared: Bool { OtherProcesses.have(descriptor) }

  /// What stands at the path and beside it is what this process has open from now on.
  ///
  /// - Parameter inLog: whether there is a log; a first import writes without one.
  func note(inLog: Bool = true) throws {
    var found: [String: FileIdentity] = [:]
    for file in [path] + (inLog ? [path + "-wal", path + "-shm"] : []) {
      guard case .there(let identity) = FileLook(file) else { throw Self.error(path, lost: file, isAbsent: true) }
      found[file] = identity
    }
    state.withLock { state in
      for file in [path, path + "-wal", path + "-shm"] { state.files[file] = found[file] }
    }
  }

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
    for (file, identity) in files {
      let look = FileLook(file)
      if look == .there(identity) { continue }
      if case .refused(let refusal) = look { throw QueueError.refused(path, at: file, refusal.code) }
      state.withLock { $0.lost = file }
      throw Self.error(path, lost: file, isAbsent: look == .absent)
    }
  }

  /// Nothing is open any more.
  func forgetAll() { state.withLock { $0.files = [:] } }

  /// Whether something was found missing or replaced.
  var isLost: Bool { state.withLock { $0.lost != nil } }

  /// Whether the queue's own file still stands at its path.
  var hasFile: Bool {
    let identity = state.withLock { $0.files[path] }
    return identity.map { FileLook(path) == .there($0) } ?? false
  }

  private static func error(_ path: String, lost file: String, isAbsent: Bool) -> QueueError {
    let what = isAbsent ? "deleted or moved away" : "replaced by another file"
    return QueueError(
      .replaced, path: path,
      detail: file == path
        ? "was \(what) while this process had it open" : "lost its neighbour \(file): it was \(what) while in use")
  }
}
