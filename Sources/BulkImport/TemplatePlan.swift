// A template against a roster's header: which columns it reads, which fields it gives, and what it gives where a cell is
// empty.

import CSV
import Foundation
import Provisioning

/// What a template does to each row of one roster.
struct TemplatePlan {
  /// A field that the template gives, as a column after the roster's own.
  struct Added {
    let header: String
    /// How issues call it: `name (from 학번)`.
    let shownAs: String
    /// The columns that it is made from.
    let sources: [Int]
    /// How often each of them stands in it.
    let columnCounts: [Int: Int]
    let value: Template.Value
  }

  private(set) var added: [Added] = []
  /// Columns that only travel along, because the template gives their field.
  private(set) var travelling: Set<Int> = []
  /// What is wrong with the template for this roster.
  private(set) var problems: [String] = []
  /// Columns that the template reads, and those of them that the roster has not.
  private(set) var columns: Set<String> = []
  private(set) var unknownColumns: [String] = []
  /// The columns whose cells get into the name without zeros in front.
  private(set) var unpaddedNameSources: [Int] = []
  /// What a column's empty cells become.
  private var defaults: [Int: String] = [:]
  private var places: [String: Int] = [:]

  var isEmpty: Bool { added.isEmpty && defaults.isEmpty }

  /// Without a template nothing is done.
  init() {}

  init(_ template: Template, headers: [String], matches: [FieldNames.Match], names: FieldNames) {
    for (column, header) in headers.enumerated() where places[header] == nil { places[header] = column }
    for value in template.values {
      columns.formUnion(value.columns)
      for column in value.columns where places[column] == nil {
        if !unknownColumns.contains(column) { unknownColumns.append(column) }
        problems.append(Self.unknown(column, value.path, template.file, headers))
      }
      let column = headers.indices.first { matches[$0].path == value.path }
      if let column, value.columns.isEmpty {
        defaults[column] = value.expanded { _ in "" }
      } else {
        if let column { travelling.insert(column) }
        let short = Self.shortName(of: value.path, names)
        let from = value.columns.isEmpty ? template.file : value.columns.joined(separator: ", ")
        added.append(
          Added(
            header: value.path, shownAs: "\(short) (from \(from))", sources: value.columns.compactMap { places[$0] },
            columnCounts: Dictionary(grouping: value.columns.compactMap { places[$0] }) { $0 }.mapValues(\.count),
            value: value))
      }
    }
    let name = added.first { $0.header == names.schema.namePath }
    unpaddedNameSources = Set(name?.value.unpaddedColumns.compactMap { places[$0] } ?? []).sorted()
  }

  /// Whether the template reads a column.
  func isUsed(_ column: Int) -> Bool { added.contains { $0.sources.contains(column) } }

  /// Whether a column's empty cells become something.
  func hasDefault(_ column: Int) -> Bool { defaults[column] != nil }

  /// A row's cells, with the defaults in, and after them what the template gives.
  func fields(of cells: [String]) -> [String] {
    var fields = cells
    for (column, text) in defaults where fields[column].isBlank { fields[column] = text }
    return fields
      + added.map { added in added.value.expanded { column in places[column].map { cells[$0] } ?? "" } }
  }

  /// How many bytes of text each of a row's columns gets into what the template gives, before the filters.
  func sizes(of cells: [String]) -> (total: Int, byColumn: [Int: Int]) {
    var total = 0
    var byColumn: [Int: Int] = [:]
    for added in added {
      total += added.value.literalLength
      for (column, count) in added.columnCounts where column < cells.count {
        let size = cells[column].utf8.count * count
        total += size
        byColumn[column, default: 0] += size
      }
    }
    return (total, byColumn)
  }

  private static func shortName(of path: String, _ names: FieldNames) -> String {
    names.schema.field(at: path).map(names.shortName) ?? path
  }

  private static func unknown(_ column: String, _ path: String, _ file: String, _ headers: [String]) -> String {
    let hint =
      headers.nearest(to: column).map { ": did you mean '\($0.shown)'?" } ?? "; the roster has \(headers.shownList)"
    return "\(file.shown): \(path): ${\(column.shown)} names no column\(hint)"
  }

  /// The column of a header that the template reads.
  func place(of header: String) -> Int? { places[header] }

  /// Whether a value is made from a column that the roster has not.
  func isBroken(_ added: Added) -> Bool { added.value.columns.contains { places[$0] == nil } }

  /// The columns of which nothing is left to make a value of: their cells are empty, or have nothing for |slug.
  func emptySources(of added: Added, _ cells: [String]) -> [(column: Int, isSlug: Bool)] {
    added.value.placeholders.compactMap { name, filters in
      guard let column = places[name] else { return nil }
      if cells[column].isBlank { return (column, false) }
      return filters.contains(.slug) && !cells[column].hasSlug ? (column, true) : nil
    }
  }
}

extension Columns {
  /// What the template adds as a column; nil for a column of the roster.
  private func added(_ column: Int?) -> TemplatePlan.Added? {
    guard let column, column >= ownCount, column - ownCount < plan.added.count else { return nil }
    return plan.added[column - ownCount]
  }

  /// Whether a column's value is made from cells of the roster.
  func isMade(_ column: Int) -> Bool { added(column)?.sources.isEmpty == false }

  /// Whether a column's value is made from cells that are not there, which was said.
  func isUnmade(_ column: Int?) -> Bool { added(column).map(plan.isBroken) ?? false }

  /// A cell such as `2.02E+11` that a value of the template is made from; nil when none is, or it is a cell of the roster.
  func mangledNumber(_ column: Int, _ record: Record) -> String? {
    added(column)?.sources.map { record.fields[$0].trimmed }.first(where: \.isMangledNumber)
  }

  /// A number that a value of the template is made from and that is written in another way than a whole number is.
  func rewrittenNumber(_ column: Int, _ record: Record) -> (written: String, number: String)? {
    for source in added(column)?.sources ?? [] {
      let text = record.fields[source].trimmed
      if let number = text.rewrittenNumber { return (text, number) }
    }
    return nil
  }

  /// What helps where a name that the template makes breaks a rule; nil where nothing does.
  func nameHint(_ column: Int, _ record: Record, _ broken: CellValue.Broken) -> String? {
    guard column == nameColumn, let added = added(column) else { return nil }
    let isTooLong = broken.rule.hasSuffix("length")
    for (name, filters) in added.value.placeholders {
      guard let source = plan.place(of: name) else { continue }
      if isTooLong {
        let isShort = filters.contains { if case .short = $0 { true } else { false } }
        if !isShort { return "${\(name)|short:N} in the template takes its first N characters" }
      } else if !filters.contains(.slug) {
        let text = record.fields[source].trimmed
        guard let sign = text.first(where: { !($0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-")) }) else {
          continue
        }
        return "\(String(sign).shown) comes from '\(name.shown)': ${\(name)|slug} in the template leaves it out"
      }
    }
    return nil
  }

  /// Whether a row's name is made of less than the template says.
  func isNameIncomplete(_ record: Record) -> Bool {
    added(nameColumn).map { !plan.emptySources(of: $0, record.fields).isEmpty } ?? false
  }

  /// What a row's name is not made of, although the template says so; `better`: a column that would do.
  func nameIssues(_ record: Record, better: () -> String?) -> [RowIssue] {
    guard let added = added(nameColumn) else { return [] }
    return plan.emptySources(of: added, record.fields).map { column, isSlug in
      var place = place(of: column, in: record)
      place.header = added.shownAs
      let header = headers[column].shown
      guard isSlug else {
        return place.issue("required", "the cell of '\(header)' is empty, and the name is made of it: fill it in")
      }
      let text = record.fields[column].trimmed
      let better = better()
      if better == headers[column] {
        return place.issue(
          "required", value: text, kind: "slug \(header)", .nameless(text, header: headers[column]))
      }
      let hint = better.map { "use '\($0.shown)', which differs in every row" } ?? "use a column that has some"
      return place.issue(
        "required", value: text, kind: "slug \(header)",
        "'\(text.shown)' has no Latin letters or digits for |slug: \(hint)")
    }
  }

  /// Why a value that the template made is empty; nil for a cell of the roster.
  func whyEmpty(_ column: Int, _ record: Record) -> String? {
    guard let source = added(column)?.sources.first else { return nil }
    let text = record.fields[source].trimmed
    return text.isEmpty
      ? "the cell that it is made from is empty: fill it in"
      : "'\(text.shown)' has no Latin letters or digits for |slug"
  }
}
