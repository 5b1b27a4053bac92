// What a sheet hands over: its rows, and what else there is to say of it.

/// One row of a sheet.
package struct SheetRow: Hashable, Sendable {
  /// The most cells that are read of a row.
  package static let mostCells = 4_095
  /// The most bytes of text that they may have.
  static let largest = 16 << 20

  /// Its number at the sheet's edge.
  package let number: Int
  /// Its cells from column A on, empty ones too; none behind the last that has something.
  package internal(set) var cells: [SheetCell]
}

/// One cell.
package struct SheetCell: Hashable, Sendable {
  /// What is peculiar about it.
  package enum Note: String, Sendable {
    /// A number that the sheet shows in another way: rounded, with a currency.
    case shownOtherwise = "s"
    /// A number of more digits than a spreadsheet keeps.
    case tooManyDigits = "d"
    /// A formula whose value was not stored.
    case hasNoValue = "v"
    /// An error, such as #REF!.
    case isError = "e"
  }

  /// Its value as text.
  package var text = ""
  /// What is peculiar about it; nil for most.
  package var note: Note?
}

/// What there is to say of a sheet besides its rows.
package struct SheetFacts: Hashable, Sendable {
  /// Cells that are merged over several rows.
  package struct Merged: Hashable, Sendable {
    /// For example `A2:A5`.
    package let range: String
    /// The row of the first.
    package let firstRow: Int
  }

  static let mostMerged = 100

  /// The most cells that a row has.
  package internal(set) var width = 0
  /// How many rows have something in them.
  package internal(set) var rowCount = 0
  /// The columns that are hidden and have something in them, from 0.
  package internal(set) var hiddenColumns: [Int] = []
  /// How many rows are hidden, also by a filter, and have something in them.
  package internal(set) var hiddenRowCount = 0
  /// The first of them.
  package internal(set) var firstHiddenRow: Int?
  /// The first cells that are merged over several rows.
  package internal(set) var merged: [Merged] = []
}
