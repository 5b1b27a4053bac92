// Templates: what a definition is made of where the roster's columns are not its fields.

import Foundation
package import Provisioning

/// A template: JSON in the shape of a definition, with `${column}` where a row's cell belongs.
package struct Template: Hashable, Sendable {
  /// What a placeholder does to its cell, in order.
  enum Filter: Hashable, Sendable {
    /// Lower-case Latin letters, digits and single hyphens; accents go, anything else becomes a hyphen.
    case slug
    case lower
    /// Zeros in front until it is so long.
    case pad(Int)
    /// At most so many characters.
    case short(Int)

    init?(_ text: Substring) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      let number = parts.count == 2 ? Int(parts[1]) : nil
      switch (parts.first, parts.count, number) {
      case ("slug", 1, _): self = .slug
      case ("lower", 1, _): self = .lower
      case ("pad", 2, let width?) where (1...64).contains(width): self = .pad(width)
      case ("short", 2, let length?) where (1...255).contains(length): self = .short(length)
      default: return nil
      }
    }

    func apply(to text: String) -> String {
      switch self {
      case .slug: text.slug
      case .lower: text.lowercased()
      case .pad(let width): String(repeating: "0", count: max(0, width - text.count)) + text
      case .short(let length): String(text.prefix(length))
      }
    }
  }

  /// A part of a value.
  enum Part: Hashable, Sendable {
    case text(String)
    case placeholder(column: String, filters: [Filter])
  }

  /// A leaf of the template.
  struct Value: Hashable, Sendable {
    /// The path of the field, and the member of a map.
    let path: String
    let parts: [Part]

    /// The columns that it is made from, in order; empty for a default.
    var columns: [String] {
      parts.compactMap { part in
        guard case .placeholder(let column, _) = part else { return nil }
        return column
      }
    }

    /// The value that a row's cells make.
    func expanded(_ cell: (String) -> String) -> String {
      parts.map { part in
        switch part {
        case .text(let text): text
        case .placeholder(let column, let filters): filters.reduce(cell(column).trimmed) { $1.apply(to: $0) }
        }
      }.joined()
    }
  }

  /// The template as the person named it.
  package let file: String
  let values: [Value]

  /// Reads a template.
  ///
  /// - Parameter schema: the fields that it may give.
  /// - Throws: `TemplateError`, with all that is wrong with it.
  package init(_ text: String, file: String, schema: Schema) throws(TemplateError) {
    self.file = file
    guard case .success(let value) = Result(catching: { try JSONValue(text: text) }) else {
      throw TemplateError(file: file, problems: ["it is not JSON, or has a number with a fraction"])
    }
    guard case .object(let members) = value else {
      throw TemplateError(file: file, problems: ["it must be an object in the shape of a definition"])
    }
    var values: [Value] = []
    var problems: [String] = []
    Self.read(members, at: "", FieldNames(schema), &values, &problems)
    guard problems.isEmpty else { throw TemplateError(file: file, problems: problems) }
    self.values = values.sorted { $0.path < $1.path }
  }

  private static func read(
    _ members: [String: JSONValue], at path: String, _ names: FieldNames, _ values: inout [Value],
    _ problems: inout [String]
  ) {
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = path.isEmpty ? key : "\(path).\(key)"
      if case .object(let inner) = value {
        read(inner, at: path, names, &values, &problems)
        continue
      }
      guard case .field(let field, let member) = names.match(path) else {
        problems.append("\(path) is no field")
        continue
      }
      let full = member.map { "\(field.path).\($0)" } ?? field.path
      switch value {
      case .string(let text):
        do {
          values.append(Value(path: full, parts: try parts(of: text)))
        } catch {
          problems.append("\(path): \(error.message)")
        }
      case .null: break
      default: values.append(Value(path: full, parts: [.text(JSONTable.cell(of: value))]))
      }
    }
  }

  private struct BadPlaceholder: Error {
    let message: String
  }

  /// Text and placeholders; `$${` is a literal `${`.
  private static func parts(of text: String) throws(BadPlaceholder) -> [Part] {
    var parts: [Part] = []
    var literal = ""
    var rest = text[...]
    while !rest.isEmpty {
      if rest.hasPrefix("$${") {
        literal += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let end = rest.firstIndex(of: "}") else {
          throw BadPlaceholder(message: "a placeholder is opened with ${ and never closed with }")
        }
        let words = rest[rest.index(rest.startIndex, offsetBy: 2)..<end].split(
          separator: "|", omittingEmptySubsequences: false)
        let column = String(words[0]).trimmed.precomposedStringWithCanonicalMapping
        guard !column.isEmpty else { throw BadPlaceholder(message: "${} names no column") }
        var filters: [Filter] = []
        for word in words.dropFirst() {
          guard let filter = Filter(Substring(String(word).trimmed)) else {
            throw BadPlaceholder(message: "|\(word) is no filter; there are |slug, |lower, |pad:3 and |short:6")
          }
          filters.append(filter)
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        literal = ""
        parts.append(.placeholder(column: column, filters: filters))
        rest = rest[rest.index(after: end)...]
      } else {
        literal.append(rest.removeFirst())
      }
    }
    if !literal.isEmpty { parts.append(.text(literal)) }
    return parts
  }
}

/// A template that cannot be used.
package struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The template as the person named it.
  package let file: String
  /// All that is wrong with it.
  package let problems: [String]

  /// One line for each problem.
  package var description: String { problems.map { "\(file): \($0)" }.joined(separator: "\n") }
}

extension String {
  /// Lower-case Latin letters, digits and single hyphens, none at the ends: what names are made of. Accents go; letters of
  /// other scripts have no Latin form here and become hyphens.
  package var slug: String {
    var slug = ""
    for scalar in decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
      switch scalar {
      case "a"..."z", "0"..."9": slug.unicodeScalars.append(scalar)
      case _ where scalar.properties.generalCategory == .nonspacingMark: break
      default: if !slug.isEmpty, slug.last != "-" { slug.append("-") }
      }
    }
    return slug.last == "-" ? String(slug.dropLast()) : slug
  }
}
