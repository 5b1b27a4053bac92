// Why a roster cannot be read at all; `Words` has the sentences. What is wrong with single rows is a `RowIssue`.

package import Files
import Foundation
package import Spreadsheet

/// A roster that cannot be read.
package struct RosterError: Error, Hashable, Sendable {
  /// Why.
  package enum Code: Hashable, Sendable {
    /// There is no such file.
    case missing
    /// It is a folder, a pipe or another thing that cannot be read twice.
    case notAFile
    /// The system does not let it be read; the detail is the system's.
    case unreadable
    /// Its header cannot be read; the detail says where and why.
    case brokenHeader
    /// There is nothing in it.
    case empty
    /// There is a header and nothing below.
    case noRows
    /// It is no CSV with commas in UTF-8; the detail says what it looks like.
    case format
    /// It is a workbook, and a person said that it is JSON.
    case workbookAsJSON
    /// It is a workbook that cannot be read.
    case workbook(SpreadsheetError)
    /// The sheet that the detail names is not there; the workbook has these, nil: it is no workbook.
    case noSheet(among: [String]?)
    /// The sheet that the detail names is empty; these others are not.
    case emptySheet(others: [String])
    /// It is packed by gzip and cannot be unpacked.
    case packed(InflateError)
    /// Its bytes could be more than one encoding; the detail names them.
    case encoding
    /// Its JSON cannot be taken apart; the detail says why.
    case json
    /// Its JSON is a roster in another shape.
    case shape(JSONShape)
    /// None of its rows is chosen; the detail says what was to be chosen and what there is, without a full stop.
    case nothingChosen
    /// All of its rows were to be left out.
    case allExcepted
    /// The header was to be on a line behind the last row.
    case headerBehindEnd(line: Int, last: Int)
    /// A column that is to be dropped is not there, or is needed; the detail says which and why, without a full stop.
    case drop
    /// A temporary copy of it cannot be made; the detail is the system's.
    case noCopy
    /// It changed while it was read.
    case changed
    /// It has more rows than can be compared with each other: 268,435,455.
    case tooManyRows
  }

  /// How programs write a list as one object, or as objects of several lines.
  package enum JSONShape: Hashable, Sendable {
    /// A list of objects is within the only object; `steps` lead to it from the file's own value, nil: the first element.
    case list(count: Int, steps: [String?])
    /// A table column by column, or its cells by number.
    case columns
    /// An object for each row under its key, in an array or not.
    case byKey(example: String, isInList: Bool)
    /// So many objects of several lines each, one behind the other.
    case objects(Int)
  }

  /// Why.
  package let code: Code
  /// The roster as the person named it.
  package let file: String
  /// What the system said, or what the file looks like; empty when the code says it all.
  package let detail: String

  /// Makes an error.
  package init(_ code: Code, file: String, detail: String = "") {
    self.code = code
    self.file = file
    self.detail = detail
  }
}

extension RosterError {
  /// That a roster cannot be copied.
  package init(copying file: String, _ error: FileError) {
    let why = if case .system(let number) = error.code { String(cString: strerror(number)) } else { "\(error.code)" }
    self.init(.noCopy, file: file, detail: "\(error.path): \(why)")
  }

  /// Does what copies a roster, and says so where that fails.
  package static func copying<Value>(
    _ file: String, _ body: () throws(FileError) -> Value
  ) throws(RosterError) -> Value {
    do throws(FileError) { return try body() } catch { throw RosterError(copying: file, error) }
  }
}
