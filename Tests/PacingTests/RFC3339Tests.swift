import Foundation
import Pacing
import TestSupport
import Testing

@Suite struct RFC3339Tests {
  @Test(arguments: [
    ("2023-05-15T02:23:55.752Z", 1_684_117_435_752_000), ("2025-02-20T09:32:55+09:00", 1_740_011_575_000_000),
    ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1),
    ("2024-02-29T12:00:00-03:30", 1_709_220_600_000_000),
    ("2023-05-15T02:23:55.1Z", 1_684_117_435_100_000), ("2023-05-15T02:23:55.123456789Z", 1_684_117_435_123_456),
    ("2023-05-15t02:23:55z", 1_684_117_435_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    ("2023-05-15T02:23:55-00:00", 1_684_117_435_000_000), ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
  ])
  func `a time is read, to the microsecond`(text: String, microseconds: Int) {
    #expect(Instant(rfc3339: text)?.microseconds == Int64(microseconds))
  }

  @Test(arguments: [
    "", "now", "2025-02-20", "2025-02-20T09:32:55", "2025-02-20 09:32:55Z", "2025-02-20T09:32Z",
    "2025-02-20T09:32:55Zfoo",
    "2025-02-20T09:32:55.Z", "2025-02-20T09:32:55+0900", "2025-02-20T09:32:55+9:00", "2025-02-20T09:32:55+24:00",
    "2025-2-20T09:32:55Z", "2025-13-20T09:32:55Z", "2025-00-20T09:32:55Z", "2025-02-00T09:32:55Z",
    "2025-02-30T09:32:55Z",
    "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2025-02-20T24:00:00Z", "2025-02-20T09:60:00Z",
    "2025-02-20T09:32:61Z", " 2025-02-20T09:32:55Z", "2025-02-20T09:32:55Z ", "+2025-02-20T09:32:55Z",
    "２０２５-02-20T09:32:55Z",
  ])
  func `anything else is no time`(text: String) {
    #expect(Instant(rfc3339: text) == nil)
  }

  @Test(arguments: [
    (0, "2026-03-02T00:00:00Z"), (9 * 60, "2026-03-02T09:00:00+09:00"), (-210, "2026-03-01T20:30:00-03:30"),
    (345, "2026-03-02T05:45:00+05:45"), (-30, "2026-03-01T23:30:00-00:30"),
  ])
  func `a time is written in the offset of its place`(minutes: Int, text: String) throws {
    let zone = try #require(TimeZone(secondsFromGMT: minutes * 60))
    #expect(Instant(microseconds: 1_772_409_600_000_000).rfc3339(in: zone) == text)
  }

  @Test func `the offset is that of the time written, not of today`() throws {
    let zone = try #require(TimeZone(identifier: "Europe/London"))
    #expect(Instant(rfc3339: "2026-01-15T12:00:00Z")?.rfc3339(in: zone) == "2026-01-15T12:00:00Z")
    #expect(Instant(rfc3339: "2026-07-15T12:00:00Z")?.rfc3339(in: zone) == "2026-07-15T13:00:00+01:00")
  }

  @Test func `a fraction is cut, so that no time is written before it has come`() {
    #expect(Instant(microseconds: 999_999).rfc3339(in: .gmt) == "1970-01-01T00:00:00Z")
    #expect(Instant(microseconds: -1).rfc3339(in: .gmt) == "1969-12-31T23:59:59Z")
  }

  @Test func `a time written reads back as its second, in any offset`() throws {
    for seed in 0..<2_000 {
      var generator = SeededGenerator(seed: seed)
      let second = Int64.random(in: -62_000_000_000...253_000_000_000, using: &generator)
      let minutes = Int.random(in: -14 * 60...14 * 60, using: &generator)
      let zone = try #require(TimeZone(secondsFromGMT: minutes * 60))
      let text = Instant(microseconds: second * 1_000_000).rfc3339(in: zone)
      #expect(Instant(rfc3339: text)?.microseconds == second * 1_000_000, "seed \(seed): \(text)")
    }
  }

  @Test func `dates are those of the calendar`() throws {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = .gmt
    for seed in 0..<500 {
      var generator = SeededGenerator(seed: seed)
      // From 1900: before 1582 Foundation's calendar is not the one of RFC 3339.
      let second = Int64.random(in: -2_208_988_800...253_000_000_000, using: &generator)
      let parts = calendar.dateComponents(
        [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(second)))
      let written = Instant(microseconds: second * 1_000_000).rfc3339(in: .gmt)
      let numbers = written.split(whereSeparator: { "-T:Z".contains($0) }).map { Int($0) }
      let expected = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second]
      #expect(numbers == expected, "seed \(seed): \(written)")
    }
  }
}
