// Sentences about people who leave a course with a roster, and about those who come back under another name.

package import DurableQueue
import Pacing
import Provisioning

extension GoneShare {
  /// Whose items are not in the roster: `14 of the 30 rows of batch 3 (imported 2026-11-24T22:03:12Z)`.
  package var rows: String {
    let all = rowCount == goneCount ? "all \(rowCount) rows" : "\(goneCount) of the \(rowCount) rows"
    return "\(all) of batch \(batch.rawValue), imported \(importedAt.rfc3339()),"
  }

  /// That they are not in a roster, in a sentence without its full stop.
  package func sentence(_ roster: String) -> String { "\(rows) \(goneCount == 1 ? "is" : "are") not in \(roster)" }

  /// The question before they are dropped.
  package func question(_ roster: String) -> String {
    "\(sentence(roster)). Those that are not made yet would be cancelled. Have they left?"
  }

  /// What to do about it.
  package static let hint =
    "Is the roster whole? If they have left: --allow-gone once, or another --max-gone. --yes does not answer this. If it is "
    + "another course, such as another sheet or section of one file: give it a --label of its own."
}

/// Words about rows that left a course with its last roster.
package enum GoneWords {
  /// How many there are.
  package static func sentence(_ count: Int) -> String {
    "\(count) \(count == 1 ? "row has" : "rows have") left the roster; whatever was made for \(count == 1 ? "it" : "them") is still there"
  }
}

extension Renaming {
  /// Who it is, and both names; to follow the roster's name and the line.
  package var sentence: String {
    let person = "\(column.shown): '\(value.shown)' is in this course as '\(before.shown)'"
    return before == now
      ? "\(person), in account \(account.shown), and would be so in this row's account too"
      : "\(person) and would be '\(now.shown)' too"
  }

  /// What to do about it.
  package static let hint =
    "Has another column, a filter or another way to write a number made the names? Make them as before. "
    + "If each is to have a second workspace: --allow-renamed; the first ones stay."
}
