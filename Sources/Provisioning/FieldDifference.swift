// Where two definitions of one item differ, field by field, as people read it.

/// A field in which what was made is not what is wanted.
package struct FieldDifference: Hashable, Sendable {
  /// What the field is called in a roster: its last word, or its whole path where several have that.
  package let field: String
  /// What was made, as a cell has it; empty where nothing was given.
  package let made: String
  /// What is wanted, as a cell has it; empty where nothing is given.
  package let wanted: String

  /// Makes one.
  package init(_ field: String, made: String, wanted: String) {
    (self.field, self.made, self.wanted) = (field, made, wanted)
  }
}

extension Schema {
  /// The fields in which two definitions differ, in the schema's order.
  ///
  /// - Parameters:
  ///   - made: canonical JSON.
  ///   - wanted: canonical JSON.
  /// - Returns: one difference of `definition` where no known field tells it apart.
  package func differences(made: String, wanted: String) -> [FieldDifference] {
    guard case .success(let madeValue) = Result(catching: { try JSONValue(text: made) }),
      case .success(let wantedValue) = Result(catching: { try JSONValue(text: wanted) })
    else { return [FieldDifference("definition", made: made, wanted: wanted)] }
    let found = fields.flatMap { field in
      differences(of: field, madeValue[steps: field.steps], wantedValue[steps: field.steps])
    }
    return found.isEmpty && made != wanted ? [FieldDifference("definition", made: made, wanted: wanted)] : found
  }

  private func differences(of field: Field, _ made: JSONValue?, _ wanted: JSONValue?) -> [FieldDifference] {
    guard made != wanted else { return [] }
    let name = shortName(of: field)
    guard field.kind == .stringMap else {
      return [FieldDifference(name, made: made?.cellText ?? "", wanted: wanted?.cellText ?? "")]
    }
    let keys = Set([made, wanted].flatMap { $0?.keys ?? [] })
    return keys.sorted().filter { made?[key: $0] != wanted?[key: $0] }.map { key in
      FieldDifference(
        "\(name).\(key)", made: made?[key: key]?.cellText ?? "", wanted: wanted?[key: key]?.cellText ?? "")
    }
  }

  /// What a roster's header may call a field: its last word, where no other field has that.
  package func shortName(of field: Field) -> String {
    let word = field.lastWord
    let isTaken = fields.contains { $0.path != field.path && ($0.lastWord == word || $0.path == word) }
    return isTaken ? field.path : word
  }
}

extension JSONValue {
  fileprivate var keys: [String] {
    guard case .object(let members) = self else { return [] }
    return Array(members.keys)
  }

  /// The value as a cell of a roster has it.
  fileprivate var cellText: String {
    switch self {
    case .string(let text): return text
    case .array(let elements):
      let numbers = elements.compactMap { if case .integer(let number) = $0 { number } else { Int64?.none } }
      return numbers.count == elements.count ? numbers.map(String.init).joined(separator: ";") : canonicalText
    default: return canonicalText
    }
  }
}
