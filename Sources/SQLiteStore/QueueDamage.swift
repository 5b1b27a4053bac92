// Where a queue's file is damaged: the first value that is not of its column's kind, by table, row and column. Looked for
// when something has come out wrong, and when a person asks.

import DurableQueue
import Foundation
import GRDB
import Pacing
import Provisioning

/// What a column can hold, as SQL sees it; the same as `StoredValue` does.
private enum ColumnKind: Sendable {
  case integer(ClosedRange<Int64>)
  case real
  case flag
  case text
  case array
  case json
  case choice([String])
  indirect case optional(ColumnKind)

  static let id = ColumnKind.integer(1...StoredRange.integers.upperBound)
  static let count = ColumnKind.integer(0...StoredRange.integers.upperBound)
  static let number = ColumnKind.integer(StoredRange.integers)
  static let instant = ColumnKind.integer(StoredRange.instants)
  static let duration = ColumnKind.integer(StoredRange.durations)
  static let reason = ColumnKind.choice(Reason.allCases.map(\.rawValue))
  static let outcome = ColumnKind.choice(Outcome.Kind.allCases.map(\.rawValue))

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
    case .optional(let kind): "(\(column) IS NULL OR \(kind.condition(column)))"
    }
  }
}

/// A table, what tells its rows apart, and its columns.
private struct TableKind: Sendable {
  let name: String
  var key = ["id"]
  let columns: [(String, ColumnKind)]
  /// What must hold of a row besides; a column that is at fault then.
  var rules: [(String, String)] = []
}

extension QueueSchema {
  /// The first damaged value, as a clause for people; nil when every value is sound.
  static func firstDamage(_ db: Database) throws -> String? {
    guard try db.tableExists("tally") else { return nil }
    for table in tables {
      let present = try Set(db.columns(in: table.name).map(\.name))
      let columns = table.columns.filter { present.contains($0.0) }
      let rules = columns.map { ($0.0, $0.1.condition("it.\($0.0)")) } + table.rules
      let found = rules.map { "WHEN (\($0.1)) IS NOT TRUE THEN '\($0.0)'" }.joined(separator: " ")
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT * FROM (SELECT \(table.key.map { "it.\($0)" }.joined(separator: ", ")), CASE \(found) END AS damaged
            FROM \(table.name) it) WHERE damaged IS NOT NULL LIMIT 1
          """)
      guard let row else { continue }
      let place = table.key.enumerated().map { "\($0.element) \(Self.shown(row[$0.offset]))" }.joined(separator: ", ")
      return
        "in table \(table.name), the row of \(place) has a value in \(row["damaged"] as String? ?? "?") that cannot be"
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

  /// The columns that are looked at, by table.
  static var watchedColumns: [String: Set<String>] {
    Dictionary(uniqueKeysWithValues: tables.map { ($0.name, Set($0.columns.map(\.0))) })
  }

  private static let tables: [TableKind] = [
    TableKind(
      name: "batch",
      columns: [
        ("id", .id), ("label", .text), ("target", .text), ("base_url", .text),
        ("columns", .array), ("digest", .text), ("imported_at", .instant),
        ("is_partial", .flag), ("known_cells", .optional(.array)), ("forecast", .optional(.duration)),
      ], rules: [("id", "EXISTS (SELECT 1 FROM tally WHERE tally.batch_id = it.id)")]),
    TableKind(
      name: "tally", key: ["batch_id"],
      columns: (ItemState.allCases.map(\.rawValue) + ["invalid"]).map { ($0, ColumnKind.count) },
      rules: [("batch_id", "EXISTS (SELECT 1 FROM batch WHERE batch.id = it.batch_id)")]),
    TableKind(
      name: "definition_base", columns: [("id", .id), ("text", .text), ("name_at", .optional(.count))],
      rules: [("name_at", "it.name_at IS NULL OR it.name_at <= length(CAST(it.text AS BLOB))")]),
    TableKind(
      name: "definition",
      columns: [
        ("id", .id), ("base_id", .id), ("patch_start", .optional(.count)), ("patch_end", .optional(.count)),
        ("patch", .optional(.text)),
      ],
      rules: [
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
      ]),
    TableKind(
      name: "account_scope",
      columns: [
        ("id", .id), ("target", .text), ("base_url", .text), ("account", .text), ("hold_reason", .optional(.reason)),
        ("hold_message", .optional(.text)), ("hold_at", .optional(.instant)), ("hold_owner_id", .optional(.id)),
      ]),
    TableKind(
      name: "key_scope",
      columns: [
        ("id", .id), ("base_url", .text), ("fingerprint", .text),
        ("rate_count", .optional(.integer(1...Int64(Rate.largestCount)))),
        ("rate_period", .optional(.choice(Rate.Period.allCases.map(\.rawValue)))), ("burst", .optional(.count)),
        ("limit_source", .optional(.choice(["flag"]))), ("limit_at", .optional(.instant)),
        ("theoretical_at", .instant), ("not_before", .instant), ("wait_reason", .optional(.reason)),
        ("windows", .optional(.text)), ("learner", .optional(.json)), ("wait_at", .optional(.instant)),
        ("wait_boot", .optional(.text)), ("wait_up", .optional(.duration)), ("wait_message", .optional(.text)),
        ("wait_asked", .optional(.duration)), ("window_at", .optional(.instant)), ("window_boot", .optional(.text)),
        ("window_up", .optional(.duration)),
      ]),
    TableKind(
      name: "owner",
      columns: [
        ("id", .id), ("pid", .integer(Int64(Int32.min)...Int64(Int32.max))), ("started_at", .instant),
        ("ended_at", .optional(.instant)), ("clock_skew", .optional(.duration)), ("batch_id", .optional(.id)),
        ("key_scope_id", .optional(.id)), ("wanting_until", .optional(.instant)),
        ("share_next_at", .optional(.instant)), ("process_identity", .optional(.text)), ("boot", .optional(.text)),
        ("clock_skew_most", .optional(.duration)), ("run_scope_id", .optional(.id)),
        ("made_count", .optional(.count)), ("end_cause", .optional(.text)),
      ]),
    TableKind(
      name: "item",
      columns: [
        ("id", .id), ("account_scope_id", .id), ("name", .text), ("batch_id", .id), ("definition_id", .id),
        ("next_definition_id", .optional(.id)), ("state", .choice(ItemState.allCases.map(\.rawValue))),
        ("due", .optional(.instant)), ("version", .count), ("owner_id", .optional(.id)), ("ordinal", .count),
        ("used_count", .count), ("unanswered", .flag), ("reason", .optional(.reason)), ("message", .optional(.text)),
        ("remote_id", .optional(.text)), ("adopted", .flag), ("cancel_requested", .flag), ("row_count", .count),
        ("doubt_at", .optional(.instant)), ("doubt_boot", .optional(.text)), ("doubt_up", .optional(.duration)),
        ("finished_at", .optional(.instant)),
      ],
      rules: ItemState.allCases.flatMap { state in
        state.columns.map { name, isSet in
          (name, "it.state <> '\(state.rawValue)' OR it.\(name) IS \(isSet ? "NOT " : "")NULL")
        }
      }),
    TableKind(
      name: "attempt", key: ["item_id", "ordinal"],
      columns: [
        ("item_id", .id), ("ordinal", .count), ("owner_id", .id), ("definition_id", .id), ("start_at", .instant),
        ("ended_at", .optional(.instant)), ("outcome", .optional(.outcome)), ("is_used", .flag),
        ("status", .optional(.number)), ("message", .optional(.text)), ("request_id", .optional(.text)),
        ("latency", .optional(.duration)), ("start_up", .optional(.duration)), ("ended_up", .optional(.duration)),
        ("settle_delay", .optional(.duration)), ("request_timeout", .optional(.duration)),
      ], rules: [("outcome", "(it.ended_at IS NULL) = (it.outcome IS NULL)")]),
    TableKind(
      name: "batch_row", key: ["batch_id", "ordinal"],
      columns: [
        ("batch_id", .id), ("ordinal", .count), ("line", .number), ("cells", .array), ("definition_id", .optional(.id)),
        ("item_id", .optional(.id)), ("issue", .optional(.text)), ("named_item_id", .optional(.id)),
      ],
      rules: [
        ("issue", "(it.item_id IS NULL) = (it.issue IS NOT NULL)"),
        ("definition_id", "(it.item_id IS NULL) = (it.definition_id IS NULL)"),
      ]),
    TableKind(
      name: "listing",
      columns: [
        ("id", .id), ("account_scope_id", .id), ("owner_id", .id), ("asked_at", .instant), ("outcome", .outcome),
        ("is_whole", .flag), ("entry_count", .count), ("status", .optional(.number)), ("message", .optional(.text)),
        ("request_id", .optional(.text)), ("latency", .duration),
      ]),
    TableKind(
      name: "key_wait",
      columns: [
        ("id", .id), ("key_scope_id", .id), ("from_at", .instant), ("until_at", .instant), ("reason", .reason),
        ("message", .optional(.text)),
      ]),
    TableKind(
      name: "key_window", key: ["key_scope_id", "period", "bucket"],
      columns: [
        ("key_scope_id", .id), ("period", .choice(["h", "day"])), ("bucket", .integer(StoredRange.buckets)),
        ("count", .integer(1...Int64(Int32.max))),
      ]),
    TableKind(
      name: "learned_pace", columns: [("id", .id), ("key_scope_id", .id), ("at", .instant), ("per_second", .real)]),
  ]
}
