// What the columns of a roster mean, and what is wrong with its header.

import CSV
import Foundation
import Provisioning

/// The columns of a roster, by its header.
struct Columns {
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

  /// The headers, trimmed and in Unicode's composed form.
  let headers: [String]
  private(set) var meanings: [Meaning] = []
  /// Those that reports show: fields and carried ones.
  private(set) var kept: [Int] = []
  /// What is wrong with the header; every row is rejected for it.
  private(set) var issues: [RowIssue] = []
  /// The first columns of account and name; nil when one has none.
  private(set) var accountColumn: Int?
  private(set) var nameColumn: Int?
  /// How a row's values make a definition.
  private(set) var shape = DefinitionShape()

  private let file: String
  private let record: Record
  private let names: FieldNames

  /// Reads a header.
  init(header record: Record, file: String, names: FieldNames) {
    self.file = file
    self.record = record
    self.names = names
    headers = record.fields.map { $0.trimmed.precomposedStringWithCanonicalMapping }
    issues = record.problems.map { RowIssue($0, file: file, header: nil) }
    let matches = headers.map(names.match)
    meanings = zip(headers, matches).map(Self.meaning)
    kept = meanings.indices.filter { meanings[$0].isKept }
    for (column, meaning) in meanings.enumerated() {
      if let steps = meaning.steps { shape.insert(column, at: steps) }
    }
    accountColumn = column(of: names.schema.accountPath)
    nameColumn = column(of: names.schema.namePath)
    guard namesAnyField else {
      issues.append(noColumnKnown)
      return
    }
    findWholeMaps(matches)
    findTwice()
    findMissing()
    issues.sort { ($0.columnNumber ?? 0) < ($1.columnNumber ?? 0) }
  }

  /// Whether any column is a field; if not, this is hardly a header.
  var namesAnyField: Bool { meanings.contains { $0.field != nil } }

  /// The place of a cell.
  func place(of column: Int?, in record: Record) -> IssuePlace {
    let line = column.flatMap { $0 < record.positions.count ? record.positions[$0].line : nil } ?? record.line
    let header = column.flatMap { $0 < headers.count ? headers[$0] : nil }
    return IssuePlace(file: file, line: line, recordNumber: record.number, columnIndex: column, header: header)
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

  private mutating func findWholeMaps(_ matches: [FieldNames.Match]) {
    for (column, match) in matches.enumerated() {
      guard case .wholeMap(let field) = match else { continue }
      let name = names.shortName(of: field)
      issues.append(
        place(of: column, in: record).issue(
          "map-column", value: headers[column],
          "\(field.path) has a column for each of its names: call this one \(name).NAME, for example \(name).TOKEN"))
    }
  }

  private mutating func findTwice() {
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

  /// Required fields without a column, and headers that differ from a field only in capitals. Such a header is carried
  /// like any other once the field has a column of its own.
  private mutating func findMissing() {
    let given = Set(meanings.compactMap { $0.field?.path })
    var isNearlyGiven: Set<String> = []
    for column in kept where meanings[column].field == nil {
      guard case .none = names.match(headers[column]), let field = names.matchIgnoringCase(headers[column]),
        !given.contains(field.path)
      else { continue }
      isNearlyGiven.insert(field.path)
      let rule = field.isRequired ? "field-missing" : "header-case"
      issues.append(
        place(of: column, in: record).issue(
          rule, value: headers[column],
          "'\(headers[column].shown)' differs only in capitals from the field \(names.shortName(of: field)): "
            + "write it exactly so"))
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
