// What a JSON value is as a cell of a table, and which values no cell can say.

import Provisioning

/// JSON values as cells.
enum JSONCell {
  /// The value of a field at a path, as a cell has it.
  ///
  /// - Throws: `RecordFault`, for an array or an object where the field holds a text or a number: joining its parts would be a
  ///   guess.
  static func text(of value: JSONValue, _ field: Field, at path: String) throws(RecordFault) -> String {
    switch (value, field.kind) {
    case (.array(let elements), .integerList): joined(elements)
    case (.array, .objectList), (.object, .objectList): value.canonicalText
    case (.array, let kind): throw RecordFault(field: path, message: "must be \(kind.expected), not an array")
    case (.object, let kind): throw RecordFault(field: path, message: "must be \(kind.expected), not an object")
    case (.fraction(let text), .integer): wholePart(text)
    default: text(of: value)
    }
  }

  /// The value of a column that only travels along.
  static func text(of value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .fraction(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .null: ""
    case .array, .object: value.canonicalText
    }
  }

  /// A whole number that a program wrote with a fraction of zeros, `2.0`, without it; any other as it is.
  private static func wholePart(_ text: String) -> String {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[1].allSatisfy { $0 == "0" } ? String(parts[0]) : text
  }

  /// Numbers as a cell has them, `8888;6006`; anything else as JSON.
  private static func joined(_ elements: [JSONValue]) -> String {
    let texts = elements.compactMap { element -> String? in
      switch element {
      case .integer(let number): String(number)
      case .fraction(let text): wholePart(text)
      case .string(let text): text.contains(";") ? nil : text
      default: nil
      }
    }
    return texts.count == elements.count ? texts.joined(separator: ";") : JSONValue.array(elements).canonicalText
  }
}

extension Field.Kind {
  /// What a value must be, to follow "must be".
  fileprivate var expected: String {
    switch self {
    case .string, .stringMap: "one text"
    case .integer: "a whole number"
    case .integerList: "an array of whole numbers"
    case .objectList: "an array of objects"
    }
  }
}
