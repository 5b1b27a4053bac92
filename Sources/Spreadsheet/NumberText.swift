// The text of a stored number: digits as people write them, dates as ISO 8601 has them.

import Foundation

/// The text of numbers.
struct NumberText: Sendable {
  /// Whether days count from 1904, as in old files of a Mac.
  var countsFrom1904 = false

  /// Days from 1 January of the first year to the end of 9999.
  private static let lastDay = 2_958_465.0
  /// A spreadsheet keeps no more digits.
  private static let mostDigits = 15

  /// The text of a stored number, and what is peculiar about it.
  ///
  /// - Returns: nil, when it is no number.
  func cell(_ stored: String, _ format: NumberFormat) -> SheetCell? {
    // Double takes "0x1" and "nan" too.
    guard stored.utf8.allSatisfy({ (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }),
      let number = Double(stored), number.isFinite
    else { return nil }
    let plain = Self.plain(stored, number)
    let isWhole = !plain.contains(".") && !plain.contains("e")
    let digitCount = plain.utf8.drop { $0 == 0x2D || $0 == 0x30 || $0 == 0x2E }.count { $0 != 0x2E }
    let shownOtherwise = SheetCell(text: plain, note: .shownOtherwise)
    switch format {
    case .date(let hasDay, let hasTime):
      let last = Self.lastDay - (countsFrom1904 ? 1_462 : 0)
      guard number >= 0, number < last + 1 else { return shownOtherwise }
      return date(number, hasDay: hasDay, hasTime: hasTime)
    case .duration:
      guard abs(number) < 1e6 else { return shownOtherwise }
      return SheetCell(text: Self.duration(number))
    case .digits(let count):
      guard isWhole else { return shownOtherwise }
      let digits = plain.drop { $0 == "-" }
      let zeros = String(repeating: "0", count: max(0, min(count, 255) - digits.count))
      let text = (number < 0 ? "-" : "") + zeros + digits
      return SheetCell(text: text, note: digitCount > Self.mostDigits ? .tooManyDigits : nil)
    case .general: return SheetCell(text: plain, note: digitCount > Self.mostDigits ? .tooManyDigits : nil)
    case .other: return shownOtherwise
    }
  }

  /// A whole number has no point, whichever way it is stored: `1E3` and `1000.0` are 1000.
  private static func plain(_ stored: String, _ number: Double) -> String {
    let digits = stored.utf8.first == 0x2D ? stored.utf8.dropFirst() : stored.utf8[...]
    if digits.count < 40, digits.allSatisfy({ (0x30...0x39).contains($0) }) {
      let significant = digits.drop { $0 == 0x30 }
      return significant.isEmpty ? "0" : (number < 0 ? "-" : "") + String(decoding: significant, as: UTF8.self)
    }
    // The shortest text that gives the number again.
    let text = "\(number)"
    if text.hasSuffix(".0") { return text == "-0.0" ? "0" : String(text.dropLast(2)) }
    let parts = text.split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]), abs(exponent) < 22 else { return text }
    let mantissa = parts[0].filter(\.isNumber)
    let sign = number < 0 ? "-" : ""
    if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(Self.withoutZeros(mantissa))" }
    let digitsBefore = exponent + 1
    let all = mantissa + String(repeating: "0", count: max(0, digitsBefore - mantissa.count))
    let rest = Self.withoutZeros(String(all.dropFirst(digitsBefore)))
    return "\(sign)\(all.prefix(digitsBefore))\(rest.isEmpty ? "" : ".\(rest)")"
  }

  /// Without zeros at its end.
  private static func withoutZeros(_ digits: String) -> String {
    String(digits.reversed().drop { $0 == "0" }.reversed())
  }

  private func date(_ number: Double, hasDay: Bool, hasTime: Bool) -> SheetCell {
    var day = Int(number)
    var seconds = Int(((number - Double(day)) * 86_400).rounded())
    if seconds == 86_400 { (day, seconds) = (day + 1, 0) }
    let time = Self.clock(seconds)
    // Less than a day is a time of day; as a date there is no day 0, but in the count from 1904.
    if day == 0, !(countsFrom1904 && hasDay) { return SheetCell(text: time, note: hasDay ? .shownOtherwise : nil) }
    let date = text(ofDay: day)
    let isShown = hasDay && (hasTime || seconds == 0)
    return SheetCell(
      text: hasTime || seconds != 0 ? "\(date)T\(time)" : date, note: isShown ? nil : .shownOtherwise)
  }

  private func text(ofDay day: Int) -> String {
    if countsFrom1904 { return Self.calendarDate(day + 1_462) }
    // The first spreadsheets took 1900 for a leap year: day 60 is a day that never was; before it the count is one less.
    if day == 60 { return "1900-02-29" }
    return Self.calendarDate(day < 60 ? day + 1 : day)
  }

  private static func duration(_ number: Double) -> String {
    (number < 0 ? "-" : "") + clock(Int((abs(number) * 86_400).rounded()))
  }

  private static func clock(_ seconds: Int) -> String {
    String(format: "%02d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60)
  }

  /// The date so many days after 30 December 1899.
  private static func calendarDate(_ days: Int) -> String {
    // Years are counted from March, so that a leap day is the last of its year: the usual arithmetic of civil days.
    let count = days + 693_899
    let era = count / 146_097
    let dayOfEra = count % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let isNextYear = month >= 10
    return String(
      format: "%04d-%02d-%02d", yearOfEra + era * 400 + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3, day)
  }

  /// A date that is stored as a text (`t="d"`): without a fraction of a second, and without midnight where no time is shown.
  static func isoDate(_ text: String, _ format: NumberFormat) -> String {
    guard let match = text.wholeMatch(of: /(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.\d+)?Z?)?/) else { return text }
    guard let time = match.2 else { return text }
    if case .date(_, false) = format, time == "00:00:00" { return String(match.1) }
    return "\(match.1)T\(time)"
  }
}
