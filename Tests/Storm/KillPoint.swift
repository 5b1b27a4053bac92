// Where a command is killed: at the entry of the n-th call of a kind that changes something, as strace counts them, which
// is by thread.

import Foundation

/// A command that is killed.
enum KilledCommand: String, CaseIterable, Sendable {
  /// The first import of a new queue.
  case `import`
  /// The first run of a new queue.
  case run

  /// What the command is given; what is in doubt after a kill is settled soon.
  func arguments(_ address: String) -> [String] {
    let roster = [rawValue, "roster.csv", "--endpoint", address]
    guard self == .run else { return roster }
    return roster + [
      "--rate", "100/s", "--burst", "10", "--request-timeout", "1s", "--settle-delay", "1s", "--max-attempts", "20",
      "--max-wait", "60s", "--out", "report",
    ]
  }
}

/// A call of a command.
struct KillPoint: Hashable, Sendable, CustomStringConvertible {
  let command: KilledCommand
  let call: String
  let number: Int

  var description: String { "\(command.rawValue) \(call) \(number)" }
  var fileName: String { "\(command.rawValue)-\(call)-\(number)" }

  /// The calls that change something that outlives the process, or that others see.
  static let calls = [
    "openat", "mkdir", "mkdirat", "rmdir", "pwrite64", "pwritev", "write", "writev", "ftruncate", "fallocate", "fsync",
    "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "symlink", "symlinkat",
    "chmod", "fchmod", "fchmodat", "flock", "fcntl", "sendto", "sendmsg",
  ]
}

/// What strace wrote down of a command that was left alone.
struct CallTrace {
  /// The numbers at which a kill makes a difference, by call.
  private(set) var numbers: [String: [Int]] = [:]

  /// Reads it. Of `openat` only those that may make a file count, and the call after each; of the others all, and one more.
  init(_ text: String) {
    var counts: [Substring: [String: Int]] = [:]
    var making: Set<Int> = []
    for line in text.split(separator: "\n") {
      // "PID   CALL(arguments) = result"; the second half of a call that others came between begins with "<".
      let thread = line.prefix { $0 != " " }
      let rest = line.dropFirst(thread.count).drop { $0 == " " }
      guard let parenthesis = rest.firstIndex(of: "("), !rest.hasPrefix("<") else { continue }
      let call = String(rest[..<parenthesis])
      counts[thread, default: [:]][call, default: 0] += 1
      guard call == "openat", rest.contains("O_CREAT"), let number = counts[thread]?[call] else { continue }
      making.formUnion([number, number + 1])
    }
    for call in KillPoint.calls {
      let most = counts.values.compactMap { $0[call] }.max() ?? 0
      if call == "openat" {
        numbers[call] = making.sorted()
      } else if most > 0 {
        numbers[call] = Array(1...most + 1)
      }
    }
  }
}
