// How issues are shown: one line each, the roster's own line below it with a marker under the value, equal ones together.

import BulkImport
import Foundation
import Provisioning
import Words

struct IssueText {
  /// How many kinds are shown, and of each how many that say something else; the rest are counted.
  static let shownCount = 20
  static let shownOfKind = 3
  /// How much of a roster's line is shown, in columns of a terminal.
  private static let width = 100

  private let groups: IssueGroups
  private let lines: [Int: String]
  private let prefix: String

  /// Prepares what will be shown of these issues, each with the prefix.
  init(_ groups: IssueGroups, prefix: String = "", reader: RosterReader) throws {
    self.groups = groups
    self.prefix = prefix
    let marked = groups.kinds.prefix(Self.shownCount).flatMap { groups.groups(of: $0).prefix(Self.shownOfKind) }
      .filter { $0.first.byteColumn != nil }.map(\.first.line)
    lines = try reader.lines(Set(marked))
  }

  var text: [String] {
    var text = groups.kinds.prefix(Self.shownCount).flatMap(text)
    let hidden = groups.kinds.dropFirst(Self.shownCount)
    if !hidden.isEmpty {
      let count = hidden.map(\.issueCount).reduce(0, +)
      let kinds = hidden.count == 1 ? "another kind" : "\(hidden.count) other kinds"
      text.append("… and \(count) more, of \(kinds); --issues FILE writes all of them.")
    }
    return text
  }

  private func text(of kind: IssueGroups.Kind) -> [String] {
    var text: [String] = []
    let shown = groups.groups(of: kind).prefix(Self.shownOfKind)
    for group in shown {
      let more = group.rowCount - 1
      let rest =
        more == 0 ? "" : " (and \(more) more \(more == 1 ? "row" : "rows"), the last on line \(group.lastLine))"
      text.append("\(prefix)\(group.first)\(rest)")
      if let line = lines[group.first.line], let column = group.first.byteColumn {
        text += Self.marked(line, at: column, value: group.first.value ?? "")
      }
    }
    let left = kind.issueCount - shown.map(\.issueCount).reduce(0, +)
    if left > 0 {
      let place = left == 1 ? "on line \(kind.lastLine)" : "the last on line \(kind.lastLine)"
      text.append(
        "    … and \(left) more of this kind (\(kind.first.rule)), \(place); --issues FILE writes all of them.")
    }
    return text
  }

  /// A line and a marker under what starts at a byte of it; both clipped to what a terminal shows.
  static func marked(_ line: String, at byteColumn: Int, value: String) -> [String] {
    let bytes = Array(line.utf8)
    let start = min(max(0, byteColumn - 1), bytes.count)
    // What would steer the terminal is spelled out first, so that the marker stands right.
    var before = String(decoding: bytes[..<start], as: UTF8.self).oneLine
    let after = String(decoding: bytes[start...], as: UTF8.self).oneLine
    let most = width - 20
    if before.terminalWidth > most {
      while before.terminalWidth > most - 1 { before.removeFirst() }
      before = "…" + before
    }
    var shown = ""
    for character in before + after {
      if shown.terminalWidth + String(character).terminalWidth > width { break }
      shown.append(character)
    }
    // An opening quote belongs to the cell.
    let isQuoted = after.hasPrefix("\"")
    let length = max(1, value.terminalWidth + (isQuoted ? 2 : 0))
    let marker = String(repeating: "~", count: max(0, min(length, width - before.terminalWidth) - 1))
    return ["    \(shown)", "    \(String(repeating: " ", count: before.terminalWidth))^\(marker)"]
  }
}

extension String {
  /// With what would steer the terminal spelled out; tabs as one blank, because their width is not known.
  fileprivate var oneLine: String { replacingOccurrences(of: "\t", with: " ").escaped }
}
