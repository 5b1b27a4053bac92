// `report.html`: one file that opens from a mail and draws itself from the JSON in it. Rows are written as they go by;
// what is known only at the end comes after them.

import DurableQueue
import Files
import Pacing
import Provisioning
import Words

/// The page under way.
final class ReportPage {
  /// The page has so many rows at most; with more it would be slow to open. The CSV files have all.
  static let mostRows = 20_000

  private let batch: Batch
  private let mostRows: Int
  /// The page, to be given its name.
  let file: NewFile
  /// Rows that come after those that need a person, as far as there is room for them.
  private let waiting: SideRows
  private let done: SideRows
  private var groups = ReasonGroups()
  private var rowCount = 0
  private var shownCount = 0

  init(of batch: Batch, in folder: Folder, mostRows: Int = ReportPage.mostRows) throws(FileError) {
    self.batch = batch
    self.mostRows = mostRows
    file = try NewFile(OutcomeFiles.page, of: folder)
    waiting = try SideRows(in: folder, most: mostRows)
    done = try SideRows(in: folder, most: mostRows)
    file.buffer += PageTemplate.beforeData
    var start = Array(#"{"columns":"#.utf8)
    JSONValue.append(batch.columns, to: &start)
    start += #","rows":["#.utf8
    PageTemplate.appendSafely(start, to: &file.buffer)
  }

  func add(_ row: OutcomeRow) throws(FileError) {
    rowCount += 1
    groups.count(row)
    switch row.item?.state {
    case .done where row.differences.isEmpty: try done.add(row)
    case .ready, .cancelled: try waiting.add(row)
    case .done, .failed, .inDoubt, .leased, nil:
      guard shownCount < mostRows else { return }
      if shownCount > 0 { file.buffer.append(UInt8(ascii: ",")) }
      shownCount += 1
      PageTemplate.appendSafely(row.pageJSON, to: &file.buffer)
      try file.flushIfLarge()
    }
  }

  /// Appends what follows the rows; `limits` returns those that held during what is drawn.
  func finish(
    _ summary: Summary, _ totals: AttemptTotals, limits: (PaceChart.Sitting) throws -> [LimitPoint]
  ) throws {
    for side in [waiting, done] {
      shownCount += try side.append(to: file, atMost: mostRows - shownCount, isFirst: shownCount == 0)
    }
    var end = Array(#"],"rowsLeftOut":\#(rowCount - shownCount),"reasons":"#.utf8)
    groups.json(for: batch.id).append(to: &end)
    let bins = totals.latency.bins().map { #"{"upTo":\#($0.upTo),"count":\#($0.count)}"# }
    end += #","words":"#.utf8
    Self.words(summary, totals).append(to: &end)
    end += #","latencyHistogram":[\#(bins.joined(separator: ","))],"pace":"#.utf8
    end += (try totals.pace.lastSitting().map { Self.json($0, try limits($0)) } ?? "null").utf8
    end += #","summary":"#.utf8
    end += try summary.json()
    end += "}".utf8
    PageTemplate.appendSafely(end, to: &file.buffer)
    file.buffer += PageTemplate.afterData
    try file.flush()
  }

  private static func words(_ summary: Summary, _ totals: AttemptTotals) -> JSONValue {
    let counts = summary.states.merging([StateWords.invalid: summary.invalidCount]) { $1 }
    var words: [String: JSONValue] = [
      "states": .object(StateWords.byState.mapValues(JSONValue.string)),
      "headline": .string(
        PageWords.headline(
          rowCount: summary.rowCount, counts: counts, changedCount: summary.changedCount ?? 0)),
      "reasonsTitle": .string(PageWords.reasonsTitle),
    ]
    if let start = totals.firstStart, let seconds = summary.actualSeconds,
      let waiting = totals.pace.waiting(until: start + .seconds(seconds))
    {
      words["waited"] = .string(PageWords.waited(waiting.duration, workCount: waiting.workCount))
    }
    if let run = summary.run, !run.isFinished { words["stopped"] = .string(run.message) }
    if let count = summary.changedCount, count > 0 {
      words["changed"] = .string(DifferenceWords.sentence(count, fields: summary.changedFields ?? [:]) + ".")
    }
    return .object(words)
  }

  private static func json(_ sitting: PaceChart.Sitting, _ limits: [LimitPoint]) -> String {
    func list(_ member: KeyPath<PaceChart.Counts, Int>) -> String {
      "[\(sitting.counts.map { String($0[keyPath: member]) }.joined(separator: ","))]"
    }
    let end = sitting.start + Int64(sitting.counts.count) * sitting.bucketSeconds
    // What was learned after the last request is not of this chart.
    let held = limits.filter { $0.at.microseconds / 1_000_000 < end }.map {
      #"{"at":\#($0.at.microseconds / 1_000_000),"perSecond":\#($0.perSecond)}"#
    }
    return #"{"bucketSeconds":\#(sitting.bucketSeconds),"start":\#(sitting.start),"sent":\#(list(\.sent)),"#
      + #""throttled":\#(list(\.throttled)),"unknown":\#(list(\.unknown)),"limit":[\#(held.joined(separator: ","))],"#
      + #""earlierCount":\#(sitting.earlierCount)}"#
  }
}

extension OutcomeRow {
  /// As the page has it: `[line, state, account, name, id, reason, message, attempts, finishedAt, [cell…],
  /// [[field, made, wanted]…], seenAt]`.
  fileprivate var pageJSON: [UInt8] {
    let item = self.item
    var bytes = Array("[\(self.line),".utf8)
    let texts = [
      item?.state.rawValue ?? "invalid", item?.account ?? "", item?.name ?? "", item?.remoteID?.visibleLine ?? "",
      item == nil ? "invalid" : item?.reason?.rawValue ?? "",
      item == nil ? self.issue ?? "" : item?.message?.visibleLine ?? "",
    ]
    for text in texts {
      JSONValue.append(text, to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    bytes += "\(item?.attemptCount ?? 0),\"\(item?.finishedAt?.rfc3339() ?? "")\",".utf8
    JSONValue.append(self.cells, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONValue.array(
      differences.map { .array([$0.field, $0.made, $0.wanted].map(JSONValue.string)) }
    ).append(to: &bytes)
    bytes += ",\"\(item?.seenAt?.rfc3339() ?? "")\"]\n".utf8
    return bytes
  }
}

/// Rows that wait in a file of their own until it is known how many of them the page has room for.
private final class SideRows {
  private let file: NewFile
  private let most: Int
  /// Where each row ends in the file; each begins with a comma.
  private var ends: [Int] = []

  init(in folder: Folder, most: Int) throws(FileError) {
    file = try NewFile(OutcomeFiles.page, of: folder)
    file.hide()
    self.most = most
  }

  func add(_ row: OutcomeRow) throws(FileError) {
    guard ends.count < most else { return }
    var bytes = [UInt8(ascii: ",")]
    PageTemplate.appendSafely(row.pageJSON, to: &bytes)
    ends.append((ends.last ?? 0) + bytes.count)
    file.buffer += bytes
    try file.flushIfLarge()
  }

  /// - Returns: how many rows were appended.
  func append(to page: NewFile, atMost room: Int, isFirst: Bool) throws(FileError) -> Int {
    let count = min(room, ends.count)
    if count > 0 { try page.append((isFirst ? 1 : 0)..<ends[count - 1], of: file) }
    return count
  }
}
