// What a person sees at the end of a run: one line a state, the reasons of what failed or waits, and where the files are.

import Provisioning
import Words

/// The closing table of a batch.
package enum ClosingTable {
  /// The table's lines, without a newline at their ends: states that have rows, each with its reasons, and the first rows
  /// that are not done.
  ///
  /// - Parameters:
  ///   - columns: how wide a line of a row may be.
  ///   - options: the words of the command line that a command about the same queue needs too.
  package static func lines(_ summary: Summary, columns: Int = 100, options: [String] = []) -> [String] {
    var rows: [(String, Int)] = []
    for state in [ItemState.done, .failed, .inDoubt, .leased, .ready, .cancelled] {
      let count = summary.states[state.rawValue] ?? 0
      if count > 0 { rows.append((state.displayName, count)) }
    }
    if summary.invalidCount > 0 { rows.append((StateWords.invalid, summary.invalidCount)) }
    rows.append(("rows", summary.rowCount))
    let nameWidth = rows.map(\.0.count).max() ?? 0
    let countWidth = rows.map { String($0.1).count }.max() ?? 0
    let table = rows.map { name, count in
      "  " + name + String(repeating: " ", count: nameWidth - name.count + 2)
        + String(repeating: " ", count: countWidth - String(count).count) + String(count)
    }
    return table + reasonLines(summary) + openLines(summary, columns: columns, options) + moreLines(summary)
  }

  /// The first rows that are not done, a line each, the reason shortened; and the command that lists the others.
  private static func openLines(_ summary: Summary, columns: Int, _ options: [String]) -> [String] {
    let open = summary.openRows.value
    let rows = open.shown
    let nameWidth = rows.map(\.name.terminalWidth).max() ?? 0
    let lines = rows.map { row in
      let head = "    " + row.name.padded(to: nameWidth) + "  "
      return head + row.why.clippedToWords(columns: max(24, columns - head.terminalWidth))
    }
    guard let rest = open.rest else { return lines }
    return lines + [
      "    " + RowWords.more(rest.count, of: BatchID(summary.batch), states: rest.states, options: options)
    ]
  }

  /// What stands beside the states: rows that were made otherwise than they ask for, and who has left.
  private static func moreLines(_ summary: Summary) -> [String] {
    var lines: [String] = []
    if let count = summary.changedCount, count > 0 {
      let sentence = DifferenceWords.sentence(count, fields: summary.changedFields ?? [:])
      lines.append("  \(sentence): \(OutcomeFiles.changed)")
    }
    if let count = summary.adoptedRecentCount { lines.append("  \(DifferenceWords.recent(count))") }
    if let count = summary.goneCount, count > 0 {
      lines.append("  \(GoneWords.sentence(count)): \(OutcomeFiles.gone)")
    }
    return lines
  }

  private static func reasonLines(_ summary: Summary) -> [String] {
    // "Not sent" stands in the table already.
    let isAllKnown = summary.states[ItemState.inDoubt.rawValue] ?? 0 == 0
    let told = summary.reasons.filter { $0.key != Reason.notSent.rawValue }
    return told.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { key, count in
      let reason = Reason(rawValue: key)
      let said = [.refused, .foreign].contains(reason) ? summary.messages?[key].map { ": \($0)" } ?? "" : ""
      return "  \(count) × \((isAllKnown ? reason?.displayTextOnceKnown : reason?.displayText) ?? key)\(said)"
    }
  }
}
