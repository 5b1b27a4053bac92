// Reports of ours as rosters: a cell that a spreadsheet would have run as a formula got an apostrophe there, which is taken
// away again, so that the roster's own values come back exact.

import CSV

extension Record {
  /// Whether this is the header of a report of ours.
  var isReportHeader: Bool { fields.contains { $0.hasPrefix("rollcall_") } }

  /// The record as it was before the report made its cells harmless.
  var withoutEscapes: Record {
    fields.contains { $0.utf8.first == UInt8(ascii: "'") } ? with(fields: fields.map(EscapedCell.original)) : self
  }
}
