// Words about single rows: why one is as it is, and where the others stand.

package import Provisioning

/// Words about rows of a batch.
package enum RowWords {
  /// What a row is called that has no name.
  package static func line(_ line: Int) -> String { "line \(line)" }

  /// Why a row is as it is, with what was said about it; empty where there is nothing to say.
  ///
  /// - Parameters:
  ///   - issue: why it was not accepted; nil when it was.
  ///   - item: what became of it; nil when it was not accepted.
  package static func why(_ issue: String?, _ item: (state: ItemState, reason: Reason?, message: String?)?) -> String {
    guard let item else { return "\(StateWords.invalid): \(issue ?? "")" }
    guard let reason = item.reason else { return item.state == .done ? "" : item.state.displayName }
    let why = Advice.why(item.state, reason)
    return item.message.flatMap { $0 == why ? nil : "\(why): \($0)" } ?? why
  }

  /// That there are more, and the command that lists them.
  ///
  /// - Parameters:
  ///   - states: as the files write them.
  ///   - options: the words of the command line that a command about the same queue needs too.
  package static func more(_ count: Int, of batch: BatchID, states: [String], options: [String]) -> String {
    let words = ["rollcall", "rows", "\(batch.rawValue)"] + states.flatMap { ["--state", $0] } + options
    return "… and \(count) more: `\(words.map(\.shellQuoted).joined(separator: " "))`"
  }
}
