// How many files this process may have open. Without a few of them the runtime under us stops a process instead of telling.

import Foundation

enum DescriptorCheck {
  /// What any verb can need: the queue with its neighbours, a report's files, sockets, and what the runtime holds.
  static let needed = 40
  /// As many as a system gives by itself; fewer are raised where that is allowed.
  private static let usual: rlim_t = 1_024

  /// How many connections this process may have open at once, beside what a verb needs.
  static var mostConnections: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
    return max(1, Int(min(limit.rlim_cur, 1 << 20)) - needed - 8)
  }

  /// Raises a limit that is lower than usual, as far as this process may; an error when too few are left.
  static func shortage() -> CommandError? {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return nil }
    if limit.rlim_cur < usual, limit.rlim_max > limit.rlim_cur {
      limit.rlim_cur = min(usual, limit.rlim_max)
      setrlimit(resource, &limit)
    }
    let free = freeCount(upTo: needed)
    guard free < needed else { return nil }
    return CommandError(
      "This process may open only \(free) more files (its limit is \(limit.rlim_cur)), too few to work with.",
      hint: "Raise the limit where the command is started: `ulimit -n 1024`; a service has LimitNOFILE.", .toolFailed)
  }

  /// How many files can be opened now, as far as that matters.
  private static func freeCount(upTo most: Int) -> Int {
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }
    while opened.count < most {
      let descriptor = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { break }
      opened.append(descriptor)
    }
    return opened.count
  }
}
