// Cells that a spreadsheet would run. A roster comes from many hands, and a cell such as `=HYPERLINK(…)` is text for us
// and a formula for whoever opens the report.

/// Makes cells harmless in a way that can be undone.
enum HarmlessCell {
  private static let apostrophe = UInt8(ascii: "'")

  /// The cell as it goes into a CSV file: with an apostrophe in front where a spreadsheet would run it.
  ///
  /// What starts with any number of apostrophes and then `=`, `+`, `-`, `@`, a tab or a carriage return (OWASP, "CSV
  /// injection") gets one apostrophe more. Apostrophes that were there count too, so that the way back is always to
  /// take one away: `=1` ⇄ `'=1`, `'=1` ⇄ `''=1`. Numbers are no exception: `-5+cmd|…` begins like one.
  static func made(from cell: String) -> String { needsApostrophe(cell) ? "'" + cell : cell }

  private static func needsApostrophe(_ cell: String) -> Bool {
    switch cell.utf8.first(where: { $0 != apostrophe }) {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
      UInt8(ascii: "\r"):
      true
    default: false
    }
  }
}
