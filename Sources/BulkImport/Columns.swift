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
    /// What an earlier report added, or a person wants left out.
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
  var issues: [RowIssue] = []
  /// What nobody is told, because it may follow from elements that could not be read; rows are rejected for it too.
  var hidden: [RowIssue] = []
  /// The first columns of account and name; nil when one has none.
  private(set) var accountColumn: Int?
  private(set) var nameColumn: Int?
  /// How a row's values make a definition.
  private(set) var shape = DefinitionShape()

  /// The columns that the template makes the name of.
  private(set) var nameSources: [Int] = []
  /// The columns that only travel along and do not make the name, by their place among the kept ones.
  private(set) var carriedCells: [(header: String, index: Int)] = []
  /// The roster's own columns that required fields are made from.
  private(set) var requiredSources: [Int] = []
  /// Those and the columns that the name is made of, in their order.
  private(set) var ruledSources: [Int] = []
  let file: String
  let record: Record
  let names: FieldNames
  let carried: Set<String>
  let dropped: DroppedColumns
  /// What says what is used, so that a column without a header disturbs nobody.
  let template: Template?
  /// What the roster's source knows of it.
  let facts: SourceFacts

  /// Reads a header; `carried`, `dropped`: see `RosterOptions`.
  init(
    header record: Record, file: String, names: FieldNames, template: Template?, carried: Set<String>,
    dropped: Set<String>, facts: SourceFacts
  ) {
    self.file = file
    self.record = record
    self.names = names
    let (carried, dropped) = (Set(carried.map(\.asHeader)), Set(dropped.map(\.asHeader)))
    self.carried = carried
    self.template = template
    self.facts = facts
    let own = record.fields.map { $0.asHeader }
    ownCount = own.count
    let left = DroppedColumns(dropped, headers: own)
    self.dropped = left
    issues = record.problems.map { RowIssue($0, file: file, header: nil) }
    var matches = own.map { carried.contains($0) || dropped.contains($0) ? .none : names.match($0) }
    let usable = own.enumerated().map { left.indexes.contains($0.offset) ? "" : $0.element }
    if let template { plan = TemplatePlan(template, headers: usable, matches: matches, names: names) }
    for column in plan.travelling { matches[column] = .none }
    headers = own + plan.added.map(\.header)
    matches += plan.added.map { names.match($0.header) }
    meanings = zip(headers, matches).map(Self.meaning)
    for column in left.indexes { meanings[column] = .dropped }
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
    nameSources = plan.added.first { $0.header == names.schema.namePath }?.sources ?? []
    carriedCells = kept.enumerated()
      .filter { meanings[$0.element].field == nil && !nameSources.contains($0.element) }
      .map { (headers[$0.element], $0.offset) }
    requiredSources = fieldColumns.filter { meanings[$0].field?.isRequired == true }.flatMap { column in
      column < ownCount ? plan.hasDefault(column) ? [] : [column] : plan.added[column - ownCount].sources
    }
    ruledSources = Set(requiredSources + nameSources).sorted()
    accountColumn = column(of: names.schema.accountPath)
    nameColumn = column(of: names.schema.namePath)
    findIssues(matches)
  }

  /// Whether any of the roster's own columns, or of the template's, is a field; if not, this is hardly a header.
  var namesAnyField: Bool { meanings.contains { $0.field != nil } }

  /// What rows are rejected for, whatever is in them.
  var rejecting: [RowIssue] { issues + hidden }

  /// The roster's own headers for a message.
  var shownHeaders: String { headers.prefix(ownCount).shownList }

  /// The place of a header.
  func headerPlace(of column: Int?) -> IssuePlace { place(of: column, in: record) }

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
      file: file, line: line, recordNumber: record.number, columnIndex: index, header: header,
      hasCell: facts.form.hasCells, sheet: facts.sheet?.name, byteColumn: byteColumn)
  }

  /// The place of a cell of the roster's own, also where it is beyond the header, in the place of what the template adds.
  func place(ofOwn column: Int, in record: Record) -> IssuePlace {
    guard column >= ownCount else { return place(of: column, in: record) }
    let position = column < record.positions.count ? record.positions[column] : nil
    return IssuePlace(
      file: file, line: position?.line ?? record.line, recordNumber: record.number, columnIndex: column, header: nil,
      hasCell: facts.form.hasCells, sheet: facts.sheet?.name, byteColumn: position?.column)
  }

  /// A row with what the template adds; one that is out of step with its header stays as it is.
  func extended(_ record: Record) -> Record {
    guard !plan.isEmpty else { return record }
    guard record.fields.count == ownCount else {
      var record = record
      record.isOutOfStep = true
      return record
    }
    // What would be too large is not made.
    guard oversize(record.fields) == nil else {
      return record.with(fields: record.fields + plan.added.map { _ in "" })
    }
    return record.with(fields: plan.fields(of: record.fields))
  }

  /// Whether a row's cells may stand under other headers than their own, so that it cannot be told which are to be dropped.
  func hidesAll(_ fields: [String], hasProblems: Bool) -> Bool {
    !dropped.indexes.isEmpty && (fields.count != ownCount || hasProblems)
  }

  /// Where a column's values go in a definition; empty for one that is no field.
  func path(of column: Int) -> String { meanings[column].steps?.joined(separator: ".") ?? "" }

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
  var field: Field? { if case .field(let field, _) = self { field } else { nil } }

  var steps: [String]? { if case .field(_, let steps) = self { steps } else { nil } }

  fileprivate var isKept: Bool {
    switch self {
    case .field, .carried: true
    case .dropped, .unnamed: false
    }
  }
}
