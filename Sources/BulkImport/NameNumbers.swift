// Numbers that names are made of and that tell nobody apart: the count of the rows, and numbers that lost their zeros.

import CSV

/// Finds names that are made only from a column that counts the rows: next week the same name is another person's.
struct CountingNames {
  private var isCounting = true
  private var rowCount = 0

  /// Whether the names' column has counted every row so far.
  var isFound: Bool { isCounting && rowCount > 1 }

  /// Notes a row as the roster has it, whether or not it is wanted: the count goes over all of them.
  mutating func note(_ record: Record, _ columns: Columns) {
    guard isCounting, record.fields.count == columns.ownCount else { return }
    rowCount += 1
    let sources = columns.nameSources
    isCounting = !sources.isEmpty && sources.allSatisfy { Int(record.fields[$0].trimmed) == rowCount }
  }

  func issue(_ columns: Columns) -> RowIssue? {
    guard isFound, let source = columns.nameSources.first else { return nil }
    let header = columns.headers[source]
    var place = columns.headerPlace(of: source)
    place.hasCell = false
    return place.issue("row-numbers", value: header, .rowNumbers(header))
  }
}

/// Finds numbers that a spreadsheet took the leading zeros from, where names are made of them: `72` among `0072`s.
struct ShortNumbers {
  /// The cells of a column that have as many digits.
  private struct Cells {
    var count = 0
    var place: IssuePlace
    let text: String
    var lastLine: Int
  }

  /// Of a hundred cells so many must have one length, or the lengths tell nothing.
  private static let usualShare = 80
  private static let fewestUsual = 3

  private var cellCount: [Int: Int] = [:]
  /// By column, then by length.
  private var lengths: [Int: [Int: Cells]] = [:]

  /// Notes a row.
  mutating func note(_ record: Record, _ columns: Columns) {
    guard record.fields.count >= columns.ownCount else { return }
    for column in columns.plan.unpaddedNameSources {
      let text = record.fields[column].trimmed
      guard !text.isEmpty else { continue }
      cellCount[column, default: 0] += 1
      guard text.utf8.count < 20, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
      let length = text.utf8.count
      if lengths[column]?[length] == nil {
        let place = columns.place(of: column, in: record)
        lengths[column, default: [:]][length] = Cells(place: place, text: text, lastLine: place.line)
      }
      lengths[column]?[length]?.count += 1
      lengths[column]?[length]?.lastLine = record.line
    }
  }

  /// One issue for each column, at its first short number.
  func issues(_ columns: Columns) -> [RowIssue] { lengths.keys.sorted().compactMap { issue($0, columns) } }

  private func issue(_ column: Int, _ columns: Columns) -> RowIssue? {
    guard let byLength = lengths[column], let usual = byLength.max(by: { $0.value.count < $1.value.count }),
      usual.value.count >= Self.fewestUsual,
      usual.value.count * 100 >= cellCount[column, default: 0] * Self.usualShare
    else { return nil }
    let short = byLength.filter { $0.key < usual.key }.map(\.value)
    guard let first = short.min(by: { $0.place.line < $1.place.line }) else { return nil }
    let more = short.map(\.count).reduce(0, +) - 1
    let last = short.map(\.lastLine).max() ?? first.place.line
    return first.place.issue(
      "short-number", value: first.text,
      .shortNumber(
        first.text, header: columns.headers[column], usualLength: usual.key, moreCount: more, lastLine: last))
  }
}
