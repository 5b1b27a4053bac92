// Time by the clock that nobody sets, told so that two processes of one machine can compare it. The wall clock cannot tell
// how long ago something was: people and time servers set it.

import Foundation

/// How long the machine has been running, sleep included, and which start of which machine that is counted from.
package struct SinceBoot: Hashable, Sendable {
  /// Tells starts, machines and time namespaces apart. Times since two different ones say nothing of each other.
  package let boot: String
  /// The time since then.
  package let elapsed: Duration

  /// Makes one.
  package init(boot: String, elapsed: Duration) {
    self.boot = boot
    self.elapsed = elapsed
  }

  /// How much later this is than `earlier`; nil where they cannot be compared.
  package func age(of earlier: SinceBoot) -> Duration? { boot == earlier.boot ? elapsed - earlier.elapsed : nil }
}

/// One moment by both clocks.
package struct Moment: Hashable, Sendable {
  /// By the clock that people and time servers set.
  package let wall: Instant
  /// By the clock that nobody sets.
  package let sinceBoot: SinceBoot

  /// Makes one.
  package init(wall: Instant, sinceBoot: SinceBoot) {
    self.wall = wall
    self.sinceBoot = sinceBoot
  }
}

extension TimeSource {
  /// The time now, by both clocks, read so close together that they can be compared: a process that is put aside between
  /// the two readings would take that for a clock that was set.
  package func moment() -> Moment {
    var before = sinceBoot()
    for _ in 0..<4 {
      let wall = now()
      let after = sinceBoot()
      if after.elapsed - before.elapsed < .milliseconds(5) { return Moment(wall: wall, sinceBoot: after) }
      before = after
    }
    return Moment(wall: now(), sinceBoot: sinceBoot())
  }
}

extension SinceBoot {
  /// This machine's start: boot id, machine id and the offset of the time namespace (proc(5), time_namespaces(7)). Where
  /// the system does not tell, a text that no other process has, so that nobody compares with it.
  static let thisBoot: String = {
    guard let boot = line(of: "/proc/sys/kernel/random/boot_id"), !boot.isEmpty else { return UUID().uuidString }
    let offsets = line(of: "/proc/self/timens_offsets", startingWith: "boottime") ?? ""
    return [boot, line(of: "/etc/machine-id") ?? "", offsets].joined(separator: "/")
  }()

  private static func line(of path: String, startingWith prefix: String = "") -> String? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(prefix) }
    return line?.split(separator: " ").joined(separator: " ")
  }
}
