// What the cells of a roster's rows became: most cells say what one of the cells above them says, and need not be read and
// checked again.

import Provisioning

/// The last few different cells of each column of which there is nothing to say, and what they became.
struct CellMemo {
  private struct Known {
    let text: String
    let value: JSONValue?
  }

  /// How many cells a column remembers: two images, three GPU models.
  private static let mostKnown = 4

  private var known: [[Known]]
  /// Which of them is the row's; nil for a cell that is not remembered.
  private var current: [Int?]
  /// The values of the row, by column; nil for an empty cell, or one that cannot be read.
  private(set) var values: [JSONValue?]
  /// How often a column's value has changed.
  private(set) var changes: [Int]

  init(columnCount: Int) {
    known = Array(repeating: [], count: columnCount)
    current = Array(repeating: nil, count: columnCount)
    values = Array(repeating: nil, count: columnCount)
    changes = Array(repeating: 0, count: columnCount)
  }

  /// Whether a column's cell is, byte by byte, a remembered one; its value is the row's then.
  mutating func recall(_ text: String, in column: Int) -> Bool {
    if let current = current[column], known[column][current].text.hasSameBytes(as: text) { return true }
    guard let place = known[column].firstIndex(where: { $0.text.hasSameBytes(as: text) }) else { return false }
    current[column] = place
    values[column] = known[column][place].value
    changes[column] += 1
    return true
  }

  /// Notes what a cell became.
  ///
  /// - Parameter isClean: whether there is nothing to say of it, so that it may be remembered.
  mutating func note(_ value: JSONValue?, of text: String, in column: Int, isClean: Bool) {
    values[column] = value
    changes[column] += 1
    current[column] = nil
    guard isClean else { return }
    let place = changes[column] % Self.mostKnown
    let new = Known(text: text, value: value)
    if place < known[column].count { known[column][place] = new } else { known[column].append(new) }
    current[column] = min(place, known[column].count - 1)
  }
}
