// What a person does about rows that have no workspace. Commands stand between backticks.

package import Provisioning

/// The words of a group of rows.
package enum Advice {
  /// What is wrong with them, in lower case, by state and reason as the files write them (`invalid` for rows that were not
  /// accepted).
  package static func title(state: String, reason key: String) -> String {
    if state == "invalid" { return "the row was not accepted when the roster was read" }
    let reason = Reason(rawValue: key)
    return switch (ItemState(rawValue: state), reason) {
    case (.failed, .foreign): "something else answered in the service’s place"
    case (.failed, .unknown): "no usable answer, as often as it was tried"
    case (.inDoubt, .refused): "refused by the service after an attempt without an answer, will check"
    default: reason?.displayText ?? key
    }
  }

  /// Why a row is as it is, to stand alone in a table.
  package static func why(_ state: ItemState, _ reason: Reason) -> String {
    switch state {
    case .done where reason == .cancelled: "cancelled, but made"
    case .ready, .leased, .inDoubt: reason.displayText
    case .done, .failed, .cancelled: reason.displayTextOnceKnown
    }
  }

  /// What to do about them; nil when there is nothing.
  package static func text(state: String, reason key: String, of batch: BatchID) -> String? {
    switch ItemState(rawValue: state) {
    case nil: "Mend these rows in the roster and run it again; `failed.csv` holds each with its issue."
    case .failed: Reason(rawValue: key).map { failed($0, batch.rawValue) }
    case .inDoubt, .leased:
      "They may have been made. `rollcall resume \(batch.rawValue)` asks the service’s list before anything is sent again."
    case .ready: Reason(rawValue: key).map { waiting($0, "`rollcall resume \(batch.rawValue)`") }
    case .cancelled: cancelled(Reason(rawValue: key), batch.rawValue)
    case .done: nil
    }
  }

  private static func failed(_ reason: Reason, _ batch: Int64) -> String {
    switch reason {
    case .conflict:
      "Look at each in the service’s console. If it is meant for this row, "
        + "`rollcall adopt --batch \(batch) NAME` takes it over; if it is somebody else’s, "
        + "give the row another name and run the roster again."
    case .refused:
      "The message says what the service did not like. Mend the row or the template and run the roster again."
    case .unknown:
      "The service’s list does not show them. `rollcall retry \(batch) --reason unknown` tries them again "
        + "when the service is well."
    case .foreign:
      "Something between here and the service, such as a firewall or a proxy, answers these rows; the message says what. "
        + "Write what it may not like in another way, or ask who runs it; "
        + "`rollcall retry \(batch) --reason foreign` tries them again."
    default: "`rollcall retry \(batch) --reason \(reason.rawValue)` tries them again."
    }
  }

  private static func waiting(_ reason: Reason, _ resume: String) -> String {
    switch reason {
    case .quota: "Delete what is not needed or ask for a larger quota; then \(resume) goes on."
    case .accountRefused:
      "See whether the account’s id in the roster is right and the key may use it (`rollcall doctor`); then \(resume) goes on."
    case .denied: "Set the right keys (`rollcall doctor` tells whether they are); then \(resume) goes on."
    case .notOffered: "`rollcall doctor` tells what this account is offered; \(resume) goes on when that has changed."
    case .misdirected: "See whether the endpoint is the service’s own (`rollcall doctor`); then \(resume) goes on."
    case .unreachable: "See whether the service can be reached from here (`rollcall doctor`); then \(resume) goes on."
    default: "A run sends them when the wait is over; if none is under way, \(resume) does."
    }
  }

  private static func cancelled(_ reason: Reason?, _ batch: Int64) -> String {
    reason == .gone
      ? "They left the roster before they were sent. In the roster again, they are sent with the next run."
      : "`rollcall retry \(batch) --reason cancelled` brings them back, if that was not meant."
  }
}
