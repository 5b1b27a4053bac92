// What the reader hands over: a record and where each of its fields stands. Knows nothing of headers or of meaning.

/// A place in a file.
package struct Position: Hashable, Sendable {
  /// The physical line, from 1. CRLF, LF and a lone CR each end one, inside quotes too.
  package let line: Int
  /// The byte within the line, from 1; a byte order mark does not count.
  package let column: Int
}

/// One record of a file, with at least one field. Records may differ in length.
package struct Record: Hashable, Sendable {
  /// The row of a spreadsheet that shows the file, from 1: records and wholly blank lines count, a newline inside quotes
  /// does not.
  package internal(set) var number = 0
  /// The line on which it starts, from 1.
  package internal(set) var line = 0
  /// The byte of the file at which it starts, from 0; a byte order mark counts.
  package internal(set) var offset = 0
  /// The fields, without their quotes; nothing is trimmed.
  package internal(set) var fields: [String] = []
  /// Where each field starts; at the opening quote if it has one.
  package internal(set) var positions: [Position] = []
  /// What is wrong with its quotes, at most one for each field. The fields are then the best guess, and a field or line
  /// may have been cut in the wrong place.
  package internal(set) var problems: [CSVError] = []
  /// Whether a line end, or the next element, stands behind it.
  package var hasEnd = true
  /// What its source says of single cells, in the source's own words; empty for most.
  package var remarks = ""
  /// Whether it has not as many fields as its header; set by who knows the header.
  package var isOutOfStep = false
  /// Whether a NUL is in any of the fields.
  package internal(set) var hasNull = false

  init() {}

  /// Makes a record of a file that is no CSV; its fields have no places.
  package init(_ fields: [String], number: Int, line: Int, offset: Int) {
    (self.fields, self.number, self.line, self.offset) = (fields, number, line, offset)
    hasNull = fields.contains { $0.utf8.contains(0) }
  }

  /// The same record with other fields, for a reader that adds some of its own; the positions stay.
  package func with(fields: [String]) -> Record {
    var record = self
    record.fields = fields
    return record
  }

  /// The same record as one that has a line end.
  package var withEnd: Record {
    var record = self
    record.hasEnd = true
    return record
  }

  /// Where it is, to read it again later.
  package var place: RecordPlace { RecordPlace(number: number, line: line, offset: offset) }
}

/// Where a record is in its file; 24 bytes.
package struct RecordPlace: Hashable, Sendable {
  /// As `Record.number`.
  package let number: Int
  /// As `Record.line`.
  package let line: Int
  /// As `Record.offset`.
  package let offset: Int
}

extension Position {
  /// The place behind the first bytes of a field that starts here.
  func after(_ bytes: ArraySlice<UInt8>, isQuoted: Bool) -> Position {
    var (line, column) = (line, column + (isQuoted ? 1 : 0))
    var previous: UInt8?
    for byte in bytes {
      if byte.isLineEnd {
        if byte == .return || previous != .return { line += 1 }
        column = 1
      } else {
        // A quote in the text stands twice in the file.
        column += byte == .quote ? 2 : 1
      }
      previous = byte
    }
    return Position(line: line, column: column)
  }
}

extension UInt8 {
  /// What encloses a cell.
  package static let quote = UInt8(ascii: "\"")
  /// What begins a formula, or a quoted cell that a spreadsheet must not take for a number.
  static let equals = UInt8(ascii: "=")
  /// What stands between cells, as a rule.
  package static let comma = UInt8(ascii: ",")
  /// The same in many countries of Europe.
  package static let semicolon = UInt8(ascii: ";")
  /// The same in exports as text.
  package static let tab = UInt8(ascii: "\t")
  /// LF, which ends a line.
  package static let newline = UInt8(ascii: "\n")
  /// CR, which ends a line or begins its end.
  package static let `return` = UInt8(ascii: "\r")

  /// Whether it ends a line, or a part of its end.
  package var isLineEnd: Bool { self == .newline || self == .return }
}
