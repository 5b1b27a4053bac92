// A roster whose only object is no row but the whole list, as programs write it: within other objects, column by column,
// or by the rows' ids.

import Provisioning

/// What shows that an object is no row.
struct LoneObject {
  private enum Sign {
    case list(count: Int)
    case columns
    case byKey(example: String)
  }

  private let path: [String]
  private let sign: Sign
  private let isInList: Bool

  /// Looks at a roster's only element; nil where it may be a row.
  ///
  /// - Parameter isInList: whether it stands in an array.
  init?(_ part: JSONSplitter.Part, isInList: Bool, _ fields: FieldNames) {
    guard case .success(.object(let members)) = Result(catching: { try JSONParser.value(of: part.bytes, .roster) }),
      let found = Self.find(in: members, [], fields)
    else { return nil }
    (path, sign) = found
    self.isInList = isInList
  }

  private static func find(
    in members: [String: JSONValue], _ path: [String], _ fields: FieldNames
  ) -> (path: [String], sign: Sign)? {
    if members.isNumbered { return (path, .columns) }
    if path.isEmpty, let example = members.exampleKey { return (path, .byKey(example: example)) }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = path + [key]
      if case .object(let inner) = value, inner.isNumbered { return (path, .columns) }
      guard !fields.isField(path.joined(separator: ".")) else { continue }
      switch value {
      case .object(let inner): if let found = find(in: inner, path, fields) { return found }
      case .array(let elements) where elements.count > 1:
        if elements.allSatisfy(\.isObject) { return (path, .list(count: elements.count)) }
        if elements.allSatisfy(\.isArray) { return (path, .columns) }
      default: break
      }
    }
    return nil
  }

  /// What it is instead.
  var shape: RosterError.JSONShape {
    switch sign {
    case .list(let count): .list(count: count, steps: (isInList ? [nil] : []) + path)
    case .columns: .columns
    case .byKey(let example): .byKey(example: example, isInList: isInList)
    }
  }
}

extension [String: JSONValue] {
  /// Whether its members are the numbers from 0 on.
  fileprivate var isNumbered: Bool { count > 1 && (0..<count).allSatisfy { self[String($0)] != nil } }

  /// The first of members that are objects alike under ids; nil where they are something else.
  fileprivate var exampleKey: String? {
    var inner: Set<String>?
    for value in values {
      guard case .object(let members) = value, inner == nil || inner == Set(members.keys) else { return nil }
      inner = Set(members.keys)
    }
    return count > 1 && keys.allSatisfy { $0.contains(where: \.isNumber) } ? keys.min() : nil
  }
}

extension JSONValue {
  fileprivate var isObject: Bool { if case .object = self { true } else { false } }
  fileprivate var isArray: Bool { if case .array = self { true } else { false } }
}
