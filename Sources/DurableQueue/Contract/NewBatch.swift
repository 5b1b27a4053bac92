// A roster on its way into the queue, and what it asks for beside what the queue has.

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
  /// What its course is remembered with, if this is its first batch; JSON that only the command reads.
  package var settings: String
  /// Where the course's reports go from now on; nil: as before.
  package var folder: String?
  /// What each row's person is to do first, with placeholders; nil where nobody has said it.
  package var firstSteps: String?
  /// The batch that it was made of by a mended report; it is imported only while that is its course's latest.
  package var mended: BatchID?

  /// Makes a description of a batch.
  package init(
    label: String, target: String, baseURL: BaseURL, columns: [String], digest: String,
    isPartial: Bool = false, settings: String = "{}", folder: String? = nil
  ) {
    self.isPartial = isPartial
    (self.settings, self.folder) = (settings, folder)
    self.label = label
    self.target = target
    self.baseURL = baseURL
    self.columns = columns
    self.digest = digest
  }
}

extension NewBatch {
  /// The course that it is a roster of.
  package var course: Course { Course(service: target, baseURL: baseURL, label: label) }
}

/// What came of an import.
package struct ImportResult: Hashable, Sendable {
  /// The batch: the new one, or the label's latest if the roster equals it.
  package var batch: BatchID
  /// Whether the batch is new.
  package var isNew: Bool
  /// What the import made of the rows.
  package var comparison: Comparison
}

/// A roster against the queue.
package struct Comparison: Hashable, Sendable {
  /// Rows whose key the queue has never seen.
  package var newCount = 0
  /// Rows whose item exists already, by the item's state.
  package var existing: [ItemState: Int] = [:]
  /// Of the failed ones, those that found their name taken; they wait for a person.
  package var conflictCount = 0
  /// Rows with another definition than their item's, by the item's state.
  package var changed: [ItemState: Int] = [:]
  /// Rows that ask for something else than what was made, the first ones.
  package var changedRows: [ChangedRow] = []
  /// Rows that were not accepted.
  package var invalidCount = 0
  /// Items of the label's previous batch that are not in the roster, unsent: they are cancelled.
  package var goneUnsentCount = 0
  /// Items of the label's previous batch that are not in the roster, whatever their state.
  package var goneCount = 0
  /// Items whose rows name others now, by a mended report: they leave, and nobody need be asked.
  package var replacedCount = 0
  /// Names that would be another person's, the first ones; the count goes on.
  package var reassignments: [Reassignment] = []
  /// How many there are.
  package var reassignedCount = 0
  /// People whom the course has under another name, the first ones; the count goes on.
  package var renamings: [Renaming] = []
  /// How many there are.
  package var renamedCount = 0
  /// The roster of which more rows are gone than the limit allows; nil where there is none.
  package var tooManyGone: GoneShare?
  /// The rosters of the course that it was counted against.
  package var course: [BatchID] = []
  /// The courses of which a roster of a label that was never seen names more than half, the nearest first.
  package var kin: [CourseKin] = []
  /// Whether the roster equals its label's latest batch, so that nothing is imported and cancelled rows stay so.
  package var isLatestBatch = false

  /// Makes an empty comparison.
  package init() {}

  /// How many rows name an item in `state`.
  package subscript(state: ItemState) -> Int { existing[state, default: 0] }

  /// How many cancelled rows an import brings back: the roster asks for them again.
  package var backCount: Int { isLatestBatch ? 0 : self[.cancelled] }

  /// How many items a run would submit: new ones, unsent ones, cancelled ones that are back, failed ones but conflicts.
  package var toCreateCount: Int { newCount + self[.ready] + backCount + self[.failed] - conflictCount }

  /// So many changed rows are told; of any more only their number.
  private static let mostChangedRows = 100

  /// - Parameter definition: what the row asks for.
  /// - Returns: whether that is something else than the item's own.
  mutating func count(_ item: ExistingItem, _ row: NewRow, name: String, _ definition: Definition) -> Bool {
    existing[item.state, default: 0] += 1
    if item.isConflict { conflictCount += 1 }
    guard item.definition != definition else { return false }
    changed[item.state, default: 0] += 1
    if item.state == .done, changedRows.count < Self.mostChangedRows {
      let pair = DefinitionPair(made: item.definition.text, wanted: definition.text)
      changedRows.append(ChangedRow(line: row.line, name: name, difference: pair))
    }
    return true
  }

  /// Rows out: items of the label's previous batch at the same base URL that the new batch does not name. Takes the
  /// label, the base URL, the new batch, the id below which the previous batch lies, and whether the new one is a part.
  static let goneSQL = """
    SELECT item_id FROM batch_row WHERE item_id IS NOT NULL AND batch_row.batch_id = (
        SELECT max(id) FROM batch WHERE label = :label AND base_url = :base AND id < :before AND is_partial = 0)
      AND :partial = 0
      AND item_id NOT IN (SELECT item_id FROM batch_row WHERE item_id IS NOT NULL AND batch_row.batch_id = :batch)
      AND item_id NOT IN (
        SELECT named_item_id FROM batch_row WHERE named_item_id IS NOT NULL AND batch_row.batch_id = :batch)
    """
}

/// A course of which another roster names more than half.
package struct CourseKin: Hashable, Sendable {
  /// The course.
  package let course: Course
  /// Its latest whole roster.
  package let batch: BatchID
  /// How many items of that the other roster names.
  package let sharedCount: Int
  /// How many that has.
  package let rowCount: Int
}

/// A row that asks for something else than what was made.
package struct ChangedRow: Hashable, Sendable {
  /// Its line.
  package let line: Int
  /// The item's name.
  package let name: String
  /// What was made, and what it asks for.
  package let difference: DefinitionPair
}

/// A name that would be another person's.
package struct Reassignment: Hashable, Sendable {
  /// The line of the row.
  package let line: Int
  /// The item's name.
  package let name: String
  /// The column that tells.
  package let column: String
  /// Whose it was, and whose it would be.
  package let before: String
  package let now: String
}
