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
    /// - Returns: whether anything was appended.
    func append(_ cells: [JSONValue?], to bytes: inout [UInt8]) -> Bool {
      if let column {
        guard let value = cells[column] else { return false }
        value.append(to: &bytes)
        return true
      }
      let start = bytes.count
      bytes.append(UInt8(ascii: "{"))
      var isEmpty = true
      for (key, node) in members {
        let before = bytes.count
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        JSONValue.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if node.append(cells, to: &bytes) { isEmpty = false } else { bytes.removeSubrange(before...) }
      }
      guard !isEmpty else {
        bytes.removeSubrange(start...)
        return false
      }
      bytes.append(UInt8(ascii: "}"))
      return true
    }
  }

  private var root = Node()

  /// Adds a column whose value goes where `steps` lead.
  mutating func insert(_ column: Int, at steps: [String]) { root.insert(column, at: steps[...]) }

  /// The canonical text of the definition that a row's values make: the same as of a `JSONValue` with them.
  ///
  /// - Parameter cells: one for each column; nil where there is none.
  func definition(of cells: [JSONValue?]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    return root.append(cells, to: &bytes) ? String(decoding: bytes, as: UTF8.self) : "{}"
  }
}
