// Times as people and files see them: RFC 3339, in the offset of the place where the command runs.
// Foundation's ISO 8601 style is not used: it writes `+0900`, loses fractions, and reads `…55Zfoo` and 30 February.

package import Foundation

extension Instant {
  /// The instant as RFC 3339 to the second, cut not rounded, for example `2026-03-02T09:00:00+09:00`; in the machine's
  /// own zone unless told. UTC is written `Z`.
  package func rfc3339(in zone: TimeZone? = nil) -> String {
    let seconds = microseconds.flooredQuotient(1_000_000)
    // Whole minutes: RFC 3339 has no others, and only local times of the nineteenth century do.
    let east = zone?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) ?? LocalTime.offset(at: seconds)
    let offset = east / 60
    var (local, time) = (time_t(seconds + Int64(offset) * 60), tm())
    gmtime_r(&local, &time)
    var text: [UInt8] = []
    text.reserveCapacity(25)
    append(Int(time.tm_year) + 1_900, digitCount: 4, to: &text)
    let parts: KeyValuePairs<Unicode.Scalar, Int32> = [
      "-": time.tm_mon + 1, "-": time.tm_mday, "T": time.tm_hour, ":": time.tm_min, ":": time.tm_sec,
    ]
    for (separator, number) in parts {
      text.append(UInt8(ascii: separator))
      append(Int(number), digitCount: 2, to: &text)
    }
    append(offset: offset, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads an RFC 3339 time, with or without a fraction, with `Z` or an offset; nil for anything else.
  /// Digits of a fraction beyond microseconds are dropped; a leap second is the second after it.
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
    var date = tm()
    (date.tm_year, date.tm_mon, date.tm_mday) = (Int32(year - 1_900), Int32(month - 1), Int32(dayOfMonth))
    let midnight = Int64(timegm(&date))
    // What is no date, such as 30 February, was turned into the day that it would be.
    guard Int(date.tm_mday) == dayOfMonth else { return nil }
    let seconds = midnight + Int64(hour * 3_600 + (minute - offset) * 60 + second)
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
