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
    fileprivate let value: Template.Value
  }

  private(set) var added: [Added] = []
  /// Columns that only travel along, because the template gives their field.
  private(set) var travelling: Set<Int> = []
  /// What is wrong with the template for this roster.
  private(set) var problems: [String] = []
  /// What a column's empty cells become.
  private var defaults: [Int: String] = [:]
  private var places: [String: Int] = [:]

  var isEmpty: Bool { added.isEmpty && defaults.isEmpty }

  /// Without a template nothing is done.
  init() {}

  init(_ template: Template, headers: [String], matches: [FieldNames.Match], names: FieldNames) {
    for (column, header) in headers.enumerated() where places[header] == nil { places[header] = column }
    for value in template.values {
      for column in value.columns where places[column] == nil {
        problems.append(Self.unknown(column, value.path, template.file, headers))
      }
      let column = headers.indices.first { Self.path(of: matches[$0]) == value.path }
      if let column, value.columns.isEmpty {
        defaults[column] = value.expanded { _ in "" }
      } else {
        if let column { travelling.insert(column) }
        let short = Self.shortName(of: value.path, names)
        let from = value.columns.isEmpty ? template.file : value.columns.joined(separator: ", ")
        added.append(
          Added(
            header: value.path, shownAs: "\(short) (from \(from))", sources: value.columns.compactMap { places[$0] },
            value: value))
      }
    }
  }

  /// Whether the template reads a column.
  func isUsed(_ column: Int) -> Bool { added.contains { $0.sources.contains(column) } }

  /// A row's cells, with the defaults in, and after them what the template gives.
  func fields(of cells: [String]) -> [String] {
    var fields = cells
    for (column, text) in defaults where fields[column].isBlank { fields[column] = text }
    return fields
      + added.map { added in added.value.expanded { column in places[column].map { cells[$0] } ?? "" } }
  }

  private static func path(of match: FieldNames.Match) -> String? {
    guard case .field(let field, let key) = match else { return nil }
    return key.map { "\(field.path).\($0)" } ?? field.path
  }

  private static func shortName(of path: String, _ names: FieldNames) -> String {
    names.schema.field(at: path).map(names.shortName) ?? path
  }

  private static func unknown(_ column: String, _ path: String, _ file: String, _ headers: [String]) -> String {
    let near = headers.filter { !$0.isEmpty }.min { $0.distance(to: column) < $1.distance(to: column) }
    let hint =
      near.map { $0.distance(to: column) <= 2 ? ": did you mean '\($0.shown)'?" : nil } ?? nil
    let known = headers.filter { !$0.isEmpty }.prefix(8).map(\.shown).joined(separator: ", ")
    return "\(file): \(path): ${\(column.shown)} names no column\(hint ?? "; the roster has \(known)")"
  }
}

extension Columns {
  /// Whether a column's value is made from cells of the roster.
  func isMade(_ column: Int) -> Bool {
    column >= ownCount && column - ownCount < plan.added.count && !plan.added[column - ownCount].sources.isEmpty
  }

  /// A cell such as `2.02E+11` that a value of the template is made from; nil when none is, or it is a cell of the roster.
  func mangledNumber(_ column: Int, _ record: Record) -> String? {
    guard column >= ownCount, column - ownCount < plan.added.count else { return nil }
    return plan.added[column - ownCount].sources.map { record.fields[$0].trimmed }.first(where: \.isMangledNumber)
  }

  /// Why a value that the template made is empty; nil for a cell of the roster.
  func whyEmpty(_ column: Int, _ record: Record) -> String? {
    guard column >= ownCount, column - ownCount < plan.added.count,
      let source = plan.added[column - ownCount].sources.first
    else { return nil }
    let text = record.fields[source].trimmed
    guard !text.isEmpty else { return "the cell that it is made from is empty" }
    let other = (0..<ownCount).first { !record.fields[$0].slug.isEmpty && $0 != source && !headers[$0].isEmpty }
    let hint = other.map {
      ": use a column that has some, such as '\(headers[$0].shown)' ('\(record.fields[$0].shown)')"
    }
    return "'\(text.shown)' has no Latin letters or digits to make a name of\(hint ?? "")"
  }
}

/// Which rows are taken at all.
struct RowFilter {
  private var except: [(column: Int, value: String)] = []
  private var only: [(column: Int, value: String)] = []
  /// Columns that conditions name and the roster has not.
  private(set) var unknown: [String] = []

  /// Takes every row.
  init() {}

  init(_ options: RosterOptions, headers: [String]) {
    except = resolved(options.except, headers)
    only = resolved(options.only, headers)
  }

  private mutating func resolved(
    _ conditions: [RosterOptions.Condition], _ headers: [String]
  ) -> [(column: Int, value: String)] {
    conditions.compactMap { condition in
      guard let column = headers.firstIndex(of: condition.column) else {
        unknown.append(condition.column)
        return nil
      }
      return (column, condition.value)
    }
  }

  func takes(_ record: Record) -> Bool {
    func holds(_ condition: (column: Int, value: String)) -> Bool {
      guard condition.column < record.fields.count else { return false }
      return record.fields[condition.column].trimmed.precomposedStringWithCanonicalMapping == condition.value
    }
    return !except.contains(where: holds) && only.allSatisfy(holds)
  }
}

/// Finds names that are made only from a column that counts the rows: next week the same name is another person's.
struct CountingNames {
  private var columns: [Int]?
  private var isCounting = true
  private var rowCount = 0

  mutating func note(_ record: Record, _ ordinal: Int, _ columns: Columns) {
    guard isCounting, record.fields.count == columns.headers.count else { return }
    if self.columns == nil { self.columns = Self.sources(columns) }
    rowCount += 1
    isCounting = self.columns?.contains { Int(record.fields[$0].trimmed) != ordinal } == false
  }

  private static func sources(_ columns: Columns) -> [Int] {
    columns.plan.added.first { $0.header == columns.schemaNamePath }?.sources ?? []
  }

  func issue(_ summary: RosterSummary, file: String, _ columns: Columns?) -> RowIssue? {
    guard isCounting, rowCount > 1, let columns, let source = self.columns?.first else { return nil }
    let header = columns.headers[source]
    var place = IssuePlace(file: file, line: 1, recordNumber: 1, columnIndex: source, header: header)
    place.hasCell = false
    return place.issue(
      "row-numbers", value: header,
      "names are made only from '\(header.shown)', which counts the rows: when somebody joins or leaves, a name would be "
        + "another person's; use a column that stays with the person")
  }
}

extension String {
  /// Whether a spreadsheet made it of a number with too many digits: `2.02E+11`.
  fileprivate var isMangledNumber: Bool {
    let parts = uppercased().split(separator: "E", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].first == "+", parts[1].count > 1 else { return false }
    let isExponent = parts[1].dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    let digits = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    return isExponent && digits.count <= 2
      && digits.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }

  /// How many letters must be changed, added or taken away to get from one to the other, capitals aside (Levenshtein).
  func distance(to other: String) -> Int {
    let (left, right) = (Array(lowercased()), Array(other.lowercased()))
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let cost = Swift.min(row[j + 1] + 1, row[j] + 1, previous + (a == b ? 0 : 1))
        (previous, row[j + 1]) = (row[j + 1], cost)
      }
    }
    return row[right.count]
  }
}
