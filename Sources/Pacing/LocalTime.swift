// The offset of the place where the command runs, as the C library has it: Foundation reads only the names of zones in TZ,
// and takes `KST-9`, `:Asia/Seoul` and rules such as `EST5EDT,M3.2.0,M11.1.0` for UTC.

import Foundation

/// The machine's own local time.
package enum LocalTime {
  private static let readZone: Void = tzset()

  /// Seconds east of UTC at a time in seconds since the epoch.
  package static func offset(at seconds: Int64) -> Int {
    readZone
    var time = time_t(seconds)
    var local = tm()
    guard localtime_r(&time, &local) != nil else { return 0 }
    return Int(local.tm_gmtoff)
  }
}

extension Instant {
  /// The day and the time of day by the machine's own local time: `2026-11-24` and `02:31`.
  package var localDayAndTime: (day: String, time: String) {
    let seconds = microseconds.flooredQuotient(1_000_000)
    let local = Instant(microseconds: (seconds + Int64(LocalTime.offset(at: seconds))) * 1_000_000).rfc3339()
    return (String(local.prefix(10)), String(local.dropFirst(11).prefix(5)))
  }
}
