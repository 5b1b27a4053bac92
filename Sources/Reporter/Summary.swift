// The figures of a batch, for programs: `summary.json`.

import DurableQueue
import Files
import Foundation
import Pacing
import Provisioning
import Words

/// What `summary.json` holds; read the version before anything else.
///
/// Version 1 had the members to `goneCount`. Version 2 adds `adoptedCount`, `latency`, `wait`, `startedAt`, `finishedAt`,
/// `forecastSeconds` and `actualSeconds`, each left out where there is nothing to say. Times are RFC 3339, durations are
/// seconds, counts are of rows unless they say otherwise.
package struct Summary: Codable, Hashable, Sendable {
  /// The version of this shape; it rises when a member changes its meaning or goes.
  static let currentSchemaVersion = 3

  var schemaVersion = Summary.currentSchemaVersion
  /// The queue's file.
  var database: String
  var batch: Int64
  /// What tells the queue from any other, whatever its file is called; nil in files of older versions.
  var queueId: String?
  /// The course's number in its queue; nil in files of older versions.
  var courseId: Int64?
  /// The roster's path, or the label that was given.
  var label: String
  var endpoint: String
  var importedAt: String
  var writtenAt: String
  /// Rows of the roster.
  package var rowCount: Int
  /// Rows by the state of their item, all states named.
  package var states: [String: Int]
  /// Rows that were not accepted.
  package var invalidCount: Int
  /// Items that failed or wait, by reason.
  package var reasons: [String: Int]
  /// The most frequent message of each reason; nil when there is none.
  package var messages: [String: String]?
  /// Attempts that were used, of all rows.
  package var attemptCount: Int
  /// Rows of the label's previous batch that this one does not have; nil in files of older versions.
  package var goneCount: Int?
  /// Done rows whose item was made otherwise than they ask for; `changed.csv` has them.
  package var changedCount: Int?
  /// In how many of them each field differs; nil when none does.
  package var changedFields: [String: Int]?
  /// Done rows whose item was found in the service's list or taken over, not reported by its own answer.
  package var adoptedCount: Int?
  /// Of these, those that were taken over within an hour after somebody had made them; nil where there are none.
  package var adoptedRecentCount: Int?
  /// From sending to the answer, of the attempts since the import that had a definite one; nil when none had.
  package var latency: Percentiles?
  /// From the import to the end of each row that was done or failed since; nil when none was.
  package var wait: Percentiles?
  /// When the first request since the import was sent; nil when none was.
  package var startedAt: String?
  /// When the last row was done or failed; nil while any is unfinished, and when nothing was sent.
  package var finishedAt: String?
  /// From `startedAt` to `finishedAt`, pauses included.
  package var actualSeconds: Double?
  /// The forecast from before the run; nil when there was none.
  package var forecastSeconds: Double?
  /// How the course's last run ended; nil while one is under way.
  package var run: Run?
  /// The first rows that are not done, for the closing table.
  var openRows = Unwritten(OpenRows())

  /// How a run ended.
  package struct Run: Codable, Hashable, Sendable {
    /// When; nil where its process was killed.
    var endedAt: String?
    /// The exit status; nil where its process was killed.
    var status: Int?
    /// Why, as one word for programs.
    package var reason: String
    /// What happened, with the time, and what is left.
    package var message: String

    init(_ end: RunRecord.End, now: Instant) {
      endedAt = end.at.rfc3339()
      (status, reason) = (end.status, end.reason)
      message = RunWords.sentence(end, now: now)
    }

    init(killed run: RunRecord, now: Instant) {
      (reason, message) = ("killed", RunWords.sentence(run, now: now))
    }

    /// Whether it did what it was to do: all is done, or some rows failed.
    var isFinished: Bool { status == 0 || status == 3 }
  }

  init(_ batch: Batch, database: String, at now: Instant, _ counts: RowCounts, _ totals: AttemptTotals) {
    self.database = database
    self.batch = batch.id.rawValue
    label = batch.label
    endpoint = batch.baseURL.text
    importedAt = batch.importedAt.rfc3339()
    writtenAt = now.rfc3339()
    rowCount = counts.tally.rowCount
    states = Dictionary(uniqueKeysWithValues: ItemState.allCases.map { ($0.rawValue, counts.tally[$0]) })
    invalidCount = counts.tally.invalidCount
    reasons = Dictionary(uniqueKeysWithValues: counts.reasons.map { ($0.key.rawValue, $0.value) })
    let said = counts.messages.compactMap { reason, counts in
      counts.mostFrequent(1).first.map { (reason.rawValue, $0.key) }
    }
    messages = said.isEmpty ? nil : Dictionary(uniqueKeysWithValues: said)
    attemptCount = counts.attemptCount
    openRows = Unwritten(counts.open)
    adoptedCount = counts.adoptedCount
    adoptedRecentCount = counts.adoptedRecentCount > 0 ? counts.adoptedRecentCount : nil
    changedCount = counts.changedCount
    changedFields = counts.changedFields.isEmpty ? nil : counts.changedFields
    latency = totals.latency.percentiles
    wait = counts.wait.percentiles
    startedAt = totals.firstStart?.rfc3339()
    guard counts.tally.unfinishedCount == 0, let start = totals.firstStart,
      let end = [totals.lastEnd, counts.lastFinish].compactMap({ $0 }).max()
    else { return }
    finishedAt = end.rfc3339()
    actualSeconds = max(0, (end - start).seconds)
  }

  /// The JSON text, members sorted, a newline at the end.
  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var bytes: [UInt8] = []
    JSONValue.appendVisibly(Array(try encoder.encode(self)), to: &bytes)
    return bytes + [UInt8(ascii: "\n")]
  }

  /// What tells whose a summary is; every version has it, one of a later Rollcall too.
  struct Origin: Decodable {
    let database: String
    let batch: Int64
    let queueId: String?
    let courseId: Int64?
    let label: String
    let endpoint: String
  }

  /// Reads whose the summary of a folder is; nil when there is none or it is no summary.
  static func origin(in folder: Folder) throws(FileError) -> Origin? {
    guard let bytes = try folder.beginning(of: OutcomeFiles.summary) else { return nil }
    do { return try JSONDecoder().decode(Origin.self, from: Data(bytes)) } catch { return nil }
  }
}

/// What is counted while the rows go by.
struct RowCounts {
  /// What was made so short a time before may be somebody's who is at work now.
  private static let recent = Duration.seconds(3_600)

  private(set) var tally = Tally()
  private(set) var reasons: [Reason: Int] = [:]
  private(set) var messages: [Reason: MessageCounts] = [:]
  private(set) var attemptCount = 0
  /// Done rows whose item was made otherwise than they ask for, and in which fields.
  private(set) var changedCount = 0
  private(set) var changedFields: [String: Int] = [:]
  /// Done rows whose item was found or taken over, and those of them that somebody else had made within the hour before.
  private(set) var adoptedCount = 0
  private(set) var adoptedRecentCount = 0
  /// How long rows took that were done or failed since the import, and when the last of them was.
  private(set) var wait = LatencyHistogram()
  private(set) var lastFinish: Instant?
  /// The first that are not done.
  private(set) var open = OpenRows()
  private let importedAt: Instant

  init(since importedAt: Instant) { self.importedAt = importedAt }

  mutating func count(_ row: OutcomeRow) {
    open.add(row)
    if !row.differences.isEmpty { changedCount += 1 }
    for difference in row.differences { changedFields[difference.field, default: 0] += 1 }
    guard let item = row.item else {
      tally.invalidCount += 1
      return
    }
    tally.counts[item.state, default: 0] += 1
    attemptCount += item.attemptCount
    if item.state == .done, item.isAdopted {
      adoptedCount += 1
      if let made = item.createdAt, let end = item.finishedAt, !item.mayBeOurs, end - made < Self.recent {
        adoptedRecentCount += 1
      }
    }
    if item.state != .done, let reason = item.reason {
      reasons[reason, default: 0] += 1
      messages[reason, default: MessageCounts()].count(item.message)
    }
    guard item.state == .done || item.state == .failed, let end = item.finishedAt, end >= importedAt else { return }
    wait.add(end - importedAt)
    lastFinish = max(lastFinish ?? end, end)
  }
}
