// The plan: what a run would do, shown before anything is stored or sent.

import BulkImport
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Words

/// What a plan says besides the roster; read before the roster is.
struct PlanSetting {
  private let limit: Limit
  private let adoptsExisting: Bool
  private let wait: KeyWait?
  private let holds: [AccountHold]

  /// Reads it from the queue, if there is one.
  ///
  /// - Parameters:
  ///   - credentials: nil where there are none: then nothing is known of the key.
  ///   - pace: nil where nothing is said.
  init(_ queue: Queue?, _ endpoint: Endpoint, _ credentials: Credentials?, _ pace: PaceOptions? = nil) throws {
    let key = credentials.flatMap { credentials in queue.map { ($0, credentials.fingerprint) } }
    let known = try key.map { queue, fingerprint in
      try queue.limit(baseURL: endpoint.baseURL, fingerprint: fingerprint)
    }
    limit = pace?.limit(insteadOf: known ?? .standard) ?? known ?? .standard
    adoptsExisting = pace?.adoptExisting ?? false
    let isWaitIgnored = pace.map { $0.ignoreWait || $0.forgetsAll } ?? false
    wait =
      isWaitIgnored
      ? nil
      : try key.flatMap { queue, fingerprint in
        try queue.waits(baseURL: endpoint.baseURL, fingerprint: fingerprint).first
      }
    holds = try queue?.holds(baseURL: endpoint.baseURL) ?? []
  }

  /// What a run would do with a roster that was read.
  func plan(of check: RosterCheck) -> Plan {
    Plan(check: check, limit: limit, adoptsExisting: adoptsExisting, wait: wait, holds: holds)
  }
}

struct Plan {
  let check: RosterCheck
  let limit: Limit
  /// Where the limit stands; nothing was used where that is not known.
  var state = QuotaState()
  let adoptsExisting: Bool
  var wait: KeyWait?
  var holds: [AccountHold] = []

  /// How many creates the run would ask for; a conflict that is to be taken over counts, because what stood in its way
  /// may be gone.
  var createCount: Int { check.comparison.toCreateCount + (adoptsExisting ? check.comparison.conflictCount : 0) }

  func lines(at now: Instant) -> [String] {
    let comparison = check.comparison
    let facts = check.facts
    var lines = check.mendLines + ["Plan for \(check.planName): \(check.rowCount.of("row"))"]
    lines.append("  endpoint  \(check.endpoint.baseURL)\(check.endpoint.isLoopback ? " (this machine)" : "")")
    let more = facts.accountCount > facts.accounts.count ? " and \(facts.accountCount - facts.accounts.count) more" : ""
    lines.append("  account   \(facts.accounts.joined(separator: ", "))\(more)")
    lines.append("  rows      \(rowsText(comparison))")
    if let gone = check.tooManyGone(of: comparison) {
      let answer =
        check.reading.gone.allowGone ? "" : ": --allow-gone if they have left, --label if it is another course"
      lines.append("  gone      \(gone.sentence("this roster"))\(answer)")
    }
    if let first = facts.firstName, let last = facts.lastName {
      lines.append("  names     \(first == last ? first : "\(first) … \(last)")")
    }
    lines += columnLines
    if facts.gpuCount > 0 { lines.append("  GPUs      \(facts.gpuCount) in the whole roster") }
    lines += changedLines(comparison)
    let pace = PaceForecast(limit: limit, state: state, createCount: createCount, accountCount: facts.accountCount)
    lines.append("  pace      \(pace.text(from: wait?.until, at: now))")
    if let wait { lines.append("  waits     until \(wait.until.rfc3339()): \(wait.text); --ignore-wait tries at once") }
    for hold in holds where facts.accounts.contains(hold.account) {
      lines.append("  held      account \(hold.account): \(hold.text); a run tries it again")
    }
    return lines
  }

  /// How many changed rows are shown.
  private static let shownChangeCount = 3

  /// Rows that ask for something else than what was made: how many, in which fields, and the first few.
  private func changedLines(_ comparison: Comparison) -> [String] {
    guard let count = comparison.changed[.done], count > 0 else { return [] }
    let rows = comparison.changedRows.map { row in
      (name: row.name, Schema.workspace.differences(made: row.difference.made, wanted: row.difference.wanted))
    }
    var fields: [String: Int] = [:]
    for (_, differences) in rows { for difference in differences { fields[difference.field, default: 0] += 1 } }
    let sentence = DifferenceWords.planned(count, fields: fields)
    let shown = rows.prefix(Self.shownChangeCount).map { name, differences in
      "            \(name)  \(differences.map(\.text).joined(separator: "; "))"
    }
    let more = count > shown.count ? ["            … and \((count - shown.count).of("more row"))"] : []
    return ["  changed   \(sentence)"] + shown + more
  }

  /// Columns for one line; the first eight.
  private static func shown(_ headers: [String]) -> String {
    headers.prefix(8).map(\.shown).joined(separator: ", ") + (headers.count > 8 ? " and \(headers.count - 8) more" : "")
  }

  /// What travels to the service, in the roster's own words, and what stays here, in case that one was meant otherwise.
  private var columnLines: [String] {
    let summary = check.summary
    var lines: [String] = []
    if check.reading.template != nil, !summary.sent.isEmpty { lines.append("  sent      \(Self.shown(summary.sent))") }
    if !summary.staying.isEmpty { lines.append("  carried   \(Self.shown(summary.staying))") }
    if !summary.dropped.isEmpty { lines.append("  dropped   \(Self.shown(summary.dropped))") }
    return lines
  }

  private func rowsText(_ comparison: Comparison) -> String {
    var parts: [String] = []
    func add(_ count: Int, _ text: String) { if count > 0 { parts.append("\(count) \(text)") } }
    add(comparison.newCount, "new")
    add(comparison[.done], "already done")
    add(comparison[.failed] - comparison.conflictCount, "failed before, tried again")
    add(comparison.conflictCount, "in conflict, \(adoptsExisting ? "taken over" : "left for a person")")
    add(comparison[.ready], "queued, not sent yet")
    add(comparison[.leased], "being sent by another run")
    add(comparison[.inDoubt], "with an unknown answer")
    add(comparison.backCount, "back after being cancelled")
    add(comparison[.cancelled] - comparison.backCount, "cancelled, stay so (`rollcall retry --reason cancelled`)")
    add(comparison.goneCount, "gone from the roster")
    add(comparison.replacedCount, "replaced by a new name")
    return parts.joined(separator: ", ")
  }
}

extension Int {
  /// `1 row`, `12 rows`.
  func of(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
