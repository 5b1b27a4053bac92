// Why a workbook cannot be read; `Words` has the sentences.

/// A workbook that cannot be read.
package enum SpreadsheetError: Error, Hashable, Sendable {
  /// The archive or one of its parts is damaged; how, as the end of a sentence.
  case damaged(String)
  /// It is an archive and holds something else; what it is.
  case noWorkbook(String)
  /// It asks for a password.
  case encrypted
  /// It has macros.
  case macros
  /// It would become far larger than any roster; which part of it.
  case bomb(String)
  /// It has no sheet of cells.
  case noSheets
  /// A cell or a row holds more than can be read; which, and what is the most.
  case tooLarge(String)
}
