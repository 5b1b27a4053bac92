// The template's `firstSteps`, as far as a roster has its columns.

import BulkImport
import Provisioning

extension RosterCheck {
  /// Equal for rosters whose rows are equal, and that say the same of first steps.
  var digest: String { summary.digest + (firstSteps.map { " \($0.text)" } ?? "") }

  /// What of a digest is the rows' own.
  static func digestOfRows(_ digest: String) -> String { String(digest.prefix { $0 != " " }) }

  /// Refuses placeholders that nothing stands for.
  func refuseUnknownSteps() throws {
    let unknown = firstSteps?.unknown(among: summary.columns) ?? []
    guard !unknown.isEmpty else { return }
    let columns = (summary.columns + FirstSteps.made).map(\.shown).joined(separator: ", ")
    throw CommandError(
      "The template's firstSteps names \(unknown.map(\.shown).joined(separator: ", ")), which is no column of \(shownPath).",
      hint: "There are \(columns).", .rosterIssues)
  }
}
