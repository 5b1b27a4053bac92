// Who holds a lock of the queue, for the person who has to continue or end that process. Only the kernel knows.

import DurableQueue
import Files
import Foundation
import Provisioning

enum LockHolder {
  /// The byte of the `-shm` file that stands for SQLite's write lock (https://www.sqlite.org/walformat.html §2.3.1).
  private static let writeLockByte = 120
  /// The bytes that stand for readers.
  private static let readLockBytes = 123..<128

  /// The process that holds the queue's write lock or the lock of its opening; nil when nobody does, or where the system
  /// does not tell.
  static func describe(queue path: String) -> String? {
    guard let text = locks else { return nil }
    guard let process = process(in: text, log: inode(path + "-shm"), opening: inode(path + ".lock")),
      has(process, open: [path + "-shm", path + ".lock"])
    else { return nil }
    return "process \(process)\(isStopped(process) ? ", which is stopped," : "")"
  }

  /// The kernel's list. Read to its end: it comes in pieces, and Foundation takes a short one for the last.
  private static var locks: String? {
    guard case .success(let bytes?) = Result(catching: { try FileLook.contents(of: "/proc/locks") }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The other processes that read an older state of the queue, so that its log cannot be emptied; as far as the system
  /// tells.
  static func readers(queue path: String) -> [Int32] {
    guard let locks else { return [] }
    return readers(in: locks, log: inode(path + "-shm"))
      .filter { has($0, open: [path + "-shm"]) }
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
  /// files of the same numbers. What a process of ours has open only root sees; of others that one may not look into
  /// nothing is said.
  private static func has(_ process: Int32, open files: [String]) -> Bool {
    let folder = "/proc/\(process)/fd"
    guard case .success(let names) = Result(catching: { try FileManager.default.contentsOfDirectory(atPath: folder) })
    else { return OtherProcesses.isRollcall(process) }
    let wanted = Set(files.map { FileLook($0) }.filter { $0 != .absent })
    return names.contains { wanted.contains(FileLook("\(folder)/\($0)")) }
  }

  private static func inode(_ path: String) -> UInt64? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
  }

  /// Whether a process was stopped (SIGSTOP, Ctrl-Z): its state stands after the name, which may hold anything but ends
  /// with the last parenthesis.
  static func isStopped(_ process: Int32) -> Bool {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return false }
    let text = String(decoding: data, as: UTF8.self)
    return text.split(separator: ")").last?.split(separator: " ").first == "T"
  }
}
