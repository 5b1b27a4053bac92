// How a row's cells are kept: as JSON, with a number where the cell says what the batch's first row says there. In a class
// most columns are the same from the first row to the last.

import Provisioning

/// Writes and reads the cells of one batch's rows.
struct CellText: Sendable {
  /// Stands for a cell of the first row; no cell is a number.
  private static let same = UInt8(ascii: "0")

  /// The first row's cells; empty for batches that keep every cell of every row.
  let first: [String]

  /// - Parameter text: the batch's `first_cells`; nil for a batch of an older version.
  init(_ text: String?) throws {
    guard let text, case .array(let cells) = try JSONValue(text: text) else {
      first = []
      return
    }
    first = cells.map { $0.stringValue ?? "" }
  }

  init(first: [String]) { self.first = first }

  /// Appends the text of a row's cells.
  func append(_ cells: [String], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    for (index, cell) in cells.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if index < first.count, cell.hasSameBytes(as: first[index]) {
        bytes.append(Self.same)
      } else {
        JSONValue.append(cell, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// The cells of a text.
  func cells(of text: String) throws -> [String] {
    guard case .array(let elements) = try JSONValue(text: text) else { return [] }
    return elements.enumerated().map { index, element in
      element.stringValue ?? (index < first.count ? first[index] : "")
    }
  }
}
