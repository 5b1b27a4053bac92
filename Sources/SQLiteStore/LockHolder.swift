// Who holds a lock of the queue, for the person who has to continue or end that process. Only the kernel knows.

import Files
import Foundation

enum LockHolder {
  /// The byte of the `-shm` file that stands for SQLite's write lock (https://www.sqlite.org/walformat.html §2.3.1).
  private static let writeLockByte = 120
  /// The bytes that stand for readers.
  private static let readLockBytes = 123..<128

  /// The process that holds the queue's write lock or the lock of its opening; nil when nobody does, or where the system
  /// does not tell.
  static func describe(queue path: String) -> String? {
    guard let locks = Proc.text("/proc/locks"),
      let process = process(in: locks, log: inode(path + "-shm"), opening: inode(path + ".lock")),
      has(process, open: [path + "-shm", path + ".lock"])
    else { return nil }
    return "process \(process)\(Proc.isStopped(process) ? ", which is stopped," : "")"
  }

  /// The other processes that read an older state of the queue, so that its log cannot be emptied; as far as the system
  /// tells.
  static func readers(queue path: String) -> [Int32] {
    readers(in: Proc.text("/proc/locks") ?? "", log: inode(path + "-shm")).filter { has($0, open: [path + "-shm"]) }
  }

  /// The same, from the text of `/proc/locks` and the inode of the shared memory.
  static func readers(in locks: String, log: UInt64?) -> [Int32] {
    let found = locks.split(separator: "\n").compactMap { line -> Int32? in
      let words = line.split(separator: " ")
      guard words.count >= 8, words[1] == "POSIX", words[3] == "READ", let process = Int32(words[4]), process > 0,
        process != getpid(), let log, words[5].split(separator: ":").last.flatMap({ UInt64($0) }) == log,
        let from = Int(words[6]), readLockBytes.contains(from)
      else { return nil }
      return process
    }
    return Set(found).sorted()
  }

  /// The other process that holds one of the two locks, from the text of `/proc/locks` (proc(5)) and the inodes of the
  /// files; nil when none does.
  static func process(in locks: String, log: UInt64?, opening: UInt64?) -> Int32? {
    for line in locks.split(separator: "\n") {
      // 1: POSIX  ADVISORY  WRITE 4711 fe:00:131 120 120
      let words = line.split(separator: " ")
      guard words.count >= 8, !words.contains("->"), let process = Int32(words[4]), process != getpid() else {
        continue
      }
      let file = words[5].split(separator: ":").last.flatMap { UInt64($0) }
      let from = Int(words[6]) ?? 0
      let to = Int(words[7]) ?? .max
      let isWriteLock = words[1] == "POSIX" && words[3] == "WRITE" && (from...max(from, to)).contains(writeLockByte)
      if file != nil, (file == log && isWriteLock) || (file == opening && words[1] == "FLOCK") { return process }
    }
    return nil
  }

  /// Whether a process has one of the files open. The kernel's list has no more than a file's number, and another disk has
  /// files of the same numbers. Of others that one may not look into nothing is said.
  private static func has(_ process: Int32, open files: [String]) -> Bool {
    guard let open = Proc.openFiles(of: process) else { return Proc.isRollcall(process) }
    return files.contains { if case .there(let identity) = FileLook($0) { open.contains(identity) } else { false } }
  }

  private static func inode(_ path: String) -> UInt64? {
    if case .there(let identity) = FileLook(path) { identity.inode } else { nil }
  }
}
