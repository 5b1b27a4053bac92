// Which of a roster's first records is its header, and what is wrong with it: sometimes only what follows tells.

import CSV
import Provisioning

/// Reads the header.
struct HeaderReader {
  private let displayName: String
  private let names: FieldNames
  private let options: RosterOptions
  private let template: Template?
  private let facts: SourceFacts
  /// The columns, as soon as the header is met.
  private(set) var columns: Columns?
  /// Whether the roster is a report of ours.
  private(set) var isReport = false
  /// Whether the line is no header, so that there is no use in reading on.
  private(set) var isGivenUp = false
  /// What stands above a header that was found below the first line.
  private var above: String?
  /// What follows a line that may be no header, until there is enough of it to say so.
  private var following: [Record]?

  /// How many records are looked at for the header.
  private static let followingCount = 20

  init(
    _ facts: SourceFacts, displayName: String, schema: Schema, options: RosterOptions, template: Template?
  ) {
    (self.facts, self.displayName, self.options, self.template) = (facts, displayName, options, template)
    names = FieldNames(schema)
  }

  /// Takes one of the first records; whether enough is known now to settle the header.
  mutating func take(_ record: Record) -> Bool {
    guard columns == nil else {
      following?.append(record)
      return following?.count == Self.followingCount
    }
    guard record.line >= facts.firstHeaderLine else {
      if options.headerLine == nil { above = above ?? record.fields.first { !$0.isBlank } }
      return false
    }
    isReport = facts.form.mayBeReport && record.isReportHeader
    let columns = Columns(
      header: isReport ? record.withoutEscapes : record, file: displayName, names: names, template: template,
      carried: options.carried, dropped: options.dropped, facts: facts)
    self.columns = columns
    if columns.needsAdvice { following = [] }
    return following == nil
  }

  /// Says what is wrong with the header, now that it is known what follows it; hands over the rows among that.
  mutating func settle(_ columns: Columns) -> [Record] {
    guard let records = following else { return [] }
    following = nil
    isGivenUp = columns.advise(records)
    return isGivenUp ? [] : records
  }

  /// Why it cannot be read on; nil where it can.
  func error(_ columns: Columns) -> RosterError? { isGivenUp ? nil : columns.dropError(isReport: isReport) }

  /// What is wrong with the roster as a whole by its header.
  ///
  /// - Parameter unknown: columns to choose rows by that are not there. A line that is no header has none either.
  func issues(_ columns: Columns, unknown: [String]) -> [RowIssue] {
    // What follows from that line tells nothing.
    let shape = isReport ? [] : columns.headerShapeIssues
    guard shape.isEmpty else { return shape }
    let filters = (isGivenUp ? [] : unknown).map { column in
      columns.headerPlace(of: nil).issue(
        "filter", value: column,
        "there is no column '\(column.shown)' to choose rows by\(columns.nearestHint(to: column))")
    }
    return filters + columns.issues
  }

  /// What the person should know of the header.
  func warnings(_ columns: Columns) -> [RowIssue] {
    var warnings = facts.sheet?.warnings(columns) ?? []
    // The line that tells Excel the separator is no title.
    if let above, !above.lowercased().hasPrefix("sep=") {
      warnings.append(
        columns.headerPlace(of: nil).issue(
          "header-line", value: above, isWarning: true,
          "this line is taken as the header; what stands above it is left out: '\(above.shown)'"))
    }
    for column in columns.kept where !columns.carried.contains(columns.headers[column]) {
      if let warning = columns.secretWarning(column) { warnings.append(warning) }
    }
    return warnings + CellSigns.warnings(columns)
  }
}

// MARK: - Reports as rosters

extension Record {
  /// Whether this is the header of a report of ours.
  fileprivate var isReportHeader: Bool { fields.contains { $0.hasPrefix("rollcall_") } }

  /// The record without the apostrophes that the report put before what a spreadsheet would have run as a formula.
  var withoutEscapes: Record {
    fields.contains { $0.utf8.first == UInt8(ascii: "'") } ? with(fields: fields.map(EscapedCell.original)) : self
  }
}
