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

    /// Appends the value's text, and to `places` where the columns' values stand in it; false, and nothing, when no cell
    /// gives any of it.
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

  /// The canonical text of the definition that a row's values make, one for each column, and where they stand in it.
  func definition(of cells: [JSONValue?]) -> (text: [UInt8], places: [ValuePlace]) {
    var bytes: [UInt8] = []
    var places: [ValuePlace] = []
    if !root.append(cells, to: &bytes, places: &places) { bytes += "{}".utf8 }
    return (bytes, places)
  }
}

/// Makes the definitions of a roster's rows. From row to row a few values change; what stays the same is a base that the
/// rows share.
struct DefinitionWriter {
  /// A base, and which values are in it.
  private struct Kind {
    struct Place {
      let column: Int
      /// The value's, as `CellMemo` tells them apart.
      let number: Int
      let range: Range<Int>
    }

    let base: Definition.Base
    /// In the order of the text, without the name.
    let places: [Place]
    /// Which columns had a value.
    let isGiven: [Bool]
  }

  /// How many kinds of definitions are remembered: two images, three GPU models.
  private static let mostKinds = 8

  private var kinds: [Kind] = []

  /// A row's definition; `columns`: those that are fields, the name's among them.
  mutating func definition(
    of memo: CellMemo, _ shape: DefinitionShape, _ columns: [Int], nameColumn: Int, name: String
  ) -> Definition {
    let isPlain = name.isPlain
    for kind in isPlain ? kinds : [] {
      if let found = Self.definition(of: memo, like: kind, columns, name) { return found }
    }
    let made = shape.definition(of: memo.values)
    guard isPlain, let kind = Self.kind(made, memo, columns, nameColumn) else {
      return Definition(base: Definition.Base(text: made.text, nameAt: nil), name: name)
    }
    if kinds.count == Self.mostKinds { kinds.removeLast() }
    kinds.insert(kind, at: 0)
    return Definition(base: kind.base, name: name)
  }

  /// - Returns: nil when the definition has too little in common with the kind's.
  private static func definition(of memo: CellMemo, like kind: Kind, _ columns: [Int], _ name: String) -> Definition? {
    for (index, column) in columns.enumerated() where (memo.values[column] != nil) != kind.isGiven[index] { return nil }
    var (first, last) = (Int?.none, 0)
    for (index, place) in kind.places.enumerated() where memo.numbers[place.column] != place.number {
      first = first ?? index
      last = index
    }
    guard let first else { return Definition(base: kind.base, name: name) }
    let (places, base) = (kind.places, kind.base)
    let range = places[first].range.lowerBound..<places[last].range.upperBound
    guard range.count <= base.text.count / 3, base.nameAt.map({ !range.contains($0) }) == true else { return nil }
    var text: [UInt8] = []
    text.reserveCapacity(range.count + 16)
    for index in first...last {
      if index > first { text += base.text[places[index - 1].range.upperBound..<places[index].range.lowerBound] }
      memo.values[places[index].column]?.append(to: &text)
    }
    return Definition(base: base, patch: Definition.Patch(range, text: text), name: name)
  }

  /// - Returns: nil when the name is nowhere in it.
  private static func kind(
    _ made: (text: [UInt8], places: [DefinitionShape.ValuePlace]), _ memo: CellMemo, _ columns: [Int], _ nameColumn: Int
  ) -> Kind? {
    guard let name = made.places.first(where: { $0.column == nameColumn })?.range else { return nil }
    var text = made.text
    // What is between the quotes.
    text.removeSubrange(name.lowerBound + 1..<name.upperBound - 1)
    let taken = name.count - 2
    let places = made.places.filter { $0.column != nameColumn }.map { place in
      let shift = place.range.lowerBound > name.lowerBound ? taken : 0
      return Kind.Place(
        column: place.column, number: memo.numbers[place.column],
        range: place.range.lowerBound - shift..<place.range.upperBound - shift)
    }
    return Kind(
      base: Definition.Base(text: text, nameAt: name.lowerBound + 1), places: places,
      isGiven: columns.map { memo.values[$0] != nil })
  }
}

extension String {
  /// Whether JSON writes it as it is.
  fileprivate var isPlain: Bool {
    !hasByte { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
  }
}
