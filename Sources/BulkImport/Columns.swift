// What the columns of a roster mean, and what is wrong with its header.

import CSV
import Foundation
import Provisioning

/// The columns of a roster, by its header.
final class Columns {
  /// What a column holds.
  enum Meaning {
    /// A field of the definition; `steps` lead to its place there.
    case field(Field, steps: [String])
    /// Something that only travels into the reports.
    case carried
    /// What an earlier report added.
    case dropped
    /// No header.
    case unnamed
  }

  /// The headers, trimmed and in Unicode's composed form; after the roster's own come those that the template adds.
  let headers: [String]
  /// How many of them are the roster's own.
  let ownCount: Int
  /// What the template gives.
  private(set) var plan = TemplatePlan()
  private(set) var meanings: [Meaning] = []
  /// Those that are fields, and those without a header.
  private(set) var fieldColumns: [Int] = []
  private(set) var unnamedColumns: [Int] = []
  /// Those that reports show: fields and carried ones.
  private(set) var kept: [Int] = []
  /// What is wrong with the header; every row is rejected for it.
  private(set) var issues: [RowIssue] = []
  /// The first columns of account and name; nil when one has none.
  private(set) var accountColumn: Int?
  private(set) var nameColumn: Int?
  /// How a row's values make a definition.
  private(set) var shape = DefinitionShape()

  private var carriedColumns: [RosterRow.Carried] = []
  private let file: String
  private let record: Record
  private let names: FieldNames
  private let carried: Set<String>
  /// Whether a template says what is used, so that a column without a header disturbs nobody.
  let hasTemplate: Bool
  private let hasCells: Bool

  /// Reads a header.
  ///
  /// - Parameters:
  ///   - template: gives fields that the roster has no column for, or makes them of its columns.
  ///   - carried: headers that are no fields although they look nearly like one.
  ///   - hasCells: whether the roster is a table, so that a column has a letter.
  init(
    header record: Record, file: String, names: FieldNames, template: Template? = nil, carried: Set<String> = [],
    hasCells: Bool = true
  ) {
    self.file = file
    self.record = record
    self.names = names
    self.carried = carried
    hasTemplate = template != nil
    self.hasCells = hasCells
    let own = record.fields.map { $0.trimmed.precomposedStringWithCanonicalMapping }
    ownCount = own.count
    issues = record.problems.map { RowIssue($0, file: file, header: nil) }
    var matches = own.map { carried.contains($0) ? .none : names.match($0) }
    if let template { plan = TemplatePlan(template, headers: own, matches: matches, names: names) }
    for column in plan.travelling { matches[column] = .none }
    headers = own + plan.added.map(\.header)
    matches += plan.added.map { names.match($0.header) }
    meanings = zip(headers, matches).map(Self.meaning)
    kept = meanings.indices.filter { $0 < ownCount && meanings[$0].isKept }
    for (column, meaning) in meanings.enumerated() {
      switch meaning {
      case .field(_, let steps):
        fieldColumns.append(column)
        shape.insert(column, at: steps)
      case .unnamed: unnamedColumns.append(column)
      case .carried, .dropped: break
      }
    }
    // What the name is made from is the same wherever the name is; it tells nothing about whose it is.
    let nameSources = plan.added.first { $0.header == names.schema.namePath }?.sources ?? []
    carriedColumns = kept.enumerated()
      .filter { meanings[$0.element].field == nil && !nameSources.contains($0.element) }
      .map { RosterRow.Carried(header: headers[$0.element], index: $0.offset) }
    accountColumn = column(of: names.schema.accountPath)
    nameColumn = column(of: names.schema.namePath)
    for problem in plan.problems { issues.append(place(of: nil, in: record).issue("template", problem)) }
    guard namesAnyField else {
      issues.append(noColumnKnown)
      return
    }
    findWholeMaps(matches)
    findTwice()
    findMissing()
    issues.sort { ($0.columnNumber ?? 0) < ($1.columnNumber ?? 0) }
  }

  /// The path of the field that names an item.
  var schemaNamePath: String { names.schema.namePath }

  /// The columns that only travel along and do not make the name, by their place among the kept ones.
  var carriedCells: [RosterRow.Carried] { carriedColumns }

  /// Whether any column is a field; if not, this is hardly a header.
  var namesAnyField: Bool { meanings.contains { $0.field != nil } }

  /// The place of a cell.
  func place(of column: Int?, in record: Record) -> IssuePlace {
    let line = column.flatMap { $0 < record.positions.count ? record.positions[$0].line : nil } ?? record.line
    var header = column.flatMap { $0 < headers.count ? headers[$0] : nil }
    var index = column
    if let column, column >= ownCount, column - ownCount < plan.added.count {
      // What the template made is looked for where it was made from.
      let added = plan.added[column - ownCount]
      index = added.sources.first
      header = added.shownAs
    }
    let byteColumn = index.flatMap { $0 < record.positions.count ? record.positions[$0].column : nil }
    return IssuePlace(
      file: file, line: line, recordNumber: record.number, columnIndex: index, header: header, hasCell: hasCells,
      byteColumn: byteColumn)
  }

  /// A row with what the template adds; one that is out of step with its header stays as it is.
  func extended(_ record: Record) -> Record {
    guard !plan.isEmpty, record.fields.count == ownCount else { return record }
    return record.with(fields: plan.fields(of: record.fields))
  }

  private func column(of path: String) -> Int? { meanings.firstIndex { $0.field?.path == path } }

  private static func meaning(_ header: String, _ match: FieldNames.Match) -> Meaning {
    if header.isEmpty { return .unnamed }
    if header.hasPrefix("rollcall_") { return .dropped }
    guard case .field(let field, let key) = match else { return .carried }
    return .field(field, steps: field.steps + (key.map { [$0] } ?? []))
  }
}

extension Columns.Meaning {
  /// The field that a column gives; nil if it gives none.
  var field: Field? {
    guard case .field(let field, _) = self else { return nil }
    return field
  }

  fileprivate var steps: [String]? {
    guard case .field(_, let steps) = self else { return nil }
    return steps
  }

  fileprivate var isKept: Bool {
    switch self {
    case .field, .carried: true
    case .dropped, .unnamed: false
    }
  }
}

// MARK: - What can be wrong with a header

extension Columns {
  private var noColumnKnown: RowIssue {
    let required = names.schema.fields.filter(\.isRequired).map(names.shortName)
    return place(of: nil, in: record).issue(
      "header", value: headers.first,
      "this line must be the header, and none of its columns names a field: it must have at least "
        + required.joined(separator: ", "))
  }

  private func findWholeMaps(_ matches: [FieldNames.Match]) {
    for (column, match) in matches.enumerated() {
      guard case .wholeMap(let field) = match else { continue }
      let name = names.shortName(of: field)
      issues.append(
        place(of: column, in: record).issue(
          "map-column", value: headers[column],
          "\(field.path) has a column for each of its names: call this one \(name).NAME, for example \(name).TOKEN"))
    }
  }

  private func findTwice() {
    var byHeader: [String: Int] = [:]
    var bySteps: [[String]: Int] = [:]
    for column in kept {
      let header = headers[column]
      let steps = meanings[column].steps
      if let first = byHeader[header] {
        issues.append(
          place(of: column, in: record).issue(
            "header-twice", value: header,
            "the header '\(header.shown)' stands in column \(IssuePlace.letters(first)) already: rename or remove one"))
      } else if let steps, let first = bySteps[steps] {
        issues.append(
          place(of: column, in: record).issue(
            "field-twice", value: header,
            "'\(header.shown)' and '\(headers[first].shown)' in column \(IssuePlace.letters(first)) "
              + "both give \(steps.joined(separator: ".")): keep one of them"))
      }
      byHeader[header] = byHeader[header] ?? column
      if let steps { bySteps[steps] = bySteps[steps] ?? column }
    }
  }

  /// Required fields without a column, and headers that differ from a field only in capitals or by a letter or two. Such a
  /// header is carried like any other once the field has a column of its own.
  private func findMissing() {
    let given = Set(meanings.compactMap { $0.field?.path })
    var isNearlyGiven: Set<String> = []
    for column in kept where meanings[column].field == nil && !plan.isUsed(column) {
      let header = headers[column]
      guard case .none = names.match(header), !carried.contains(header),
        let field = names.matchIgnoringCase(header) ?? names.matchNearly(header), !given.contains(field.path)
      else { continue }
      isNearlyGiven.insert(field.path)
      let isCase = names.matchIgnoringCase(header) != nil
      let rule = field.isRequired ? "field-missing" : isCase ? "header-case" : "header-near"
      let name = names.shortName(of: field)
      issues.append(
        place(of: column, in: record).issue(
          rule, value: header,
          isCase
            ? "'\(header.shown)' differs only in capitals from the field \(name): write it exactly so"
            : "'\(header.shown)' is nearly the field \(name): write it exactly so, or say --carry '\(header.shown)'"))
    }
    for field in names.schema.fields where field.isRequired && !given.contains(field.path) {
      guard !isNearlyGiven.contains(field.path) else { continue }
      let name = names.shortName(of: field)
      var place = place(of: nil, in: record)
      place.header = name
      issues.append(place.issue("field-missing", "no column gives it: add a column '\(name)' (\(field.help))"))
    }
  }
}
