// Where a queue's file is damaged: the first value that is not of its column's kind, by table, row and column. Looked for
// when something has come out wrong, and when a person asks.

import DurableQueue
import Foundation
import GRDB
import Pacing
import Provisioning

/// What a column can hold, as SQL sees it; the same as `StoredValue` does.
private enum ColumnKind {
  case integer(ClosedRange<Int64>)
  case real
  case flag
  case text
  case array
  case json
  case choice([String])

  static let count = ColumnKind.integer(0...StoredRange.integers.upperBound)

  /// Told by a column's type and name.
  init(_ column: ColumnInfo) {
    self =
      switch column.name {
      case "columns", "cells", "known_cells": .array
      case "learner", "settings": .json
      case "state": .choice(ItemState.allCases.map(\.rawValue))
      case "reason", "hold_reason", "wait_reason": .choice(Reason.allCases.map(\.rawValue))
      case "outcome": .choice(Outcome.Kind.allCases.map(\.rawValue))
      case "rate_period": .choice(Rate.Period.allCases.map(\.rawValue))
      case "period": .choice(["h", "day"])
      case "limit_source": .choice([Limit.Source.flag.rawValue])
      case _ where column.type == "TEXT": .text
      case _ where column.type == "REAL": .real
      case "name_at": .count
      case "rate_count": .integer(1...Int64(Rate.largestCount))
      case "bucket": .integer(StoredRange.buckets)
      case "count": .integer(1...Int64(Int32.max))
      case "pid": .integer(Int64(Int32.min)...Int64(Int32.max))
      case "line", "status": .integer(StoredRange.integers)
      case "unanswered", "adopted", "cancel_requested": .flag
      case "at", "due", "not_before", "wanting_until": .integer(StoredRange.instants)
      case "latency", "forecast", "settle_delay", "request_timeout", "wait_asked", "clock_skew", "clock_skew_most":
        .integer(StoredRange.durations)
      case let name where name.hasSuffix("_up"): .integer(StoredRange.durations)
      case let name where name.hasSuffix("_at"): .integer(StoredRange.instants)
      case let name where name.hasPrefix("is_"): .flag
      case let name where name == "id" || name.hasSuffix("_id"): .integer(1...StoredRange.integers.upperBound)
      default: .count
      }
  }

  /// Whether a column's value is one.
  func condition(_ column: String) -> String {
    switch self {
    case .integer(let range):
      "(typeof(\(column)) = 'integer' AND \(column) BETWEEN \(range.lowerBound) AND \(range.upperBound))"
    case .real: "(typeof(\(column)) IN ('real', 'integer') AND abs(\(column)) < 1e9)"
    case .flag: "(typeof(\(column)) = 'integer' AND \(column) IN (0, 1))"
    case .text: "(typeof(\(column)) = 'text')"
    case .array:
      "(typeof(\(column)) = 'text' AND CASE WHEN json_valid(\(column)) THEN json_type(\(column)) = 'array' END)"
    case .json: "(typeof(\(column)) = 'text' AND json_valid(\(column)))"
    case .choice(let texts): "(\(column) IN (\(texts.map { "'\($0)'" }.joined(separator: ", "))))"
    }
  }
}

extension QueueSchema {
  /// The first damaged value, as a clause for people; nil when every value is sound.
  static func firstDamage(_ db: Database) throws -> String? {
    guard try db.tableExists("tally") else { return nil }
    for (table, rules) in tables {
      let columns = try db.columns(in: table)
      let key = try db.primaryKey(table).columns
      let kinds = columns.map { column -> (String, String) in
        let condition = ColumnKind(column).condition("it.\(column.name)")
        let isNeeded = column.isNotNull || key.contains(column.name)
        return (column.name, isNeeded ? condition : "it.\(column.name) IS NULL OR \(condition)")
      }
      let found = (kinds + rules).map { "WHEN (\($0.1)) IS NOT TRUE THEN '\($0.0)'" }.joined(separator: " ")
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT * FROM (SELECT \(key.map { "it.\($0)" }.joined(separator: ", ")), CASE \(found) END AS damaged
            FROM \(table) it) WHERE damaged IS NOT NULL LIMIT 1
          """)
      guard let row else { continue }
      let place = key.enumerated().map { "\($0.element) \(Self.shown(row[$0.offset]))" }.joined(separator: ", ")
      return "in table \(table), the row of \(place) has a value in \(row["damaged"] as String? ?? "?") that cannot be"
    }
    return nil
  }

  private static func shown(_ value: DatabaseValue) -> String {
    switch value.storage {
    case .int64(let number): "\(number)"
    case .null: "NULL"
    default: "?"
    }
  }

  /// The tables, with what must hold of a row besides and the column that is at fault then.
  private static let tables: [(name: String, rules: [(String, String)])] = [
    ("batch", [("id", "EXISTS (SELECT 1 FROM tally WHERE tally.batch_id = it.id)")]),
    ("tally", [("batch_id", "EXISTS (SELECT 1 FROM batch WHERE batch.id = it.batch_id)")]),
    ("definition_base", [("name_at", "it.name_at IS NULL OR it.name_at <= length(CAST(it.text AS BLOB))")]),
    (
      "definition",
      [
        ("base_id", "EXISTS (SELECT 1 FROM definition_base base WHERE base.id = it.base_id)"),
        ("patch", "(it.patch IS NULL) = (it.patch_start IS NULL) AND (it.patch IS NULL) = (it.patch_end IS NULL)"),
        (
          "patch_end",
          """
          it.patch IS NULL OR it.patch_start <= it.patch_end AND EXISTS (
            SELECT 1 FROM definition_base base WHERE base.id = it.base_id
              AND it.patch_end <= length(CAST(base.text AS BLOB))
              AND (name_at IS NULL OR name_at <= it.patch_start OR it.patch_end <= name_at))
          """
        ),
      ]
    ),
    ("account_scope", []), ("key_scope", []), ("owner", []),
    (
      "item",
      ItemState.allCases.flatMap { state in
        state.columns.map { name, isSet in
          (name, "it.state <> '\(state.rawValue)' OR it.\(name) IS \(isSet ? "NOT " : "")NULL")
        }
      }
    ),
    ("attempt", [("outcome", "(it.ended_at IS NULL) = (it.outcome IS NULL)")]),
    (
      "batch_row",
      [
        ("issue", "(it.item_id IS NULL) = (it.issue IS NOT NULL)"),
        ("definition_id", "(it.item_id IS NULL) = (it.definition_id IS NULL)"),
      ]
    ),
    ("listing", []), ("key_wait", []), ("key_window", []), ("learned_pace", []), ("identity", []), ("course", []),
    ("run", [("end_reason", "(it.ended_at IS NULL) = (it.end_reason IS NULL)")]),
  ]
}

extension SQLiteQueueStore {
  /// Our error for what was thrown; where the file may be damaged, after a look for the place.
  func wrapping(_ error: any Error) -> any Error {
    // Nil where it may come of something else.
    let detail: String?
    switch error {
    case let error as DamagedValue: detail = "a value of \(error.what) cannot be"
    case let error as BrokenRows: detail = error.what
    case is RowDecodingError: detail = "a value is missing or cannot be"
    // What our own statements never ask for unless a value is wrong.
    case let error as DatabaseError where Self.signsOfDamage.contains(error.resultCode): detail = nil
    default: return QueueError.wrapping(error, path: path)
    }
    let found = Result { try place.isLost ? pool.writeWithoutTransaction(Self.look) : pool.read(Self.look) }
    if case .success(let place?) = found { return QueueError(.corrupt, path: path, detail: place) }
    return detail.map { QueueError(.corrupt, path: path, detail: $0) } ?? QueueError.wrapping(error, path: path)
  }

  private static let signsOfDamage: [ResultCode] = [
    .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_ERROR, .SQLITE_ABORT, .SQLITE_RANGE, .SQLITE_CORRUPT,
  ]

  private static func look(_ db: Database) throws -> String? {
    if let found = try QueueSchema.firstDamage(db) { return found }
    return try QueueSchema.firstProblem(db)
  }
}
