// The column of what a person is to do first with what was made, where the template has a text for it.

import BulkImport
import DurableQueue
import Provisioning

/// The cells of that column; there is none without a text.
struct FirstStepsColumn {
  private let firstSteps: FirstSteps?
  /// The place of each header.
  private let places: [String: Int]

  init(of batch: Batch) {
    // One that is damaged is none.
    firstSteps = batch.firstSteps.flatMap(FirstSteps.init(stored:))
    places = Dictionary(zip(batch.columns, batch.columns.indices)) { first, _ in first }
  }

  /// Its header.
  var headers: [String] { firstSteps == nil ? [] : [OutcomeFiles.firstStepsColumn] }

  /// Its cell of a row; empty where nothing was made.
  func cells(of row: OutcomeRow) -> [String] {
    guard let firstSteps else { return [] }
    guard let item = row.item, item.state == .done else { return [""] }
    let made = [
      "rollcall_name": item.name, "rollcall_id": item.remoteID ?? "", "rollcall_account": item.account,
    ]
    return [firstSteps.expanded { header in places[header].map { row.cells[$0] } ?? made[header] ?? "" }]
  }
}
