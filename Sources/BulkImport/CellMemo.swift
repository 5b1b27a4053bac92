// What the cells of a roster's rows became: most cells say what one of the cells above them says, and need not be read and
// checked again.

import Provisioning

/// The last few different cells of each column of which there is nothing to say, and what they became.
struct CellMemo {
  private struct Known {
    var text = ""
    var value: JSONValue?
    /// 0 for a place that is free.
    var number = 0
  }

  /// How many cells a column remembers: two images, three GPU models.
  private static let mostKnown = 4
  /// A longer cell is hardly ever met again, and would stay in memory.
  private static let longestKnown = 4_096

  /// `mostKnown` places for each column, one column behind the other.
  private var known: [Known]
  /// Where the row's cell is remembered; nil for one that is not.
  private var current: [Int?]
  /// The values of the row, by column; nil for an empty cell, or one that cannot be read.
  private(set) var values: [JSONValue?]
  /// Tells the values of a column apart: where two rows have the same number, they have the same value.
  private(set) var numbers: [Int]
  private var lastNumber = 0

  init(columnCount: Int) {
    known = Array(repeating: Known(), count: columnCount * Self.mostKnown)
    current = Array(repeating: nil, count: columnCount)
    values = Array(repeating: nil, count: columnCount)
    numbers = Array(repeating: 0, count: columnCount)
  }

  /// Whether a column's cell is, byte by byte, a remembered one; its value is the row's then.
  mutating func recall(_ text: String, in column: Int) -> Bool {
    if let current = current[column], known[current].text.hasSameBytes(as: text) { return true }
    let first = column * Self.mostKnown
    for place in first..<first + Self.mostKnown
    where known[place].number > 0 && known[place].text.hasSameBytes(as: text) {
      current[column] = place
      values[column] = known[place].value
      numbers[column] = known[place].number
      return true
    }
    return false
  }

  /// Notes what a cell became.
  ///
  /// - Parameter isClean: whether there is nothing to say of it, so that it may be remembered.
  mutating func note(_ value: JSONValue?, of text: String, in column: Int, isClean: Bool) {
    lastNumber += 1
    values[column] = value
    numbers[column] = lastNumber
    current[column] = nil
    guard isClean, text.utf8.count <= Self.longestKnown else { return }
    let first = column * Self.mostKnown
    let free = (first..<first + Self.mostKnown).first { known[$0].number == 0 }
    let place = free ?? first + lastNumber % Self.mostKnown
    known[place] = Known(text: text, value: value, number: lastNumber)
    current[column] = place
  }
}
