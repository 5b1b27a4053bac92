// Sentences about runs that have ended: when, how, and what is left.

package import DurableQueue
package import Pacing
import Provisioning

/// Words about a run of a course.
package enum RunWords {
  /// How a run ended: `Stopped 02:31: the service refused the credentials. 52 rows not sent.`
  ///
  /// - Parameter now: what the day is compared with: of another day the date is told, too.
  package static func sentence(_ end: RunRecord.End, now: Instant) -> String {
    let time = clock(end.at, now: now)
    let words = end.message.split(separator: ":", maxSplits: 1).map(String.init)
    let head: String
    if words.count == 2, ["Stopped", "Paused"].contains(words[0]) {
      head = "\(words[0]) \(time):\(words[1])"
    } else if end.message.isEmpty {
      head = "Finished \(time)."
    } else if [0, 3].contains(end.status) {
      head = "Finished \(time): \(end.message)"
    } else {
      head = "Ended \(time): \(end.message)"
    }
    return [head, counts(end)].compactMap(\.self).joined(separator: " ")
  }

  /// What is not done.
  private static func counts(_ end: RunRecord.End) -> String? {
    guard let counts = end.counts else { return nil }
    if counts.unsentCount > 0 { return "\(rows(counts.unsentCount)) not sent." }
    guard counts.doneCount < counts.rowCount else { return nil }
    return "\(counts.doneCount) of \(rows(counts.rowCount)) done."
  }

  private static func rows(_ count: Int) -> String { count == 1 ? "1 row" : "\(count) rows" }

  /// How a run stands that has no end.
  package static func sentence(_ run: RunRecord, now: Instant) -> String {
    if let end = run.end { return sentence(end, now: now) }
    return run.isUnderWay
      ? "Under way since \(clock(run.startedAt, now: now))."
      : "Began \(clock(run.startedAt, now: now)) and never ended: its process was killed, or the machine stopped."
  }

  /// A local time, `02:31`; with its date where that is not today's.
  package static func clock(_ instant: Instant, now: Instant) -> String {
    let (day, time) = instant.localDayAndTime
    return day == now.localDayAndTime.day ? time : "\(day) \(time)"
  }
}
