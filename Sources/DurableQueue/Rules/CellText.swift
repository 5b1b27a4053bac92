// How a row's cells are kept: as JSON, with a number where the cell says what an earlier row of its batch says there. In a
// class most columns are the same from the first row to the last, or one of a few: sections, images, sizes.

import Provisioning

/// Writes and reads the cells of one batch's rows.
struct CellText: Sendable {
  /// The cells of a column that are kept once.
  private struct Column: Sendable {
    var known: [String]
    /// Cells that were none of them; a column whose cells differ from row to row is not worth the search.
    var missCount = 0
    var hitCount = 0
    var isWorthwhile: Bool { missCount < 64 || hitCount > missCount }
  }

  /// A number has one digit, no more than the quotes of an empty cell.
  private static let mostKnown = 10
  /// A longer cell is hardly ever met again, and would stay in memory.
  private static let longestKnown = 4_096

  private var columns: [Column]

  /// - Parameter text: the batch's `known_cells`: for each column, the cells that a number stands for, from 0 on; or one
  ///   cell, which is 0. Nil: every cell of every row stands for itself.
  init(_ text: String?) throws {
    guard let text else {
      columns = []
      return
    }
    let damage = DamagedValue(what: "known_cells")
    guard case .success(.array(let elements)) = Result(catching: { try JSONValue(text: text) }) else { throw damage }
    columns = try elements.map { element in
      let known: [JSONValue] = if case .array(let several) = element { several } else { [element] }
      let texts = known.compactMap(\.stringValue)
      guard !texts.isEmpty, texts.count == known.count else { throw damage }
      return Column(known: texts)
    }
  }

  init(first: [String]) { columns = first.map { Column(known: [$0]) } }

  /// What a reader of the rows must know.
  var known: String { JSONValue.array(columns.map { .array($0.known.map(JSONValue.string)) }).canonicalText }

  /// Appends the text of a row's cells.
  mutating func append(_ cells: [String], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    for index in cells.indices {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if let number = number(of: cells[index], in: index) {
        bytes.append(UInt8(ascii: "0") + UInt8(number))
      } else {
        JSONValue.append(cells[index], to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// Which of the known cells of a column it is; nil when it stands for itself.
  private mutating func number(of cell: String, in column: Int) -> Int? {
    guard column < columns.count else { return nil }
    // Before the others, for it is the most frequent one.
    if columns[column].known[0].hasSameBytes(as: cell) { return 0 }
    guard columns[column].isWorthwhile, cell.utf8.count <= Self.longestKnown else { return nil }
    if let found = columns[column].known.firstIndex(where: { $0.hasSameBytes(as: cell) }) {
      columns[column].hitCount += 1
      return found
    }
    columns[column].missCount += 1
    guard columns[column].known.count < Self.mostKnown else { return nil }
    columns[column].known.append(cell)
    return columns[column].known.count - 1
  }

  /// The cells of a text.
  func cells(of text: String) throws -> [String] {
    let damage = DamagedValue(what: "cells")
    guard case .success(.array(let elements)) = Result(catching: { try JSONValue(text: text) }) else { throw damage }
    return try elements.enumerated().map { index, element in
      if case .integer(let number) = element, index < columns.count, columns[index].known.indices.contains(Int(number))
      {
        return columns[index].known[Int(number)]
      }
      guard let text = element.stringValue else { throw damage }
      return text
    }
  }
}
