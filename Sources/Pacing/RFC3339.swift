// Times as people and files see them: RFC 3339, in the offset of the place where the command runs.
// Foundation's ISO 8601 style is not used: it writes `+0900`, loses fractions, and reads `…55Zfoo` and 30 February.

package import Foundation

extension Instant {
  /// The instant as RFC 3339 to the second, cut not rounded, for example `2026-03-02T09:00:00+09:00`.
  ///
  /// - Parameter zone: the offset to write it in; nil: the machine's own. UTC is written `Z`.
  package func rfc3339(in zone: TimeZone? = nil) -> String {
    let seconds = microseconds.flooredQuotient(1_000_000)
    // Whole minutes: RFC 3339 has no others, and only local times of the nineteenth century do.
    let east = zone?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) ?? LocalTime.offset(at: seconds)
    let offset = east / 60
    let local = seconds + Int64(offset) * 60
    let day = local.flooredQuotient(86_400)
    let (year, month, dayOfMonth) = date(ofDay: day)
    let time = Int(local - day * 86_400)
    var text: [UInt8] = []
    text.reserveCapacity(25)
    append(year, digitCount: 4, to: &text)
    let parts: KeyValuePairs<Unicode.Scalar, Int> = [
      "-": month, "-": dayOfMonth, "T": time / 3_600, ":": time % 3_600 / 60, ":": time % 60,
    ]
    for (separator, number) in parts {
      text.append(UInt8(ascii: separator))
      append(number, digitCount: 2, to: &text)
    }
    append(offset: offset, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads an RFC 3339 time, with or without a fraction, with `Z` or an offset; nil for anything else.
  ///
  /// Both forms of the service are read: `2023-05-15T02:23:55.752Z` and `2025-02-20T09:32:55+09:00`. Digits of a
  /// fraction beyond microseconds are dropped; a leap second is the second after it.
  package init?(rfc3339 text: String) {
    var reader = TimeReader(rest: Substring(text).utf8)
    guard let year = reader.number(4, in: 0...9_999), reader.take("-") != nil,
      let month = reader.number(2, in: 1...12), reader.take("-") != nil,
      let dayOfMonth = reader.number(2, in: 1...31), reader.take("Tt") != nil,
      let hour = reader.number(2, in: 0...23), reader.take(":") != nil,
      let minute = reader.number(2, in: 0...59), reader.take(":") != nil,
      let second = reader.number(2, in: 0...60),
      let fraction = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty
    else { return nil }
    let day = Pacing.day(year, month, dayOfMonth)
    guard date(ofDay: day) == (year, month, dayOfMonth) else { return nil }
    let seconds = day * 86_400 + Int64(hour * 3_600 + (minute - offset) * 60 + second)
    self.init(microseconds: seconds * 1_000_000 + fraction)
  }
}

/// Reads the parts of a time from the front of a text.
private struct TimeReader {
  var rest: Substring.UTF8View

  /// One character if it is among `characters`.
  mutating func take(_ characters: String) -> UInt8? {
    guard let first = rest.first, characters.utf8.contains(first) else { return nil }
    return rest.popFirst()
  }

  /// A number of exactly `count` digits that lies in `range`.
  mutating func number(_ count: Int, in range: ClosedRange<Int>) -> Int? {
    var number = 0
    for _ in 0..<count {
      guard let digit = take("0123456789") else { return nil }
      number = number * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return range.contains(number) ? number : nil
  }

  /// Microseconds of a fraction, 0 where there is none; nil for a point without digits.
  mutating func fraction() -> Int64? {
    guard take(".") != nil else { return 0 }
    var (microseconds, weight, count): (Int64, Int64, Int) = (0, 100_000, 0)
    while let digit = take("0123456789") {
      microseconds += weight * Int64(digit - UInt8(ascii: "0"))
      weight /= 10
      count += 1
    }
    return count > 0 ? microseconds : nil
  }

  /// Minutes east of UTC.
  mutating func offset() -> Int? {
    guard take("Zz") == nil else { return 0 }
    guard let sign = take("+-"), let hours = number(2, in: 0...23), take(":") != nil,
      let minutes = number(2, in: 0...59)
    else { return nil }
    return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
  }
}

private func append(offset: Int, to text: inout [UInt8]) {
  guard offset != 0 else { return text.append(UInt8(ascii: "Z")) }
  text.append(offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
  append(abs(offset) / 60, digitCount: 2, to: &text)
  text.append(UInt8(ascii: ":"))
  append(abs(offset) % 60, digitCount: 2, to: &text)
}

/// Appends a number with zeros before it; all its digits where it has more.
private func append(_ number: Int, digitCount: Int, to text: inout [UInt8]) {
  let digits = String(number).utf8
  for _ in 0..<max(0, digitCount - digits.count) { text.append(UInt8(ascii: "0")) }
  text += digits
}

// The proleptic Gregorian calendar, with years that begin in March so that the leap day is the last:
//
//   day of year = (153 m + 2) / 5 + d − 1      m = 0 for March … 11 for February
//   day of era  = 365 y + y / 4 − y / 100 + day of year      y = year of an era of 400 years, 146,097 days
//
// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". 719,468 days lie between 0000-03-01 and the epoch.

/// Days from the epoch to a date.
private func day(_ year: Int, _ month: Int, _ dayOfMonth: Int) -> Int64 {
  let marchYear = Int64(month > 2 ? year : year - 1)
  let era = marchYear.flooredQuotient(400)
  let yearOfEra = marchYear - era * 400
  let dayOfYear = Int64((153 * ((month + 9) % 12) + 2) / 5 + dayOfMonth - 1)
  return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

/// The date so many days after the epoch.
private func date(ofDay day: Int64) -> (year: Int, month: Int, day: Int) {
  let shifted = day + 719_468
  let era = shifted.flooredQuotient(146_097)
  let dayOfEra = shifted - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let marchMonth = (5 * dayOfYear + 2) / 153
  let month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
  let year = Int(era * 400 + yearOfEra) + (month <= 2 ? 1 : 0)
  return (year, month, Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1))
}

extension Int64 {
  /// The quotient rounded down, also for times before the epoch.
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
