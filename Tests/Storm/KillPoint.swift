// Where a command is killed: at the entry of the n-th call of a kind that changes something.

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

/// How calls are counted.
enum CallCount: String, CaseIterable, Sendable {
  /// By strace, which counts by thread: the calls of a thread that is behind another one are never reached.
  case byThread = "by thread"
  /// By a library that is loaded into the command, over all threads.
  case inAll = "in all"
}

/// A call of a command.
struct KillPoint: Hashable, Sendable, CustomStringConvertible {
  let command: KilledCommand
  let call: String
  let count: CallCount
  let number: Int

  /// Its command, call and count.
  var kind: String { "\(command.rawValue) \(call) \(count.rawValue)" }
  var description: String { "\(kind) \(number)" }
  var fileName: String { description.replacing(" ", with: "-") }

  /// The calls that change something that outlives the process, or that others see.
  static let calls = [
    "openat", "mkdir", "mkdirat", "rmdir", "pwrite64", "pwritev", "write", "writev", "ftruncate", "fallocate", "fsync",
    "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "symlink", "symlinkat",
    "chmod", "fchmod", "fchmodat", "flock", "fcntl", "sendto", "sendmsg",
  ]
}

/// What strace wrote down of a command that was left alone.
struct CallTrace {
  /// The numbers at which a kill makes a difference, by call: all, and one more.
  private(set) var numbers: [CallCount: [String: [Int]]] = [.byThread: [:], .inAll: [:]]

  /// Reads it. Of `openat` only those matter that may make a file, and the call after each.
  init(_ text: String) {
    var counts: [Substring: [String: Int]] = [:]
    var making: Set<Int> = []
    var total: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      // "PID   CALL(arguments) = result"; the second half of a call that others came between begins with "<".
      let thread = line.prefix { $0 != " " }
      let rest = line.dropFirst(thread.count).drop { $0 == " " }
      guard let parenthesis = rest.firstIndex(of: "("), !rest.hasPrefix("<") else { continue }
      let call = String(rest[..<parenthesis])
      counts[thread, default: [:]][call, default: 0] += 1
      let makesFile = call == "openat" && rest.contains("O_CREAT")
      if makesFile, let number = counts[thread]?[call] { making.formUnion([number, number + 1]) }
      if makesFile || call != "openat" { total[call, default: 0] += 1 }
    }
    for call in KillPoint.calls {
      guard let all = total[call], let most = counts.values.compactMap({ $0[call] }).max() else { continue }
      numbers[.byThread]?[call] = call == "openat" ? making.sorted() : Array(1...most + 1)
      numbers[.inAll]?[call] = Array(1...all + 1)
    }
  }
}
