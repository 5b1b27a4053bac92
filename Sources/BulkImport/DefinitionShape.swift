// Where each column's value goes in the definition: worked out once for a roster, not once for a cell.

import Provisioning

/// The objects of a definition and the columns that fill them.
struct DefinitionShape {
  private struct Node {
    /// The column that gives the value; nil for an object.
    var column: Int?
    var members: [(key: String, node: Node)] = []

    mutating func insert(_ column: Int, at steps: ArraySlice<String>) {
      guard let key = steps.first else {
        self.column = column
        return
      }
      if !members.contains(where: { $0.key == key }) {
        members.append((key, Node()))
        // The order of the canonical text.
        members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      }
      for index in members.indices where members[index].key == key {
        members[index].node.insert(column, at: steps.dropFirst())
      }
    }

    /// Appends the value's text; nothing when no cell gives any of it.
    ///
    /// - Parameter places: where the columns' values stand in `bytes`, in order.
    /// - Returns: whether anything was appended.
    func append(_ cells: [JSONValue?], to bytes: inout [UInt8], places: inout [ValuePlace]) -> Bool {
      if let column {
        guard let value = cells[column] else { return false }
        let start = bytes.count
        value.append(to: &bytes)
        places.append(ValuePlace(column: column, range: start..<bytes.count))
        return true
      }
      let first = bytes.count
      bytes.append(UInt8(ascii: "{"))
      var isEmpty = true
      for (key, node) in members {
        let before = bytes.count
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        JSONValue.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if node.append(cells, to: &bytes, places: &places) {
          isEmpty = false
        } else {
          bytes.removeSubrange(before...)
        }
      }
      guard !isEmpty else {
        bytes.removeSubrange(first...)
        return false
      }
      bytes.append(UInt8(ascii: "}"))
      return true
    }
  }

  /// Where a column's value stands in a definition.
  struct ValuePlace {
    let column: Int
    let range: Range<Int>
  }

  private var root = Node()

  /// Adds a column whose value goes where `steps` lead.
  mutating func insert(_ column: Int, at steps: [String]) { root.insert(column, at: steps[...]) }

  /// The canonical text of the definition that a row's values make: the same as of a `JSONValue` with them.
  ///
  /// - Parameter cells: one for each column; nil where there is none.
  /// - Returns: the text, and where the values stand in it.
  func definition(of cells: [JSONValue?]) -> (text: [UInt8], places: [ValuePlace]) {
    var bytes: [UInt8] = []
    var places: [ValuePlace] = []
    if !root.append(cells, to: &bytes, places: &places) { bytes += "{}".utf8 }
    return (bytes, places)
  }
}

/// Makes the definitions of a roster's rows. From row to row a few values change; the rest of the text is used again.
struct DefinitionWriter {
  /// A part of the text: a value, or what stands between two.
  private struct Part {
    let column: Int?
    var bytes: [UInt8]
    /// The change of the column's value that the bytes are of, as `CellMemo` counts them.
    var change = 0
  }

  private var parts: [Part] = []
  /// Which columns had a value.
  private var isGiven: [Bool] = []
  private var bytes: [UInt8] = []

  /// The canonical text of a row's definition.
  ///
  /// - Returns: the text, and whether all but the name is as in the definition made before.
  mutating func definition(
    of memo: CellMemo, _ shape: DefinitionShape, _ columns: [Int], nameColumn: Int
  ) -> (text: String, isShared: Bool) {
    guard isGiven.count == columns.count,
      columns.indices.allSatisfy({ (memo.values[columns[$0]] != nil) == isGiven[$0] })
    else {
      isGiven = columns.map { memo.values[$0] != nil }
      takeApart(shape.definition(of: memo.values), memo)
      return (text, false)
    }
    var isShared = true
    for index in parts.indices {
      guard let column = parts[index].column, parts[index].change != memo.changes[column] else { continue }
      parts[index].change = memo.changes[column]
      parts[index].bytes.removeAll(keepingCapacity: true)
      memo.values[column]?.append(to: &parts[index].bytes)
      if column != nameColumn { isShared = false }
    }
    return (text, isShared)
  }

  private var text: String {
    mutating get {
      bytes.removeAll(keepingCapacity: true)
      for part in parts { bytes += part.bytes }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private mutating func takeApart(
    _ definition: (text: [UInt8], places: [DefinitionShape.ValuePlace]), _ memo: CellMemo
  ) {
    parts = []
    var end = 0
    for place in definition.places {
      parts.append(Part(column: nil, bytes: Array(definition.text[end..<place.range.lowerBound])))
      parts.append(
        Part(column: place.column, bytes: Array(definition.text[place.range]), change: memo.changes[place.column]))
      end = place.range.upperBound
    }
    parts.append(Part(column: nil, bytes: Array(definition.text[end...])))
  }
}
