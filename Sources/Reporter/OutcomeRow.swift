// A row as the files tell of it: what became of it, and in which fields it was made otherwise than it asks for.

import DurableQueue
import Provisioning

@dynamicMemberLookup
struct OutcomeRow {
  private let row: ReportRow
  /// In the order of the schema; none unless the row is done.
  let differences: [FieldDifference]

  /// - Parameter schema: what the fields are called; nil: the definition is one.
  init(_ row: ReportRow, _ schema: Schema?) {
    self.row = row
    differences =
      row.item?.difference.map { pair in
        schema?.differences(made: pair.made, wanted: pair.wanted)
          ?? [FieldDifference("definition", made: pair.made, wanted: pair.wanted)]
      } ?? []
  }

  subscript<Value>(dynamicMember member: KeyPath<ReportRow, Value>) -> Value { row[keyPath: member] }
}
