// What can be wrong with the bytes of a CSV file, and the one place that words it.

/// Something in a file that is not CSV, and where.
package struct CSVError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  package enum Code: Hashable, Sendable {
    /// A quote is opened and the file ends; the position is that of the opening quote.
    case unclosedQuote
    /// Text between a closing quote and the next comma or line end.
    case textAfterQuote
    /// A quote within a field that does not start with one.
    case bareQuote
    /// A byte that is not UTF-8.
    case invalidUTF8
    /// A field of more than `RecordReader.longestField` bytes; the position is the field's.
    case fieldTooLong
    /// A record of more than `RecordReader.mostFields` fields; the position is that of the first one too many.
    case tooManyFields
    /// A record of more than `RecordReader.longestRecord` bytes; the position is that of the field that was too much.
    case recordTooLong
  }

  /// What is wrong.
  package let code: Code
  /// The byte at which it is.
  package let position: Position
  /// The number of the record, as `Record.number`.
  package let recordNumber: Int
  /// The field of the record, from 1.
  package let fieldNumber: Int

  init(_ code: Code, at position: Position, recordNumber: Int, fieldNumber: Int) {
    (self.code, self.position, self.recordNumber, self.fieldNumber) = (code, position, recordNumber, fieldNumber)
  }

  /// What is wrong and what to do, without the place.
  package var message: String {
    switch code {
    case .unclosedQuote:
      "a quote is opened here and never closed: close it, or double it if it belongs to the text"
    case .textAfterQuote:
      "there is text after the closing quote: double each quote that belongs to the text (\"\")"
    case .bareQuote:
      "there is a quote inside a cell that does not start with one: "
        + "put the whole cell in quotes and double those inside (\"\")"
    case .invalidUTF8:
      "there is a byte that is not UTF-8: save the file as CSV UTF-8"
    case .fieldTooLong:
      "this cell is longer than \(RecordReader.longestField) bytes: shorten it, or close the quote that opens it"
    case .recordTooLong:
      "this row is longer than \(RecordReader.longestRecord) bytes: shorten its cells, or close the quote that opens one"
    case .tooManyFields:
      "this row has more than \(RecordReader.mostFields) cells"
    }
  }

  /// The place and what is wrong.
  package var description: String { "line \(position.line), column \(position.column): \(message)" }
}
