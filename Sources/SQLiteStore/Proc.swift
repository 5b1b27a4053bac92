// What the system tells of processes, in the files of `/proc`.

import Files
import Foundation

enum Proc {
  /// A file's text; nil where there is none. It comes in pieces, and Foundation takes a short one for the last.
  static func text(_ path: String) -> String? {
    guard case .success(let bytes?) = Result(catching: { try FileLook.contents(of: path) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What `stat` tells of a process (proc(5)), from its state on, which stands after the name: that may hold anything, but
  /// ends with the last parenthesis.
  static func status(of process: Int32) -> [Substring]? {
    text("/proc/\(process)/stat")?.split(separator: ")").last?.split(separator: " ")
  }

  /// Whether a process was stopped (SIGSTOP, Ctrl-Z).
  static func isStopped(_ process: Int32) -> Bool { status(of: process)?.first == "T" }

  /// Whether a process is one of ours, by its name.
  static func isRollcall(_ process: Int32) -> Bool { text("/proc/\(process)/comm")?.hasPrefix("rollcall") ?? false }

  /// What a process has open; nil where the system does not tell: what one of ours has, only root sees.
  static func openFiles(of process: Int32) -> Set<FileIdentity>? {
    let folder = "/proc/\(process)/fd"
    guard case .success(let names) = Result(catching: { try FileManager.default.contentsOfDirectory(atPath: folder) })
    else { return nil }
    var files: Set<FileIdentity> = []
    for name in names {
      switch FileLook("\(folder)/\(name)") {
      case .there(let identity): files.insert(identity)
      case .absent: continue
      case .refused: return nil
      }
    }
    return files
  }
}

/// A process by what no other process has: the machine's boot, the space its number counts in, and when it started.
struct ProcessIdentity: Hashable {
  private let boot: String
  private let space: String
  private let start: String

  /// As it is stored.
  var text: String { "\(boot) \(space) \(start)" }

  /// Reads what was stored; nil when that is none.
  init?(_ text: String) {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 3 else { return nil }
    (boot, space, start) = (parts[0], parts[1], parts[2])
  }

  /// The identity of a process that runs here and now; nil when there is none, it has ended, or the system does not tell.
  init?(of process: Int32) {
    // One that has ended and was not waited for has let go of everything. The start is field 22.
    guard let boot = Proc.text("/proc/sys/kernel/random/boot_id"), let status = Proc.status(of: process),
      status.count > 19, status[0] != "Z", status[0] != "X"
    else { return nil }
    self.boot = boot.filter { !$0.isWhitespace }
    start = String(status[19])
    space = Self.ownSpace
  }

  /// Whether a process of this number is the one that was stored; nil when its number counts in another space, so that
  /// it cannot be told here.
  func isAlive(as process: Int32) -> Bool? {
    guard let own = ProcessIdentity(of: getpid()) else { return nil }
    guard boot == own.boot else { return false }
    guard space == own.space else { return nil }
    return ProcessIdentity(of: process) == self
  }

  private static var ownSpace: String {
    var status = stat()
    return stat("/proc/self/ns/pid", &status) == 0 ? "\(status.st_ino)" : "0"
  }
}
