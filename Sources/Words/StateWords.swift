// What people call the states of rows, and the report page's own words about them.

import Pacing
package import Provisioning

extension ItemState {
  /// What people call it.
  package var displayName: String {
    switch self {
    case .done: "done"
    case .failed: "failed"
    case .inDoubt: "answer unknown"
    case .leased: "being sent"
    case .ready: "not sent"
    case .cancelled: "cancelled"
    }
  }
}

/// Words about states.
package enum StateWords {
  /// What people call rows that were not accepted; the files write it so too.
  package static let invalid = "invalid"

  /// The name of each state, and of invalid rows, by what the files write.
  package static let byState = Dictionary(
    uniqueKeysWithValues: ItemState.allCases.map { ($0.rawValue, $0.displayName) } + [(invalid, invalid)])
}

/// The words of the report's page that tell of what the service makes.
package enum PageWords {
  /// What stands above the reasons.
  package static let reasonsTitle = "Without a workspace, by reason"

  /// What of the time that a batch took was waiting.
  package static func waited(_ waiting: Duration, workCount: Int) -> String {
    "\(waiting.displayText) of it waiting between \(workCount) times at work"
  }

  /// How far the batch is, in a sentence or two, by counts of what the files write as states, `invalid` among them.
  ///
  /// - Parameter changedCount: rows that were made otherwise than the roster asks for; they are done, too.
  package static func headline(rowCount: Int, counts: [String: Int], changedCount: Int = 0) -> String {
    func count(_ state: ItemState) -> Int { counts[state.rawValue] ?? 0 }
    guard rowCount > 0 else { return "The roster has no rows." }
    let done = count(.done)
    let isUnfinished = count(.ready) + count(.leased) + count(.inDoubt) > 0
    let have =
      switch done {
      case rowCount: rowCount == 1 ? "The one row has a workspace." : "All \(rowCount.grouped) have a workspace."
      case 0: "None of \(rowCount.grouped) has a workspace\(isUnfinished ? " yet" : "")."
      default:
        "\(done.grouped) of \(rowCount.grouped) \(done == 1 ? "has" : "have") a workspace\(isUnfinished ? " so far" : "")."
      }
    let others: [(count: Int, one: String, many: String)] = [
      (count(.failed), "failed", "failed"), (counts[StateWords.invalid] ?? 0, "row is invalid", "rows are invalid"),
      (count(.inDoubt), "has no known answer", "have no known answer"),
      (count(.leased), "is being sent", "are being sent"), (count(.ready), "is not sent", "are not sent"),
      (count(.cancelled), "was cancelled", "were cancelled"),
    ]
    let changed =
      changedCount == 0
      ? nil : "\(changedCount.grouped) \(changedCount == 1 ? "differs" : "differ") from what the roster asks for"
    let rest = others.filter { $0.count > 0 }.map { "\($0.count.grouped) \($0.count == 1 ? $0.one : $0.many)" }
    return ([have] + [changed, rest.isEmpty ? nil : rest.joined(separator: ", ")].compactMap(\.self).map { "\($0)." })
      .joined(separator: " ")
  }
}

extension Int {
  /// With a comma between thousands.
  fileprivate var grouped: String {
    let digits = String(self)
    return String(
      digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index).isMultiple(of: 3) ? [",", digit] : [digit]
      })
  }
}
