// Sentences about a roster: why it cannot be read, and what is wrong with its rows. It needs no other files of this
// module but those about workbooks and shapes: the fuzzers read rosters with the three alone.

package import BulkImport
import Provisioning
import Spreadsheet

extension RosterError: CustomStringConvertible {
  /// One sentence: what, and which file.
  package var description: String {
    switch code {
    case .missing: "There is no file \(file)."
    case .notAFile: "\(file) is \(detail), not a file."
    case .unreadable: "The roster \(file) cannot be read: \(detail)."
    case .brokenHeader: "The header of \(file) cannot be read: \(detail)."
    case .empty: "The roster \(file) is empty."
    case .noRows: "The roster \(file) has \(detail.isEmpty ? "a header and no rows" : "no rows")."
    case .nothingChosen: "\(detail)."
    case .allExcepted: "--except leaves out every row of \(file)."
    case .headerBehindEnd(let line, let last):
      "The last row of \(file) is on line \(last); --header-line \(line) is behind its end."
    case .drop: detail.hasSuffix("?") ? detail : "\(detail)."
    case .noCopy: "No temporary copy of \(file) can be made: \(detail)."
    case .format: "\(file) looks like \(detail); a roster is a table (CSV or .xlsx) or JSON."
    case .workbookAsJSON: "\(file) is an Excel workbook, not JSON."
    case .workbook(let error): Self.sentence(error, file)
    case .noSheet(nil): "\(file) is no workbook and has no sheet '\(detail.shown)'."
    case .noSheet(let names?): "\(file) has no sheet '\(detail.shown)'; it has \(Self.list(names))."
    case .emptySheet(let others):
      "The sheet '\(detail.shown)' of \(file) is empty"
        + (others.isEmpty ? "." : "; there is something in \(Self.list(others)).")
    case .packed(let error): "\(file) cannot be unpacked: \(Self.why(error))."
    case .encoding: "\(file) is no UTF-8 and could be \(detail)."
    case .json: "\(file): \(detail)."
    case .shape(let shape): "\(file): \(shape.sentence)."
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
    case .brokenHeader: nil
    case .empty, .noRows: "A roster has a line with the names of its columns, then a line for each workspace."
    case .drop: "--drop takes a header as it stands in the roster."
    case .nothingChosen, .allExcepted, .headerBehindEnd: "Look at the options --header-line, --except and --only."
    case .noCopy: "Free some space there, or name another folder in TMPDIR: what is read of a roster is copied there."
    case .format: Self.saving
    case .encoding:
      "In a spreadsheet, save it as \"CSV UTF-8 (comma delimited)\" (파일 > 다른 이름으로 저장 > \"CSV UTF-8(쉼표로 분리)\")."
    case .workbookAsJSON: "Leave --format out."
    case .workbook(let error): Self.hint(error)
    case .noSheet(nil): "Leave --sheet out, or \"sheet\" of the template: it is for workbooks (.xlsx)."
    case .noSheet: "Name one of them with --sheet, or leave that out for the first that is not hidden."
    case .emptySheet(let others): others.isEmpty ? Self.saving : "Name the sheet with --sheet."
    case .packed(let error): Self.hint(error)
    case .shape(let shape): shape.hint
    case .json: "A JSON roster is an array of objects, {\"defaults\": {…}, \"workspaces\": […]}, or an object a line."
    case .changed: "Wait until nobody writes to it, and run the same command again."
    case .tooManyRows: "Split it into several rosters."
    }
  }
}

extension RowIssue: CustomStringConvertible {
  /// One line: `roster.csv:14: image (D14): 'PyTorch:1' must be an image and its tag, …`.
  package var description: String {
    let place: String? =
      switch (column, cell) {
      case (let column?, let cell?): "\(column) (\(cell))"
      case (let column, let cell): column ?? cell
      }
    return ["\(file):\(line)", place, message].compactMap(\.self).joined(separator: ": ")
  }

  /// The column and the message, for a report that has the line in a column of its own.
  package var withoutPlace: String { [column, message].compactMap(\.self).joined(separator: ": ") }

  /// What is wrong and what to do, in one line.
  package var message: String { finding.text }
}

extension RowIssue.Finding {
  fileprivate var text: String {
    switch self {
    case .phrase(let text): text
    case .unknownHeader(let header):
      "'\(header.shown)' is no field of a definition: correct it, or say --carry \(header.quotedWord)"
    case .nearHeader(let header, let field):
      "'\(header.shown)' is nearly the field \(field): write it exactly so, or say --carry \(header.quotedWord)"
    case .nearDefault(let header, let field):
      "'\(header.shown)' is nearly the field \(field), which the template gives to every row alike: write it exactly so if "
        + "these cells are meant, or say --carry \(header.quotedWord)"
    case .headerElsewhere(let why, let line): "\(why); line \(line) looks like the header: add --header-line \(line)"
    case .secretHeader(let header, let isSent, let isInTemplate): Self.secret(header, isSent, isInTemplate)
    case .rowNumbers(let header):
      "names are made only from '\(header.shown)', which counts the rows: when somebody joins or leaves, a name would be "
        + "another person's; use a column that stays with the person, or say --allow-row-numbers"
    case .shortNumber(let text, let header, let usual, let more, let last):
      "'\(text)' has \(text.count == 1 ? "1 digit" : "\(text.count) digits") where the column's others have \(usual)"
        + (more == 0 ? "" : ", and \(more) more \(more == 1 ? "row" : "rows") up to line \(last)")
        + ": has a spreadsheet lost leading zeros? Format the column as text, write ${\(header.shown)|pad:\(usual)} in the "
        + "template, or say --allow-short-numbers"
    case .loneCell(let text, let option):
      "'\(text.shown)' is the only cell of this row: if it is no row of the roster, leave it out with "
        + "--except \(option.quotedWord)"
    case .testStudent(let text, let header):
      "'\(text.shown)' looks like the test student of a learning platform: leave it out with "
        + "--except \("\(header)=\(text)".quotedWord)"
    case .standIn(let text, let header):
      "'\(text)' stands for an empty cell, as programs write it: enter what belongs here, or leave the row out with "
        + "--except \("\(header)=\(text)".quotedWord)"
    case .nameless(let text, let header):
      "'\(text.shown)' has no Latin letters or digits for |slug, as other cells of its column have: enter what belongs "
        + "here, or leave the row out with --except \("\(header)=\(text)".quotedWord)"
    case .unfinished:
      "the last line ends here without a line end, which the others have: was only a part of the file copied? This row is "
        + "not taken: get the whole file; if it is whole, press Enter at the end of this line, or say --allow-no-line-end"
    case .leftOutTotal(let text, let header):
      "'\(text.shown)' looks like a total and no row, and the row has nothing that a name is made of: it is left out, as "
        + "--except \("\(header)=\(text)".quotedWord) would say"
    case .headerAgain(let header):
      "this line is the header again, as pages and joined files have it: leave out all such lines with "
        + "--except \("\(header)=\(header)".quotedWord)"
    case .rowAsHeader(let text, let line):
      "this line is taken as the header and looks like a row ('\(text.shown)'): put a line of headers above it; if it is "
        + "the header, say --header-line \(line)"
    case .exampleRow(let text, let header):
      "'\(text.shown)' looks like the example of the form that was filled in: leave it out with "
        + "--except \("\(header)=\(text)".quotedWord)"
    case .hiddenColumn(let header):
      "the column '\(header.shown)' is hidden in the sheet and read all the same: leave it out with --drop "
        + "\(header.quotedWord) if it is not meant"
    case .otherSheets(let names, let read):
      "only the sheet '\(read.shown)' is read, not \(RosterError.list(names)): another one is "
        + "chosen with --sheet \((names.first ?? "").quotedWord)"
    case .total(let text, let header):
      "'\(text)' looks like a total below the table and no row: leave it out with "
        + "--except \("\(header)=\(text)".quotedWord)"
    }
  }

  private static func secret(_ header: String, _ isSent: Bool, _ isInTemplate: Bool) -> String {
    let word = header.quotedWord
    return "the cells under '\(header.shown)' look like secrets and would be stored in the queue and the reports"
      + "\(isSent ? ", and be sent" : ""): \(isInTemplate ? "take it out of the template and " : "")leave them out with "
      + "--drop \(word), or say with --carry \(word) that they are none"
  }
}

extension String {
  /// The text between quotes, as a shell takes it for one word; a long one clipped, which nobody types.
  fileprivate var quotedWord: String {
    let word = count > 60 ? self : shellQuoted
    return word == self ? "'\(shown)'" : word
  }
}
