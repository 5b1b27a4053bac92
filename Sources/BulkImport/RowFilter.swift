// Which rows of a roster are taken: what --except and --only say.

import CSV
import Foundation
import Provisioning

/// Which rows are taken at all. Conditions are about the roster's own columns, never about what a template makes.
struct RowFilter {
  private struct Condition {
    let column: Int
    let header: String
    let value: String
    /// Whether any row meets it.
    var isMet = false
    /// What stands in the column, the first different ones.
    var values: [String] = []
  }

  private static let keptValueCount = 6

  private var except: [Condition] = []
  private var only: [Condition] = []
  /// Columns that conditions name and the roster has not.
  private(set) var unknown: [String] = []
  /// Rows that no --except leaves out.
  private(set) var seenCount = 0

  /// Takes every row.
  init() {}

  init(_ options: RosterOptions, headers: some Collection<String>) {
    let headers = Array(headers)
    except = resolved(options.except, headers)
    only = resolved(options.only, headers)
  }

  private mutating func resolved(_ conditions: [RosterOptions.Condition], _ headers: [String]) -> [Condition] {
    conditions.compactMap { condition in
      guard let column = headers.firstIndex(of: condition.column) else {
        unknown.append(condition.column)
        return nil
      }
      return Condition(column: column, header: condition.column, value: condition.value)
    }
  }

  /// Whether a record is a row at all, and not a total or the like.
  mutating func isRow(_ record: Record) -> Bool {
    guard !except.contains(where: { Self.isWhole($0, record) && Self.cell($0, record) == $0.value }) else {
      return false
    }
    seenCount += 1
    return true
  }

  /// Whether a row is wanted.
  mutating func isWanted(_ record: Record) -> Bool {
    var isWanted = true
    for index in only.indices where Self.isWhole(only[index], record) {
      let cell = Self.cell(only[index], record)
      if cell == only[index].value {
        only[index].isMet = true
      } else {
        isWanted = false
        if let cell, only[index].values.count < Self.keptValueCount, !only[index].values.contains(cell) {
          only[index].values.append(cell)
        }
      }
    }
    return isWanted
  }

  /// Whether no row is one; false where nothing was to be left out.
  var leavesAllOut: Bool { seenCount == 0 && !except.isEmpty }

  /// Why no row is chosen, as a sentence without its end; nil when there is none to choose from.
  func whyNothingIsChosen(of file: String) -> String? {
    guard seenCount > 0, !only.isEmpty else { return nil }
    let rows = seenCount == 1 ? "1 row" : "\(seenCount) rows"
    let wanted = only.map { "\($0.header.shown) = '\($0.value.shown)'" }.joined(separator: " and ")
    guard let unmet = only.first(where: { !$0.isMet }) else {
      return "No row of \(file) has \(wanted) at once (\(rows))"
    }
    var values = unmet.values.prefix(Self.keptValueCount - 1).map { $0.isEmpty ? "empty" : $0.shown }
    if unmet.values.count == Self.keptValueCount { values.append("…") }
    return "No row of \(file) has \(wanted) (\(rows); \(unmet.header.shown) is \(values.joined(separator: ", ")))"
  }

  /// Whether the cell that a condition is about was not cut off with the row's end.
  private static func isWhole(_ condition: Condition, _ record: Record) -> Bool {
    record.hasEnd || condition.column < record.fields.count - 1
  }

  private static func cell(_ condition: Condition, _ record: Record) -> String? {
    guard condition.column < record.fields.count else { return nil }
    return record.fields[condition.column].asHeader
  }
}
