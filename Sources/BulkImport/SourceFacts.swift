// What a source knows of its records besides their cells: where they stand, and what could not be read.

/// Why an element cannot be read, or a value cannot be a cell.
struct RecordFault: Error, Sendable {
  var rule = "json"
  /// Where; nil for the line of the element.
  var line: Int?
  /// The field, as the roster calls it; nil when it is about none.
  var field: String?
  let message: String
}

/// What the kind of a roster means for its places, its header and its rows. Each kind answers for itself, so that nobody
/// asks which one it is.
struct RecordForm: Sendable {
  /// Whether a spreadsheet names its cells: `D14`.
  let hasCells: Bool
  /// Whether its lines are text, so that one can be shown.
  let hasTextLines: Bool
  /// Whether a report of ours can have this kind, whose cells have apostrophes before what a spreadsheet would run.
  let mayBeReport: Bool
  /// Whether its header may stand below other lines.
  let mayHaveTitle: Bool
  /// Whether programs leave out, add or protect cells in it.
  let isRepaired: Bool
  /// What to do about a required field that it lacks.
  let remedy: @Sendable (_ name: String, _ help: String) -> String

  /// Text with separators.
  static let table = RecordForm(
    hasCells: true, hasTextLines: true, mayBeReport: true, mayHaveTitle: true, isRepaired: true
  ) { "no column gives it: add a column '\($0)' (\($1))" }

  /// A sheet of a workbook.
  static let sheet = RecordForm(
    hasCells: true, hasTextLines: false, mayBeReport: true, mayHaveTitle: true, isRepaired: true, remedy: table.remedy)

  /// Objects with members.
  static let objects = RecordForm(
    hasCells: false, hasTextLines: false, mayBeReport: false, mayHaveTitle: false, isRepaired: false
  ) { "no object gives it: add \"\($0)\" to each, or to \"defaults\" (\($1))" }
}

/// What is known of a roster before its records are read.
struct SourceFacts: Sendable {
  let form: RecordForm
  /// The first line that may be the header; 0 for any.
  var firstHeaderLine = 0
  /// How many cells most rows have; nil where that is not known.
  var rowWidth: Int?
  /// A cell of the line that is taken as the header, by which it is a row; nil where it looks like a header.
  var rowLikeCell: String?
  /// What stands between two cells of a table.
  var separator = UInt8(ascii: ",")
  /// The sheet of a workbook that it is; nil for other rosters.
  var sheet: SheetTable?
  /// Whether U+FFFD stands for a byte that fits no character of the file's encoding.
  var mayLackBytes = false
  /// What is wrong with some records, by their numbers.
  var faults: [Int: RecordFault] = [:]
  /// What is wrong with the roster as a whole, and where.
  var wholeFaults: [RecordFault] = []
  /// Whether all of it could be read, so that what is not there is nowhere.
  var isWhole = true
}
