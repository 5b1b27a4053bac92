// A roster on its way into the queue.

import Pacing
package import Provisioning

/// A batch that is about to be imported.
package struct NewBatch: Hashable, Sendable {
  /// The roster's real path, or what the person said.
  package var label: String
  /// The target's name.
  package var target: String
  /// Where its items are made.
  package var baseURL: BaseURL
  /// The roster's headers.
  package var columns: [String]
  /// Equal for rosters that are equal row by row.
  package var digest: String
  /// Whether only a part of the roster's rows is in it, so that nothing is gone because it is not.
  package var isPartial: Bool

  /// Makes a description of a batch.
  package init(
    label: String, target: String, baseURL: BaseURL, columns: [String], digest: String,
    isPartial: Bool = false
  ) {
    self.isPartial = isPartial
    self.label = label
    self.target = target
    self.baseURL = baseURL
    self.columns = columns
    self.digest = digest
  }
}

/// One row of a roster on its way into the queue.
package struct NewRow: Hashable, Sendable {
  /// What the row asks for.
  package enum Content: Hashable, Sendable {
    /// An item: its account, its name, and its definition.
    case item(account: String, name: String, definition: Definition)
    /// Nothing, because it was not accepted; why, and which item it would name, if that is known: that is not gone.
    case issue(String, account: String? = nil, name: String? = nil)
  }

  /// From 1, in the roster's order.
  package var ordinal: Int
  /// The line it starts on.
  package var line: Int
  /// One cell for each header.
  package var cells: [String]
  /// What it asks for.
  package var content: Content

  /// Makes a row.
  package init(ordinal: Int, line: Int, cells: [String], content: Content) {
    self.ordinal = ordinal
    self.line = line
    self.cells = cells
    self.content = content
  }
}

/// What came of an import.
package struct ImportResult: Hashable, Sendable {
  /// The batch: the new one, or the label's latest if the roster equals it.
  package var batch: BatchID
  /// Whether the batch is new.
  package var isNew: Bool
  /// What the import made of the rows.
  package var comparison: Comparison

  /// Makes a result.
  package init(batch: BatchID, isNew: Bool, comparison: Comparison) {
    self.batch = batch
    self.isNew = isNew
    self.comparison = comparison
  }
}
