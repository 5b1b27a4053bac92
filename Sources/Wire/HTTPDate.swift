// Dates of HTTP headers, in the three forms of RFC 9110 §5.6.7. Foundation's formatter reads one of them, and costs more
// than the rest of a reply.

package import Pacing

extension Instant {
  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

  /// Reads `Tue, 14 Nov 2023 22:14:20 GMT`, `Tuesday, 14-Nov-23 22:14:20 GMT` or `Tue Nov 14 22:14:20 2023`; nil for
  /// anything else. The day of the week is not looked at.
  package init?(httpDate text: String) {
    var words = text.split { $0 == " " || $0 == "," || $0 == "-" || $0 == "\t" }.map { $0.lowercased() }
    if ["gmt", "utc", "z"].contains(words.last) { words.removeLast() }
    if let first = words.first, first.count > 2, !Self.months.contains(first), first.allSatisfy(\.isLetter) {
      words.removeFirst()
    }
    guard words.count == 4 else { return nil }
    // Day, month, year, time; or month, day, time, year.
    let isOld = Self.months.contains(words[0])
    let (day, month, year, time) =
      isOld ? (words[1], words[0], words[3], words[2]) : (words[0], words[1], words[2], words[3])
    guard let monthIndex = Self.months.firstIndex(of: month), (1...2).contains(day.count),
      let year = Self.fullYear(year)
    else { return nil }
    self.init(rfc3339: "\(year)-\(Self.padded("\(monthIndex + 1)"))-\(Self.padded(day))T\(time)Z")
  }

  /// Of two digits a year of this century, or of the last one where it would be more than fifty years ahead of 2026.
  private static func fullYear(_ text: String) -> String? {
    guard text.count == 2 else { return text.count == 4 ? text : nil }
    return Int(text).map { $0 > 76 ? "19\(text)" : "20\(text)" }
  }

  private static func padded(_ digits: String) -> String { digits.count == 1 ? "0" + digits : digits }
}
