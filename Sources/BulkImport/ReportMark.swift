// The marks by which a report's row tells which row it is: a report that was mended is a roster, and its rows go where they
// came from.

import CSV
import Provisioning

/// Which batch of which queue the rows of a report belong to.
package struct ReportMark: Hashable, Sendable {
  /// What tells the queue from any other.
  package let queueID: String
  /// The batch's number there.
  package let batch: Int64

  /// Makes a mark.
  package init(queueID: String, batch: Int64) { (self.queueID, self.batch) = (queueID, batch) }
}

/// What a look at a roster shows of its marks.
package struct FoundMarks: Hashable, Sendable {
  /// The mark of its first row that has one; nil: it is no report, or was robbed of its marks.
  package var mark: ReportMark?
  /// The columns that it must have had and has no more.
  package var lostColumns: [String] = []
}

/// Where the marks of a report are.
struct MarkColumns {
  /// What is wrong with the marks of a row.
  struct Damage: Error, Hashable {
    let column: Int
    let phrase: String
  }

  static let queueHeader = "rollcall_queue"
  static let batchHeader = "rollcall_batch"
  static let lineHeader = "rollcall_line"
  /// What stands for the line of a row whose mark is damaged.
  static let damagedLine = 0
  static let headers = [queueHeader, batchHeader, lineHeader]

  private let queue: Int
  private let batch: Int
  private let line: Int

  /// Nil where one of them is not there.
  init?(_ headers: some Collection<String>) {
    let headers = Array(headers)
    guard let queue = headers.firstIndex(of: Self.queueHeader), let batch = headers.firstIndex(of: Self.batchHeader),
      let line = headers.firstIndex(of: Self.lineHeader)
    else { return nil }
    (self.queue, self.batch, self.line) = (queue, batch, line)
  }

  /// What a row's marks say; nil where they are not whole.
  func mark(in cells: [String]) -> ReportMark? {
    guard let id = cell(queue, in: cells), let number = cell(batch, in: cells)?.wholeNumber,
      cell(line, in: cells)?.wholeNumber != nil
    else { return nil }
    return ReportMark(queueID: id, batch: Int64(number))
  }

  /// The line of the row that a row takes the place of; nil where it is a new one, which has no line.
  func line(in cells: [String], of mended: ReportMark) -> Result<Int?, Damage> {
    guard let text = cell(line, in: cells) else { return .success(nil) }
    let remedy = "copy it from another row of the report; a new row has no \(Self.lineHeader)"
    guard cell(queue, in: cells) == mended.queueID else {
      return damage(
        queue, "this is not \(mended.queueID.shown), the queue of the other rows: \(remedy)", in: cells)
    }
    guard cell(batch, in: cells)?.wholeNumber.map(Int64.init) == mended.batch else {
      return damage(
        batch, "the other rows are of batch \(mended.batch), and one file mends one batch: give each a file of its own",
        in: cells)
    }
    guard let number = text.wholeNumber, number > 0 else {
      return damage(
        line, "this is no line of a roster: enter the number that the report had here; a new row has none", in: cells)
    }
    return .success(number)
  }

  private func damage(_ column: Int, _ phrase: String, in cells: [String]) -> Result<Int?, Damage> {
    // A row that ends before its marks has an issue of its own.
    column < cells.count ? .failure(Damage(column: column, phrase: phrase)) : .success(nil)
  }

  /// A cell's text; nil where it is blank, or is not there.
  private func cell(_ column: Int, in cells: [String]) -> String? {
    guard column < cells.count, !cells[column].isBlank else { return nil }
    return cells[column].trimmed
  }
}

extension String {
  /// The number that it is, also as spreadsheets write it: `3`, `3.0`, `3,0`.
  fileprivate var wholeNumber: Int? { Int(self) ?? rewrittenNumber.flatMap { Int($0) } }
}

extension RosterReader {
  /// Looks at the first rows for the marks of a report. What cannot be read has none: reading it tells why.
  package func marks() -> FoundMarks {
    guard source.facts.form.mayBeReport, case .success(let look) = Result(catching: { try preview() }) else {
      return FoundMarks()
    }
    guard let columns = MarkColumns(look.headers) else {
      // Other files of a report have no more than a line.
      let hasSome = look.headers.contains(MarkColumns.queueHeader) || look.headers.contains(MarkColumns.batchHeader)
      return FoundMarks(lostColumns: hasSome ? MarkColumns.headers.filter { !look.headers.contains($0) } : [])
    }
    return FoundMarks(mark: look.rows.lazy.compactMap(columns.mark).first)
  }
}
