// Why a roster cannot be read at all, and the one place that words it. What is wrong with single rows is a `RowIssue`.

/// A roster that cannot be read.
package struct RosterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Why.
  package enum Code: Hashable, Sendable {
    /// There is no such file.
    case missing
    /// It is a folder, a pipe or another thing that cannot be read twice.
    case notAFile
    /// The system does not let it be read; the detail is the system's.
    case unreadable
    /// There is nothing in it.
    case empty
    /// There is a header and nothing below.
    case noRows
    /// It is no CSV with commas in UTF-8; the detail says what it looks like.
    case format
    /// Its JSON cannot be taken apart; the detail says why.
    case json
    /// None of its rows is chosen; the detail is the whole sentence.
    case nothingChosen
    /// A column that is to be dropped is not there, or is needed; the detail is the whole sentence.
    case drop
    /// A temporary copy of it cannot be made; the detail is the system's.
    case noCopy
    /// It changed while it was read.
    case changed
    /// It has more rows than can be compared with each other: 268,435,455.
    case tooManyRows
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

  /// One sentence: what, and which file.
  package var description: String {
    switch code {
    case .missing: "There is no file \(file)."
    case .notAFile: "\(file) is \(detail), not a file."
    case .unreadable: "The roster \(file) cannot be read: \(detail)."
    case .empty: "The roster \(file) is empty."
    case .noRows: "The roster \(file) has \(detail.isEmpty ? "a header and no rows" : "no rows")."
    case .nothingChosen: "\(detail)."
    case .drop: detail.hasSuffix("?") ? detail : "\(detail)."
    case .noCopy: "No temporary copy of \(file) can be made: \(detail)."
    case .format: "\(file) looks like \(detail); a roster is a table (CSV) or JSON."
    case .json: "\(file): \(detail)."
    case .changed: "The roster \(file) was changed while it was read."
    case .tooManyRows: "The roster \(file) has too many rows for one roster."
    }
  }

  /// What to do about it; nil when the sentence says it all.
  package var hint: String? {
    switch code {
    case .missing: "Check the path and the folder you are in."
    case .notAFile: "Save the roster as a file and name that."
    case .unreadable: "Check the file's permissions."
    case .empty, .noRows: "A roster has a line with the names of its columns, then a line for each workspace."
    case .drop: "--drop takes a header as it stands in the roster."
    case .nothingChosen: "Look at the options --header-line, --except and --only."
    case .noCopy: "Free some space there, or name another folder in TMPDIR: what is read of a roster is copied there."
    case .format:
      "In a spreadsheet, save it as \"CSV UTF-8 (comma delimited)\" (파일 > 다른 이름으로 저장 > \"CSV UTF-8(쉼표로 분리)\")."
    case .json: "A JSON roster is an array of objects, {\"defaults\": {…}, \"workspaces\": […]}, or an object a line."
    case .changed: "Wait until nobody writes to it, and run the same command again."
    case .tooManyRows: "Split it into several rosters."
    }
  }
}
