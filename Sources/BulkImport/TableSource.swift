// A roster that is a table of text, as records.

import CSV
import Files
import Foundation

/// A table in UTF-8 whose separator is known.
struct TableSource: Sendable {
  let path: String
  let shownAs: String
  let separator: UInt8
  /// The sheet of which it is the copy; nil for other tables.
  var sheet: SheetTable?

  /// Hands over the records that have a cell; see `RosterSource.read`.
  func read(from place: RecordPlace?, chunkSize: Int, _ body: (Record) throws -> Bool) throws {
    let file = try RosterFile(path: path, shownAs: shownAs)
    if let place { try file.seek(to: place.offset) }
    var reader = RecordReader(from: place, separator: separator)
    var goesOn = true
    func take(_ record: Record) throws {
      if let row = sheet?.row(record) {
        if goesOn, !row.remarks.isEmpty || !row.fields.allSatisfy(\.isBlank) { goesOn = try body(row) }
      } else if goesOn, !record.fields.allSatisfy(\.isBlank) {
        goesOn = try body(record)
      }
    }
    while goesOn, let chunk = try file.chunk(of: chunkSize) {
      try chunk.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self), take) }
    }
    // What comes only now has no line end: it may be the part of a row that was copied so far.
    if goesOn { try reader.finish(isMending: true, take) }
  }
}
