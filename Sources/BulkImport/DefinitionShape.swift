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
      if !members.contains(where: { $0.key == key }) { members.append((key, Node())) }
      for index in members.indices where members[index].key == key {
        members[index].node.insert(column, at: steps.dropFirst())
      }
    }

    /// The value; nil when no cell gives any of it.
    func value(_ cells: [JSONValue?]) -> JSONValue? {
      if let column { return cells[column] }
      var object: [String: JSONValue] = [:]
      for (key, node) in members {
        if let value = node.value(cells) { object[key] = value }
      }
      return object.isEmpty ? nil : .object(object)
    }
  }

  private var root = Node()

  /// Adds a column whose value goes where `steps` lead.
  mutating func insert(_ column: Int, at steps: [String]) { root.insert(column, at: steps[...]) }

  /// The definition that a row's values make.
  ///
  /// - Parameter cells: one for each column; nil where there is none.
  func definition(of cells: [JSONValue?]) -> JSONValue { root.value(cells) ?? .object([:]) }
}
