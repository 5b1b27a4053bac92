// What a process holds in its memory stays there: keys and people's names must not end in a core dump.

import Foundation

enum ProcessSecrets {
  /// `PR_SET_DUMPABLE` of prctl(2).
  private static let setDumpable: Int32 = 4

  /// Lets the system write no image of this process's memory, and no other process of the same user read it.
  ///
  /// A limit of 0 alone is not enough: where core dumps go to a program (`|` in `core_pattern`), the kernel passes it on
  /// and does not hold to it. What we start is not touched by the second half, which ends with `exec`.
  static func keep() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    typealias Call = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    // Its C declaration has a variable number of arguments, which Swift does not take.
    guard let address = dlsym(nil, "prctl") else { return }
    _ = unsafeBitCast(address, to: Call.self)(setDumpable, 0, 0, 0, 0)
  }
}
