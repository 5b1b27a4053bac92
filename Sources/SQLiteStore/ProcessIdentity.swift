// Which process it is: numbers of processes are used again, and mean others in another container.

import DurableQueue
import Foundation

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
    guard let boot = Self.read("/proc/sys/kernel/random/boot_id"), let start = Self.start(of: process) else {
      return nil
    }
    self.boot = boot.filter { !$0.isWhitespace }
    self.start = start
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

  /// The state stands after the name, which may hold anything but ends with the last parenthesis; the start is field 22.
  private static func start(of process: Int32) -> String? {
    guard let text = read("/proc/\(process)/stat"), let rest = text.split(separator: ")").last else { return nil }
    let fields = rest.split(separator: " ")
    // One that has ended and was not waited for has let go of everything.
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }

  private static func read(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
