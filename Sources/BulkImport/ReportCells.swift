// Reports of ours as rosters: a cell that a spreadsheet would have run as a formula got an apostrophe there, which is taken
// away again, so that the roster's own values come back exact.

import CSV

extension Record {
  /// Whether this is the header of a report of ours.
  var isReportHeader: Bool { fields.contains { $0.hasPrefix("rollcall_") } }

  /// The record as it was before the report made its cells harmless.
  var withoutHarmlessMarks: Record {
    fields.contains { $0.utf8.first == UInt8(ascii: "'") } ? with(fields: fields.map(\.withoutHarmlessMark)) : self
  }
}

extension String {
  /// Without the first of the apostrophes that stand before what begins a formula; the same otherwise. By bytes, because
  /// `=` with a combining mark is one character.
  var withoutHarmlessMark: String {
    let apostrophe = UInt8(ascii: "'")
    guard utf8.first == apostrophe, let first = utf8.first(where: { $0 != apostrophe }), "=+-@\t\r".utf8.contains(first)
    else { return self }
    return String(decoding: utf8.dropFirst(), as: UTF8.self)
  }
}
