// What programs put around a cell's text, or leave out at a row's end, taken off or filled up, where that harms nobody.

import CSV
import Foundation
import Provisioning

extension Columns {
  /// A row as it was meant, and what to say of that.
  ///
  /// - Blank cells behind the last header are nothing, if most rows have them: a spreadsheet wrote a separator for each of them.
  /// - Cells that are missing at the end are empty, if their columns only travel: a spreadsheet leaves them out. Not in a last line
  ///   without an end, which may be half copied.
  /// - `="0072"` and `'0072` are 0072: both tell a spreadsheet that it is no number.
  func repaired(_ record: Record) -> (record: Record, warnings: [RowIssue]) {
    guard facts.form.isRepaired, record.problems.isEmpty else { return (record, []) }
    var fields = record.fields
    var warnings: [RowIssue] = []
    // Where only one row has more cells, a comma may stand in it without quotes, and its cells under wrong headers.
    if fields.count > ownCount, fields.count <= facts.rowWidth ?? 0, fields[ownCount...].allSatisfy(\.isBlank) {
      fields.removeSubrange(ownCount...)
    }
    if fields.count < ownCount, fields.count > 1, dropped.indexes.isEmpty, record.hasEnd,
      (fields.count..<ownCount).allSatisfy(onlyTravels)
    {
      let missing = (fields.count..<ownCount).map { headers[$0] }
      warnings.append(
        place(of: nil, in: record).issue(
          "short-row", isWarning: true, kind: "short",
          "this row ends before \(missing.shownList), which is sent nowhere: what is missing is taken as empty"))
      fields += missing.map { _ in "" }
    }
    for (column, field) in fields.enumerated() {
      let first = field.utf8.first
      guard first == 0x27 || first == 0x3D, let text = field.protectedText else { continue }
      fields[column] = text
      guard field.utf8.first == 0x27, column < ownCount else { continue }
      warnings.append(
        place(of: column, in: record).issue(
          "apostrophe", value: field, isWarning: true, kind: "apostrophe",
          "'\(field.shown)' begins with an apostrophe, by which a spreadsheet keeps a number as text: it is read as "
            + "'\(text.shown)'"))
    }
    return (fields == record.fields ? record : record.with(fields: fields), warnings)
  }

  /// Whether a column of the roster reaches nothing but the reports.
  private func onlyTravels(_ column: Int) -> Bool { meanings[column].field == nil && !plan.isUsed(column) }
}

extension String {
  /// The text that `="…"` protects from a spreadsheet, or an apostrophe before a number; nil for others.
  fileprivate var protectedText: String? {
    let text = utf8
    if text.count > 3, text.starts(with: "=\"".utf8), text.last == UInt8(ascii: "\"") {
      let inner = self[utf8.index(utf8.startIndex, offsetBy: 2)..<utf8.index(before: utf8.endIndex)]
      return inner.contains("\"") ? nil : String(inner)
    }
    // Before anything but a number it may belong to the text.
    guard text.first == UInt8(ascii: "'"), let second = text.dropFirst().first, (0x30...0x39).contains(second),
      !text.dropFirst().contains(0x27)
    else { return nil }
    return String(dropFirst())
  }

  /// The whole number that it is as a program or a spreadsheet writes numbers: `20251001.0`, `20,251,001`, `20.251.001`;
  /// nil for others.
  var rewrittenNumber: String? {
    let text = Array(utf8)
    guard text.count > 2, text.count < 30, text.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2C })
    else { return nil }
    let parts = text.split(omittingEmptySubsequences: false) { $0 == 0x2E || $0 == 0x2C }
    guard parts.count > 1, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    let digits = { (parts: ArraySlice<ArraySlice<UInt8>>) in String(decoding: parts.joined(), as: UTF8.self) }
    let groups = parts.dropFirst()
    if parts.count == 2, groups.joined().allSatisfy({ $0 == 0x30 }), groups.joined().count < 3 {
      return digits(parts.prefix(1))
    }
    let signs = Set(text.filter { $0 < 0x30 })
    guard signs.count == 1, parts[0].count <= 3, groups.allSatisfy({ $0.count == 3 }), parts.count > 2 else {
      return nil
    }
    return digits(parts[...])
  }

  /// Whether a `?` stands inside a Hangul word: what a program writes for a character that it cannot.
  var hasLostSign: Bool {
    guard has(UInt8(ascii: "?")) else { return false }
    let scalars = Array(unicodeScalars)
    return scalars.indices.contains { (index: Int) in
      scalars[index] == "?" && index + 1 < scalars.count && scalars[index + 1].isHangul
        && (index == 0 || scalars[index - 1].isHangul || scalars[index - 1] == "?")
    }
  }

  /// A header as it is compared: composed, trimmed, without characters that nobody sees, full-width forms and typesetters'
  /// hyphens as those of a keyboard.
  package var asHeader: String {
    guard utf8.contains(where: { $0 >= 0x80 }) else { return trimmed }
    var text = ""
    for scalar in unicodeScalars where !scalar.isUnseen {
      switch scalar.value {
      case 0xA0, 0x2007, 0x202F, 0x3000: text += " "
      case 0x2010...0x2015, 0x2212: text += "-"
      case 0xFF01...0xFF5E: text.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value - 0xFEE0)))
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text.trimmed.precomposedStringWithCanonicalMapping
  }
}

extension Unicode.Scalar {
  /// Whether it has no width: U+200B and its kind, soft hyphens, marks of a byte order or a direction.
  var isUnseen: Bool {
    switch value {
    case 0xAD, 0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF: true
    default: false
    }
  }

  fileprivate var isHangul: Bool { (0xAC00...0xD7A3).contains(value) }
}
