// Which header names which field: its full path, or its last word where that is unambiguous.

import Provisioning

/// The names that a schema's fields answer to.
struct FieldNames {
  /// What a header names.
  enum Match {
    /// A field; `key` is the member of a map.
    case field(Field, key: String?)
    /// A map itself, which has no cell of its own.
    case wholeMap(Field)
    /// No field.
    case none

    /// Where the value of a field goes, with the member of a map; nil for all others.
    var path: String? {
      guard case .field(let field, let key) = self else { return nil }
      return key.map { "\(field.path).\($0)" } ?? field.path
    }
  }

  let schema: Schema
  private var fields: [String: Field] = [:]
  private var prefixes: [(prefix: String, field: Field)] = []

  init(_ schema: Schema) {
    self.schema = schema
    for field in schema.fields { fields[field.path] = field }
    let words = Dictionary(grouping: schema.fields, by: \.lastWord)
    for (word, candidates) in words where candidates.count == 1 && fields[word] == nil {
      fields[word] = candidates.first
    }
    for (name, field) in fields where field.kind == .stringMap { prefixes.append(("\(name).", field)) }
    // `a.b.` must win over `a.`, whatever the dictionary's order.
    prefixes.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
  }

  /// What a header names, letter by letter.
  func match(_ header: String) -> Match {
    if let field = fields[header] { return field.kind == .stringMap ? .wholeMap(field) : .field(field, key: nil) }
    for (prefix, field) in prefixes where header.hasPrefix(prefix) {
      let key = String(header.dropFirst(prefix.count))
      return key.isEmpty ? .wholeMap(field) : .field(field, key: key)
    }
    return .none
  }

  /// The field that a header would name if capitals did not count.
  func matchIgnoringCase(_ header: String) -> Field? {
    let lower = header.lowercased()
    return schema.fields.first { field in
      names(of: field).contains { name in
        let name = name.lowercased()
        return lower == name || field.kind == .stringMap && lower.hasPrefix("\(name).")
      }
    }
  }

  /// The field that a header was probably meant to name: one letter is wrong, or two from seven letters on.
  func matchNearly(_ header: String) -> Field? {
    guard header.count > 2 else { return nil }
    let near = schema.fields.compactMap { field in
      names(of: field).filter { $0.isNearly(header) }.map { (field, $0.distance(to: header)) }.min { $0.1 < $1.1 }
    }
    return near.min { $0.1 < $1.1 }?.0
  }

  /// The field that a header can hardly but mean: only capitals, blanks, `_` or `-` differ, two letters have changed places,
  /// or one of at least six is wrong.
  func matchClosely(_ header: String) -> Field? {
    let folded = header.folded
    func first(where isMeant: (String) -> Bool) -> Field? {
      schema.fields.first { names(of: $0).contains { isMeant($0.folded) } }
    }
    // `CPU Count` is nearly `gpuCount`, too.
    return first { $0 == folded }
      ?? first { name in
        let distance = name.count > 5 ? name.distance(to: folded) : .max
        return distance == 1 || distance == 2 && name.sorted() == folded.sorted()
      }
  }

  /// Whether a header is a field's name, letter by letter.
  func isField(_ header: String) -> Bool {
    if case .none = match(header) { false } else { true }
  }

  /// Whether a header starts as the paths of fields do, or stands for a part of them.
  func looksLikePath(_ header: String) -> Bool {
    schema.fields.contains { field in
      let steps = field.steps.dropLast()
      return header == steps.first || steps.contains { header.hasPrefix("\($0).") }
    }
  }

  /// The shortest name of a field: what people are told to call its column.
  func shortName(of field: Field) -> String { names(of: field).last ?? field.path }

  private func names(of field: Field) -> [String] {
    fields[field.lastWord]?.path == field.path ? [field.path, field.lastWord] : [field.path]
  }
}

extension String {
  /// The letters of a header as they count when only its words do.
  fileprivate var folded: String { lowercased().filter { !" _-".contains($0) } }
}
