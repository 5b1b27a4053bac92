// How a sheet shows numbers: it stores 46083 and shows 2 March 2026.

import Foundation

/// How a sheet shows a number.
enum NumberFormat: Hashable, Sendable {
  /// As it is.
  case general
  /// As a whole number with zeros before it, up to so many digits.
  case digits(Int)
  /// As a date, a time of day, or both.
  case date(hasDay: Bool, hasTime: Bool)
  /// As a length of time.
  case duration
  /// In another way, such as with a currency, rounded, or in per cent.
  case other

  /// The most letters of a format that Excel takes.
  private static let longestCode = 255

  /// A format of the list that every workbook has, for a number of which the workbook itself says nothing.
  init(_ number: Int) {
    switch number {
    case 0, 49: self = .general
    case 1: self = .digits(1)
    case 18...21, 45, 47: self = .date(hasDay: false, hasTime: true)
    case 22: self = .date(hasDay: true, hasTime: true)
    // Those from 27 on are dates in East Asian editions, which do not write them out.
    case 14...17, 27...31, 34...36, 50...58: self = .date(hasDay: true, hasTime: false)
    case 32, 33: self = .date(hasDay: false, hasTime: true)
    case 46: self = .duration
    default: self = .other
    }
  }

  /// Reads a format such as `yyyy-mm-dd` or `0000`; only its first part counts, the one for positive numbers.
  init(_ code: String) {
    guard code.utf8.count <= 4 * Self.longestCode else {
      self = .other
      return
    }
    var (letters, isQuoted, bracket) = ("", false, String?.none)
    var iterator = code.makeIterator()
    while let letter = iterator.next() {
      if isQuoted {
        isQuoted = letter != "\""
      } else if let text = bracket {
        bracket = letter == "]" ? nil : text + String(letter)
        // [h] counts hours beyond a day; [Red] and [$-409] are no part of the number.
        if letter == "]", ["h", "hh", "m", "mm", "s", "ss"].contains(text.lowercased()) { letters += "[" }
      } else if letter == ";" {
        break
      } else if letter == "\"" {
        (isQuoted, letters) = (true, letters + "\"")
      } else if letter == "[" {
        bracket = ""
      } else if ["\\", "_", "*"].contains(letter) {
        // What follows is shown as it is, or only takes room.
        if iterator.next() != nil, letter == "\\" { letters += "\"" }
      } else {
        letters.append(letter)
      }
    }
    self = Self.meaning(letters.lowercased().trimmingCharacters(in: .whitespaces))
  }

  private static func meaning(_ letters: String) -> NumberFormat {
    if letters.contains("[") { return .duration }
    if ["", "general", "@"].contains(letters) { return .general }
    let zeros = letters.drop { $0 == "#" }
    if zeros.allSatisfy({ $0 == "0" }) { return .digits(zeros.count) }
    // Of `general` with a word behind it the letters are no date's.
    let parts = letters.replacing("general", with: "").replacing("am/pm", with: "h").replacing("a/p", with: "h")
    guard !parts.contains("#"), !parts.contains("?"), parts.contains(where: { "ymdhs".contains($0) }) else {
      return .other
    }
    let hasTime = parts.contains { "hs".contains($0) }
    // m is a month, but a minute beside hours or seconds.
    return .date(hasDay: parts.contains { "yd".contains($0) } || !hasTime, hasTime: hasTime)
  }
}
