// The figures of a batch, for programs: `summary.json`.

import DurableQueue
import Foundation
import Pacing
import Provisioning

/// What `summary.json` holds; read the version before anything else.
package struct Summary: Codable, Hashable, Sendable {
  /// The version of this shape; it rises when a member changes its meaning or goes.
  package static let currentSchemaVersion = 1

  /// The version of the shape.
  package var schemaVersion = Summary.currentSchemaVersion
  /// The queue's file.
  package var database: String
  /// The batch's number.
  package var batch: Int64
  /// The roster's path, or what the person said.
  package var label: String
  /// Where the items are made.
  package var endpoint: String
  /// When the roster was imported, RFC 3339.
  package var importedAt: String
  /// When this file was written, RFC 3339.
  package var writtenAt: String
  /// Rows of the roster.
  package var rowCount: Int
  /// Rows by the state of their item, all states named.
  package var states: [String: Int]
  /// Rows that were not accepted.
  package var invalidCount: Int
  /// Items that failed or wait, by reason.
  package var reasons: [String: Int]
  /// Attempts that were used, of all rows.
  package var attemptCount: Int
  /// Rows of the label's previous batch that this one does not have; nil in files of older versions.
  package var goneCount: Int?

  init(_ batch: Batch, database: String, at now: Instant, _ counts: RowCounts) {
    self.database = database
    self.batch = batch.id.rawValue
    label = batch.label
    endpoint = batch.endpoint
    importedAt = batch.importedAt.rfc3339()
    writtenAt = now.rfc3339()
    rowCount = counts.tally.rowCount
    states = Dictionary(uniqueKeysWithValues: ItemState.allCases.map { ($0.rawValue, counts.tally[$0]) })
    invalidCount = counts.tally.invalidCount
    reasons = Dictionary(uniqueKeysWithValues: counts.reasons.map { ($0.key.rawValue, $0.value) })
    attemptCount = counts.attemptCount
    goneCount = counts.goneCount
  }

  /// The JSON text, members sorted, a newline at the end.
  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// Reads the summary of a folder; nil when there is none or it is no summary.
  static func read(in folder: String) -> Summary? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/summary.json") else { return nil }
    return try? JSONDecoder().decode(Summary.self, from: data)
  }
}

/// What is counted while the rows go by.
struct RowCounts {
  private(set) var tally = Tally()
  private(set) var reasons: [Reason: Int] = [:]
  private(set) var attemptCount = 0
  var goneCount = 0

  mutating func count(_ row: ReportRow) {
    guard let item = row.item else {
      tally.invalidCount += 1
      return
    }
    tally.counts[item.state, default: 0] += 1
    attemptCount += item.attemptCount
    if let reason = item.reason { reasons[reason, default: 0] += 1 }
  }
}
