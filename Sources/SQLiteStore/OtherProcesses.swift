// What the kernel's locks tell of other processes that have a queue's file open.
//
// Every connection in the log's mode holds a shared lock on SQLite's bytes of the file and one on a byte of the shared
// memory, as long as it lives (https://www.sqlite.org/walformat.html, os_unix.c of SQLite).

import DurableQueue
import Files
import Foundation
import Synchronization

enum OtherProcesses {
  /// Bytes of a file.
  private typealias Bytes = (start: off_t, length: off_t)
  /// `SHARED_FIRST` and `SHARED_SIZE` of the file.
  private static let ofFile: Bytes = (0x4000_0002, 510)
  /// The byte of the shared memory that its users lock, `UNIX_SHM_DMS`.
  private static let ofMemory: Bytes = (128, 1)
  /// How long two looks that do not fit each other are repeated: somebody may be closing or opening the file just now.
  private static let patience = Duration.seconds(1)

  /// How the files at the path are in use by other processes.
  enum Use: Hashable {
    /// Nobody has them open.
    case nobody
    /// Somebody has, and they are the same files that are found here.
    case shared
    /// Somebody has other files open than the ones that stand here: who, and what is wrong.
    case separated(String)
  }

  /// Looks who has the queue open. Must be called while this process has not: closing a file lets go of all locks that a
  /// process has on it.
  static func use(of path: String) throws -> Use {
    let deadline = ContinuousClock.now + patience
    while true {
      let use = try look(path)
      guard case .separated = use, ContinuousClock.now < deadline else { return use }
      usleep(20_000)
    }
  }

  private static func look(_ path: String) throws -> Use {
    let ofFile = try holder(of: path, Self.ofFile, path)
    let ofMemory = try holder(of: path + "-shm", Self.ofMemory, path)
    switch (ofFile, ofMemory) {
    case (nil, nil): return .nobody
    case (nil, let process?):
      return .separated("\(name(process)) works with another file, which stood here before")
    case (let process?, nil):
      return .separated("\(name(process)) has it open, but \(path)-shm was deleted or replaced meanwhile")
    case (let process?, _):
      let log = FileLook(path + "-wal")
      if log == .absent {
        return .separated("\(name(process)) has it open, but \(path)-wal was deleted meanwhile")
      }
      if case .there(let identity) = log, !uses(process, identity, log: path + "-wal") {
        return .separated("\(name(process)) has it open, but \(path)-wal was replaced meanwhile")
      }
      return .shared
    }
  }

  /// Whether a process uses the log that stands here; true where nobody can tell. A process of ours lets nobody but root
  /// see what it has open, and holds a lock on its log instead.
  private static func uses(_ process: Int32, _ identity: FileIdentity, log: String) -> Bool {
    if let files = Proc.openFiles(of: process) { return files.contains(identity) }
    return !Proc.isRollcall(process) || LogHold.isHeld(log)
  }

  /// Whether another process has the file open that a descriptor stands for.
  static func have(_ descriptor: Int32) -> Bool { holder(of: descriptor, ofFile) != nil }

  private static func holder(of file: String, _ bytes: Bytes, _ path: String) throws -> Int32? {
    let descriptor = open(file, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw QueueError.refused(path, at: file, errno)
    }
    defer { close(descriptor) }
    return holder(of: descriptor, bytes)
  }

  private static func holder(of descriptor: Int32, _ bytes: Bytes) -> Int32? {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = bytes.start
    lock.l_len = bytes.length
    // Where the system does not tell, there is nothing to compare.
    guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return lock.l_pid
  }

  /// The system gives no number of a process that this one cannot see.
  private static func name(_ process: Int32) -> String {
    process > 0 ? "process \(process)" : "a process of another container"
  }
}

/// The queues that this process has open; each file's descriptor stays open until the last of them is closed, because
/// closing it lets go of SQLite's locks too.
enum OpenQueues {
  private static let files = Mutex<[FileIdentity: (count: Int, descriptor: Int32)]>([:])

  /// Whether this process has the file open.
  static func has(_ file: FileIdentity) -> Bool { files.withLock { $0[file] != nil } }

  /// One more queue has the file open.
  ///
  /// - Returns: the file's descriptor; negative where it cannot be opened.
  static func enter(_ file: FileIdentity, at path: String) -> Int32 {
    files.withLock { files in
      let descriptor = files[file]?.descriptor ?? open(path, O_RDONLY | O_CLOEXEC)
      files[file] = ((files[file]?.count ?? 0) + 1, descriptor)
      return descriptor
    }
  }

  /// One of them was closed.
  static func leave(_ file: FileIdentity) {
    files.withLock { files in
      guard let entry = files[file] else { return }
      files[file] = entry.count > 1 ? (entry.count - 1, entry.descriptor) : nil
      if entry.count == 1, entry.descriptor >= 0 { close(entry.descriptor) }
    }
  }
}
