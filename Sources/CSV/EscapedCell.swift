// Cells that a spreadsheet would run. A roster comes from many hands, and a cell such as `=HYPERLINK(…)` is text for us
// and a formula for whoever opens the file.

/// Makes cells harmless in a way that can be undone; for every file that a person may open in a spreadsheet.
package enum EscapedCell {
  private static let apostrophe = UInt8(ascii: "'")

  /// The cell as it goes into a CSV file: with an apostrophe in front where a spreadsheet would run it.
  ///
  /// What starts with any number of apostrophes and then with a sign of a formula gets one apostrophe more. Apostrophes that
  /// were there count too, so that the way back is always to take one away: `=1` ⇄ `'=1`, `'=1` ⇄ `''=1`. Numbers are no
  /// exception: `-5+cmd|…` begins like one.
  package static func made(from cell: String) -> String { isFormula(cell) ? "'" + cell : cell }

  /// The cell as it was before it was made harmless.
  package static func original(of cell: String) -> String {
    guard cell.utf8.first == apostrophe, isFormula(cell) else { return cell }
    // By bytes, because `=` with a combining mark is one character.
    return String(decoding: cell.utf8.dropFirst(), as: UTF8.self)
  }

  /// Whether a text begins like a formula behind its apostrophes: with `=`, `+`, `-` or `@`, also in their full width, a
  /// tab or a line end (OWASP, "CSV injection").
  private static func isFormula(_ cell: String) -> Bool {
    let rest = cell.utf8.drop { $0 == apostrophe }
    switch rest.first {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
      UInt8(ascii: "\r"), UInt8(ascii: "\n"):
      return true
    // U+FF0B ＋, U+FF0D －, U+FF1D ＝, U+FF20 ＠.
    case 0xEF:
      let second = rest.dropFirst().first
      let third = rest.dropFirst(2).first
      return second == 0xBC && [0x8B, 0x8D, 0x9D, 0xA0].contains(third)
    default: return false
    }
  }
}

extension RecordWriter {
  /// Appends a record of a file that a person may open in a spreadsheet: no cell of it is run as a formula.
  package static func appendEscaped(_ fields: some Collection<String>, to bytes: inout [UInt8]) {
    append(fields.map(EscapedCell.made), to: &bytes)
  }
}
