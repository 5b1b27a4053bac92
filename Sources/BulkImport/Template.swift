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

    /// What several make of a text, one after the other. What is a slug stays one when it is cut.
    static func apply(_ filters: [Filter], to text: String) -> String {
      let text = filters.reduce(text) { $1.apply(to: $0) }
      guard text.hasSuffix("-"), filters.contains(.slug), filters.last != .slug else { return text }
      return String(text.dropLast())
    }

    private func apply(to text: String) -> String {
      switch self {
      case .slug: text.slug
      case .lower: text.lowercased()
      // An empty cell stays one: zeros would make something of nothing.
      case .pad where text.isEmpty: text
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

    /// What stands for cells, in order.
    var placeholders: [(column: String, filters: [Filter])] {
      parts.compactMap { part in
        guard case .placeholder(let column, let filters) = part else { return nil }
        return (column, filters)
      }
    }

    /// The columns that it is made from, in order; empty for a default.
    var columns: [String] { placeholders.map(\.column) }

    /// The columns whose cells get no zeros in front.
    var unpaddedColumns: [String] {
      placeholders.filter { !$0.filters.contains { if case .pad = $0 { true } else { false } } }.map(\.column)
    }

    /// How many bytes stand in it whatever the row has.
    var literalLength: Int {
      parts.reduce(0) { sum, part in if case .text(let text) = part { sum + text.utf8.count } else { sum } }
    }

    /// The value that a row's cells make.
    func expanded(_ cell: (String) -> String) -> String {
      parts.map { part in
        switch part {
        case .text(let text): text
        case .placeholder(let column, let filters): Filter.apply(filters, to: cell(column).trimmed)
        }
      }.joined()
    }
  }

  /// The longest text of a template, in bytes.
  package static let longestText = 1 << 20

  /// The template as the person named it.
  package let file: String
  let values: [Value]
  /// What it says about reading the roster.
  package let settings: TemplateSettings

  /// Reads a template.
  ///
  /// - Parameter schema: the fields that it may give.
  /// - Throws: `TemplateError`, with all that is wrong with it.
  package init(_ text: String, file: String, schema: Schema) throws(TemplateError) {
    self.file = file
    let value: JSONValue
    do {
      value = try JSONParser.value(of: Array(text.utf8.withoutMark))
    } catch {
      throw TemplateError(file: file, problems: [error.description])
    }
    guard case .object(var members) = value else {
      throw TemplateError(file: file, problems: ["it must be an object in the shape of a definition"])
    }
    var values: [Value] = []
    var problems: [String] = []
    let names = FieldNames(schema)
    var settings = TemplateSettings()
    if !names.isField(TemplateSettings.key), let said = members.removeValue(forKey: TemplateSettings.key) {
      settings = TemplateSettings(said, &problems)
    }
    self.settings = settings
    Self.read(members, at: "", names, &values, &problems)
    for path in Set(values.map(\.path)).sorted() where values.count(where: { $0.path == path }) > 1 {
      problems.append("\(path) is given twice, by its path and by its last word: keep one of them")
    }
    guard problems.isEmpty else { throw TemplateError(file: file, problems: problems) }
    self.values = values.sorted { $0.path < $1.path }
  }

  private static func read(
    _ members: [String: JSONValue], at path: String, _ names: FieldNames, _ values: inout [Value],
    _ problems: inout [String]
  ) {
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = (path.isEmpty ? key : "\(path).\(key)").asHeader
      let match = names.match(path)
      if case .object(let inner) = value, match.path == nil {
        read(inner, at: path, names, &values, &problems)
        continue
      }
      if case .null = value { continue }
      guard case .field(let field, _) = match else {
        let near = names.matchIgnoringCase(path) ?? names.matchNearly(path)
        problems.append("\(path.shown) is no field" + (near.map { ": did you mean \(names.shortName(of: $0))?" } ?? ""))
        continue
      }
      do throws(RecordFault) {
        let text = try JSONCell.text(of: value, field, at: path)
        let isText = value.stringValue != nil
        values.append(
          Value(
            path: match.path ?? path,
            parts: isText ? try parts(of: text) : text.isEmpty ? [] : [.text(text)]))
      } catch {
        problems.append("\(path.shown): \(error.message)")
      }
    }
  }

  /// Text and placeholders; `$${` is a literal `${`.
  static func parts(of text: String) throws(RecordFault) -> [Part] {
    var parts: [Part] = []
    var literal = ""
    var rest = text[...]
    while !rest.isEmpty {
      if rest.hasPrefix("$${") {
        literal += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let end = rest.firstIndex(of: "}") else {
          throw RecordFault(message: "a placeholder is opened with ${ and never closed with }")
        }
        let words = rest[rest.index(rest.startIndex, offsetBy: 2)..<end].split(
          separator: "|", omittingEmptySubsequences: false)
        let column = String(words[0]).asHeader
        guard !column.isEmpty else { throw RecordFault(message: "${} names no column") }
        var filters: [Filter] = []
        for word in words.dropFirst() {
          guard let filter = Filter(Substring(String(word).asHeader)) else {
            throw RecordFault(
              message: "|\(String(word).shown) is no filter; there are |slug, |lower, |pad:3 and |short:6")
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
  /// Whether its slug is not empty; hardly ever more than a look at its first letter.
  var hasSlug: Bool {
    unicodeScalars.contains { ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) }
      || !slug.isEmpty
  }

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
