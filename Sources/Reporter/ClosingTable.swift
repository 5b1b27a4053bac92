// What a person sees at the end of a run: one line a state, the reasons of what failed or waits, and where the files are.

import Provisioning
import Words

/// The closing table of a batch.
package enum ClosingTable {
  /// The table's lines, without a newline at their ends: states that have rows, each with its reasons.
  package static func lines(_ summary: Summary) -> [String] {
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
    return table + reasonLines(summary) + moreLines(summary)
  }

  /// What stands beside the states: rows that were made otherwise than they ask for, and who has left.
  private static func moreLines(_ summary: Summary) -> [String] {
    var lines: [String] = []
    if let count = summary.changedCount, count > 0 {
      let sentence = DifferenceWords.sentence(count, fields: summary.changedFields ?? [:])
      lines.append("  \(sentence): \(OutcomeFiles.changed)")
    }
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
