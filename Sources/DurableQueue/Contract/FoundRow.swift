// What a search over all rosters finds.

package import Pacing
package import Provisioning

/// A row that a text was looked for and found in; one for each item, of the latest roster that has the text.
package struct FoundRow: Hashable, Sendable {
  /// What of a row was the text, or had it.
  package enum Match: Hashable, Sendable {
    /// The name.
    case name
    /// The target's id.
    case id
    /// The line.
    case line
    /// A cell.
    case cell(column: String, text: String)
  }

  /// The roster.
  package let batch: Batch
  /// The line that the row starts on.
  package let line: Int
  /// The item that it names, or would name; nil when no such item is there.
  package let item: ItemID?
  /// The account of that.
  package let account: String?
  /// Its name.
  package let name: String?
  /// Where it is in its life.
  package let state: ItemState?
  /// Why the row was not accepted; nil when it was.
  package let issue: String?
  /// What was found.
  package let match: Match
}

/// What a search has found.
package struct Finding: Hashable, Sendable {
  /// The rows, those of the latest roster first.
  package var rows: [FoundRow] = []
  /// Whether there are more.
  package var isCut = false
}

/// How a course lost an item.
package struct Departure: Hashable, Sendable {
  /// The first whole roster that does not name it.
  package let batch: BatchID
  /// When that was imported.
  package let importedAt: Instant
}
