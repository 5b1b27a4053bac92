// What a person is told when a run has ended: what happened, and what to do.

package import DurableQueue
import Pacing
package import Provisioning

/// What is said about an end that is not simply "finished".
package struct Closing {
  private let end: RunEnd
  private let batch: BatchID
  private let database: String
  private let processes: [OwnerProcess]

  /// Describes an end.
  ///
  /// - Parameters:
  ///   - database: the queue's file.
  ///   - processes: who may hold items.
  package init(end: RunEnd, batch: BatchID, database: String, processes: [OwnerProcess] = []) {
    self.end = end
    self.batch = batch
    self.database = database
    self.processes = processes
  }

  private var resume: String { "`rollcall resume \(batch.rawValue) --db \(database)`" }

  /// What happened; nil when the run simply finished.
  package var sentence: String? {
    switch end {
    case .finished: nil
    case .held(let holds):
      holds.map { "Account \($0.account): \($0.reason.forPeople)\($0.message.map { " (\($0))" } ?? "")." }
        .joined(separator: "\n")
    case .halted(let outcome): Self.halted(outcome)
    case .paused(let reason, let message, let until):
      "Paused: \(reason?.forPeopleWhoWait ?? "the rate that was set asks for a longer wait than --max-wait")"
        + "\(message.map { " (\($0))" } ?? "")\(until.map { "; it may go on at \($0.rfc3339())" } ?? "")."
    case .tooManyFailed(let count):
      "Stopped: \(count == 1 ? "1 row has" : "\(count) rows have") failed, as many as --halt-after allows."
    case .deadline(let instant): "Stopped at the deadline, \(instant.rfc3339()); everything that was answered is kept."
    case .othersHold: "What is left is held by another rollcall process that does not go on."
    case .duplicates(let names):
      "Stopped: the service's list shows more than one workspace of the same name: \(names.joined(separator: ", "))."
    case .drained: "Stopped as asked; everything that was answered is kept."
    case .failed(let error): "Error: \(error.description)"
    }
  }

  private static func halted(_ outcome: Outcome) -> String {
    let said = outcome.message.map { " (\($0))" } ?? ""
    return switch outcome.kind {
    case .denied: "Stopped: the service refused the credentials\(said)."
    case .notOffered: "Stopped: this account's Data Forest does not offer AI workspaces\(said)."
    case .misdirected: "Stopped: the endpoint answered with a redirect\(said); it is not the service."
    default: "Stopped: \(outcome.kind.rawValue)\(said)."
    }
  }

  private var othersHint: String {
    let stopped = processes.filter(\.isStopped).map { "`kill -CONT \($0.process)` or `kill \($0.process)`" }
    return stopped.isEmpty
      ? "Look for a rollcall process that hangs (`ps`) and end it"
      : "Continue or end it: \(stopped.joined(separator: ", "))"
  }

  /// What to do; nil when there is nothing.
  package var hint: String? {
    switch end {
    case .finished: nil
    case .held: "Mend the account's quota or id, then go on with \(resume)."
    case .halted(let outcome) where outcome.kind == .denied: "Set the right credentials, then go on with \(resume)."
    case .halted: "Check the endpoint and the service, then go on with \(resume)."
    case .failed(let error): error.hint ?? "Go on with \(resume)."
    case .tooManyFailed: "Look into failed.csv, mend the cause, then go on with \(resume), or `rollcall retry`."
    case .paused, .drained, .deadline: "Go on with \(resume)."
    case .duplicates: "Look at them in the console and delete what is too much, then go on with \(resume)."
    case .othersHold: "\(othersHint), then go on with \(resume)."
    }
  }
}
