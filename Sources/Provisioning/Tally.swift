// How far a batch is: its items counted by state.

/// How many items of a batch are in each state, and how many of its rows were not accepted.
package struct Tally: Hashable, Sendable {
  /// Items by state; a state that is missing has none.
  package var counts: [ItemState: Int]
  /// Rows that name no item because they were invalid.
  package var invalidCount: Int

  /// Makes a tally.
  package init(_ counts: [ItemState: Int] = [:], invalidCount: Int = 0) {
    self.counts = counts.filter { $0.value != 0 }
    self.invalidCount = invalidCount
  }

  /// Items in a state.
  package subscript(state: ItemState) -> Int { counts[state, default: 0] }
  /// All rows of the batch.
  package var rowCount: Int { counts.values.reduce(invalidCount, +) }
  /// Items that a run still has something to do for.
  package var unfinishedCount: Int { counts.reduce(0) { $0 + ($1.key.isUnfinished ? $1.value : 0) } }
}
