// What a roster's own cells show that nobody may have meant: characters that were lost on the way here, texts that were read
// in the wrong encoding before, the test students of learning platforms.

import CSV
import Provisioning

/// Looks at texts for what happened to them.
enum CellSigns {
  /// The rows that learning platforms add for their own tests.
  private static let testStudents: Set<String> = ["Student, Test", "Test Student", "Student Test", "테스트 학생"]

  /// The condition that leaves out a row which is probably none; nil for others.
  static func probablyNone(
    _ record: Record, _ headers: [String], _ dropped: DroppedColumns, isFirst: Bool
  ) -> RosterOptions.Condition? {
    let column = record.fields.indices.first { column in
      let text = record.fields[column]
      return column < headers.count && !headers[column].isEmpty && !dropped.indexes.contains(column)
        && (testStudents.contains(text.trimmed) || isFirst && TotalWords.isExample(text)
          || TotalWords.isTotal(text) && record.fields.contains(where: \.isBlank))
    }
    return column.map { RosterOptions.Condition(headers[$0], record.fields[$0]) }
  }

  private enum Sign {
    case lostSign
    case replacement
    case misread(before: String)
  }

  /// What the cells of a row show, issues and warnings.
  static func issues(_ record: Record, _ columns: Columns) -> [RowIssue] {
    var found: [RowIssue] = []
    for column in 0..<columns.ownCount {
      let text = record.fields[column]
      // A million cells are told to be right in no time; places are for the others.
      if text.mayBeTestStudent, testStudents.contains(text.trimmed), !columns.dropped.indexes.contains(column),
        !columns.headers[column].isEmpty
      {
        found.append(
          columns.place(of: column, in: record).issue(
            "test-student", value: text, isWarning: true,
            .testStudent(text.trimmed, header: columns.headers[column])))
      }
      if let sign = sign(in: text), !columns.dropped.indexes.contains(column) {
        let isWarning = !columns.facts.mayLackBytes && !columns.isSent(column)
        found.append(issue(sign, text, at: columns.place(of: column, in: record), columns, isWarning: isWarning))
      }
    }
    return found
  }

  /// What the headers show. A column is found by its header, so that all of it is a warning.
  static func warnings(_ columns: Columns) -> [RowIssue] {
    (0..<columns.ownCount).compactMap { column in
      let header = columns.headers[column]
      return sign(in: header).map { issue($0, header, at: columns.headerPlace(of: column), columns, isWarning: true) }
    }
  }

  private static func sign(in text: String) -> Sign? {
    guard text.hasMoreThanASCII else { return nil }
    if text.hasLostSign { return .lostSign }
    if text.has(0xEF), text.unicodeScalars.contains("\u{FFFD}") { return .replacement }
    return text.beforeMisreading.map(Sign.misread)
  }

  /// - Parameter isWarning: whether a character that was lost is one.
  private static func issue(
    _ sign: Sign, _ text: String, at place: IssuePlace, _ columns: Columns, isWarning: Bool
  ) -> RowIssue {
    switch sign {
    case .lostSign:
      place.issue(
        "lost-sign", value: text, isWarning: true, kind: "lost sign",
        "'\(text.shown)' has a ? where a character was lost, perhaps an emoji: is it right so?")
    case .replacement where columns.facts.mayLackBytes:
      place.issue(
        "lost-byte", value: text, isWarning: isWarning, kind: "lost byte",
        "a byte of '\(text.shown)' makes no character in the file's encoding: enter the cell again, or save the file "
          + "as CSV UTF-8")
    case .replacement:
      place.issue(
        "lost-character", value: text, isWarning: isWarning, kind: "lost character",
        "'\(text.shown)' has U+FFFD, which stands for a character that was lost before this file was written: enter "
          + "the cell again, or export the roster again")
    case .misread(let before):
      place.issue(
        "misread", value: text, isWarning: true, kind: "misread",
        "'\(text.shown)' looks like '\(before.shown)', read in the wrong encoding by what wrote this file: export the "
          + "roster again as UTF-8, or enter the cell again")
    }
  }
}

extension String {
  /// Most cells are told to be none without a search: by their length and their first letter, or a blank.
  fileprivate var mayBeTestStudent: Bool {
    guard (12...17).contains(utf8.count), let first = utf8.first else { return false }
    return first == UInt8(ascii: "S") || first == UInt8(ascii: "T") || first >= 0x80 || first <= UInt8(ascii: " ")
  }

  /// Whether a byte is beyond ASCII; eight are looked at together.
  fileprivate var hasMoreThanASCII: Bool {
    let found = utf8.withContiguousStorageIfAvailable { text in
      let bytes = UnsafeRawBufferPointer(text)
      var all: UInt64 = 0
      var index = 0
      while index + 8 <= bytes.count {
        all |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index += 8
      }
      while index < bytes.count {
        all |= UInt64(bytes[index])
        index += 1
      }
      return all & 0x8080_8080_8080_8080 != 0
    }
    return found ?? utf8.contains { $0 >= 0x80 }
  }

  /// What Windows-1252 has in the places of control characters.
  private static let windowsSigns: [UInt32: UInt8] = [
    0x20AC: 0x80, 0x201A: 0x82, 0x0192: 0x83, 0x201E: 0x84, 0x2026: 0x85, 0x2020: 0x86, 0x2021: 0x87, 0x02C6: 0x88,
    0x2030: 0x89, 0x0160: 0x8A, 0x2039: 0x8B, 0x0152: 0x8C, 0x017D: 0x8E, 0x2018: 0x91, 0x2019: 0x92, 0x201C: 0x93,
    0x201D: 0x94, 0x2022: 0x95, 0x2013: 0x96, 0x2014: 0x97, 0x02DC: 0x98, 0x2122: 0x99, 0x0161: 0x9A, 0x203A: 0x9B,
    0x0153: 0x9C, 0x017E: 0x9E, 0x0178: 0x9F,
  ]

  /// Whether a letter such as `Ã` stands right before another character beyond ASCII, which it hardly does in a name.
  private var hasAccentBeforeSign: Bool {
    func isFound(_ bytes: some Collection<UInt8>) -> Bool {
      zip(bytes, bytes.dropFirst(2)).contains { $0 == 0xC3 && $1 >= 0xC2 }
    }
    return utf8.withContiguousStorageIfAvailable { isFound($0) } ?? isFound(utf8)
  }

  /// What bytes are in CP949, if there are at least two syllables of names and no Latin letter: `±è¹ÎÁØ` was `김민준`.
  private static func korean(_ bytes: [UInt8]) -> String? {
    guard bytes.count(where: { $0 >= 0x80 }) > 3,
      !bytes.contains(where: { $0 < 0x80 && Unicode.Scalar($0).properties.isAlphabetic }),
      EastAsianText(bytes, in: .cp949)?.fits(.cp949) == true, let transcoder = Transcoder(from: "CP949")
    else { return nil }
    return String(decoding: transcoder.feed(bytes), as: UTF8.self)
  }

  /// The text that it was in UTF-8, or in CP949, before something took that for Windows-1252; nil for others. `Ã©` was `é`, `ë¯¼` was `민`.
  var beforeMisreading: String? {
    // A character of three bytes starts as one of these, one of two as `Â` or `Ã` or a letter near them: U+00C2 and on.
    guard has(0xC3), hasAccentBeforeSign else { return nil }
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if scalar.value < 0x100 {
        bytes.append(UInt8(scalar.value))
      } else if let sign = Self.windowsSigns[scalar.value] {
        bytes.append(sign)
      } else {
        return nil
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { return Self.korean(bytes) }
    let foreign = text.unicodeScalars.filter { !$0.isASCII }
    let isText =
      foreign.contains { $0.properties.isAlphabetic } && !foreign.contains { (0x250..<0x370).contains($0.value) }
    return isText && !foreign.isEmpty ? text : nil
  }
}
