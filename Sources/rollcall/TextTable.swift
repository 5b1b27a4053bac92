// Aligned columns for people. The last column takes what is left of the terminal's width and goes on below itself, a whole
// word at a time; where nothing has a width, a row is one line.

import Provisioning

struct TextTable {
  /// Between two columns.
  private static let gap = "  "
  /// With less room than this the last column stands below the others.
  private static let leastRoom = 24
  /// What stands below is indented by so much.
  private static let indentation = 4

  /// The columns before the last one that hold numbers.
  private let numbers: Set<Int>
  private let columns: Int?
  private var widths: [Int] = []

  /// - Parameters:
  ///   - numbers: the columns that are aligned at their ends.
  ///   - columns: how wide a line may be; nil: as wide as it is.
  init(numbers: Set<Int> = [], columns: Int?) {
    self.numbers = numbers
    self.columns = columns
  }

  /// The lines of all rows.
  static func lines(of rows: [[String]], numbers: Set<Int> = [], columns: Int?) -> [String] {
    var table = TextTable(numbers: numbers, columns: columns)
    for row in rows { table.measure(row) }
    return rows.flatMap(table.lines)
  }

  /// Makes room for a row. A column that is empty in every row takes none.
  mutating func measure(_ cells: [String]) {
    let fixed = cells.dropLast()
    if widths.count < fixed.count { widths += Array(repeating: 0, count: fixed.count - widths.count) }
    for (index, cell) in fixed.enumerated() { widths[index] = max(widths[index], cell.visibleLine.terminalWidth) }
  }

  /// The lines of a row that room was made for.
  func lines(_ cells: [String]) -> [String] {
    let parts = cells.dropLast().enumerated().filter { widths[$0.offset] > 0 }
      .map { $0.element.visibleLine.padded(to: widths[$0.offset], atStart: numbers.contains($0.offset)) }
    let head = parts.joined(separator: Self.gap)
    let tail = cells.last?.visibleLine ?? ""
    guard !tail.isEmpty else { return [head.withoutBlanksAtEnd] }
    guard !head.isEmpty else { return columns.map { tail.wrapped(columns: $0, indent: 0) } ?? [tail] }
    let start = head.terminalWidth + Self.gap.count
    guard let columns else { return [head + Self.gap + tail] }
    if columns - start < Self.leastRoom, tail.terminalWidth > columns - start {
      let indentation = String(repeating: " ", count: Self.indentation)
      return [head.withoutBlanksAtEnd] + (indentation + tail).wrapped(columns: columns, indent: Self.indentation)
    }
    return (head + Self.gap + tail).wrapped(columns: columns, indent: start)
  }
}

extension String {
  fileprivate var withoutBlanksAtEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
