// Sentences about the end of a run: what happened, and what to do.

package import DurableQueue
import Pacing
package import Provisioning

/// The sentences about an end other than "finished".
package struct Closing {
  private let end: RunEnd
  private let batch: BatchID
  private let database: String
  private let processes: [OwnerProcess]
  private let limit: Limit
  private let standstill: Standstill?
  private let options: [String]

  /// Describes an end.
  ///
  /// - Parameters:
  ///   - standstill: why runs have made nothing for so long that a person must look; nil: they have made something.
  ///   - options: the words of the command line that the next command needs too.
  package init(
    end: RunEnd, batch: BatchID, database: String, processes: [OwnerProcess] = [], limit: Limit = .standard,
    standstill: Standstill? = nil, options: [String] = []
  ) {
    (self.end, self.batch, self.database, self.standstill) = (end, batch, database, standstill)
    (self.processes, self.limit, self.options) = (processes, limit, options)
  }

  private var resume: String {
    let words = ["rollcall", "resume", "\(batch.rawValue)", "--db", database] + options
    return "`\(words.map(\.shellQuoted).joined(separator: " "))`"
  }

  /// What happened; nil when the run simply finished.
  package var sentence: String? { sentences.joined(separator: "\n").nilIfEmpty }

  /// What happened, a line each; none when the run simply finished.
  package var sentences: [String] {
    guard case .held(let holds) = end else { return [endSentence, standstillSentence].compactMap(\.self) }
    return holds.map { "Account \($0.account): \($0.text)." } + [standstillSentence].compactMap(\.self)
  }

  private var standstillSentence: String? {
    guard let standstill else { return nil }
    let since = standstill.since.rfc3339()
    return switch standstill.kind {
    case .doubt:
      "The answer of at least one row has been unknown since \(since), and no run could settle it: a person has to look."
    case .nothingMade where standstill.runCount > 1:
      "\(standstill.runCount) runs in a row ended like this since \(since) and made nothing: a person has to look."
    case .nothingMade: "Nothing was made for this cause since \(since): a person has to look."
    }
  }

  private var endSentence: String? {
    switch end {
    case .finished, .held: nil
    case .halted(let outcome): Self.halted(outcome)
    case .paused(let wait, let until):
      "Paused: \(wait?.text ?? ownLimit)\(until.map { "; it may go on at \($0.rfc3339())" } ?? "")."
    case .settling(let until):
      "Paused: what became of the rows whose answer is unknown can be asked for from \(until.rfc3339()) on, when a late "
        + "create would have landed (--settle-delay); that is longer than --max-wait."
    case .undecided:
      "Paused: the service's list did not tell what became of the rows whose answer is unknown."
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

  private var ownLimit: String { "\(limit.text) asks for a longer wait than --max-wait" }

  private static func halted(_ outcome: Outcome) -> String {
    let said = outcome.message.map { " (\($0))" } ?? ""
    if outcome.page != nil {
      return "Stopped: something that is not the service answered in place of an account's list\(said)."
    }
    if let skew = outcome.clockSkew {
      return "Stopped: the service refused the signature\(said), because \(ClockWords.difference(skew))."
    }
    return switch outcome.kind {
    case .denied: "Stopped: the service refused the credentials\(said)."
    case .notOffered: "Stopped: this account's Data Forest does not offer AI workspaces\(said)."
    // A certificate is looked at before there is an answer with a status.
    case .misdirected where outcome.status == nil: "Stopped: the endpoint has not proved to be the service\(said)."
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
    case .halted(let outcome) where outcome.page != nil:
      "\(ForeignWords.remedy) (`rollcall doctor`), then go on with \(resume)."
    case .halted(let outcome) where outcome.clockSkew != nil: "\(ClockWords.remedy), then go on with \(resume)."
    case .halted(let outcome) where outcome.kind == .denied: "Set the right credentials, then go on with \(resume)."
    case .halted(let outcome) where outcome.kind == .misdirected && outcome.status == nil:
      "\(Self.untrustedHint) Then go on with \(resume)."
    case .halted: "Check the endpoint and the service, then go on with \(resume)."
    case .failed(let error): error.hint ?? "Go on with \(resume)."
    case .tooManyFailed: "Look into failed.csv, mend the cause, then go on with \(resume), or `rollcall retry`."
    case .paused(let wait?, _) where wait.reason == .foreign:
      "\(ForeignWords.remedy) (`rollcall doctor`), then go on with \(resume)."
    case .paused(.some, _):
      "Go on with \(resume) then; --ignore-wait tries at once."
    case .undecided:
      "Look at the rows in the service's console (`rollcall show NAME` tells what was tried), then go on with \(resume)."
    case .paused, .settling, .drained, .deadline: "Go on with \(resume)."
    case .duplicates: "Look at them in the console and delete what is too much, then go on with \(resume)."
    case .othersHold: "\(othersHint), then go on with \(resume)."
    }
  }
}

extension Closing {
  /// What to do where the endpoint's TLS certificate is not good.
  package static let untrustedHint =
    "Check the endpoint's host name and this machine's clock (`date`); where a proxy opens TLS, make this machine trust the "
    + "proxy's authority."

  /// That this machine's clock, or the one that wrote into the queue, was wrong.
  package static func clockSentence(_ finding: ClockFinding) -> String {
    "This machine's clock shows \(finding.now.rfc3339()), and the queue has an entry of \(finding.newest.rfc3339()): "
      + "one of the two is wrong. What was to be waited for is waited for anew; see `date`."
  }
}

extension Limit {
  /// What limits: `the limit that was set with --rate, 100/s and 4/day,` or the pace that was learned.
  package var text: String {
    let windows = quota.windows.map(\.description)
    let text = (source == .flag ? [quota.rate.displayText] : []) + windows
    return text.isEmpty
      ? "the pace that was learned, \(Rate.text(perSecond: quota.rate.perSecond)),"
      : "the limit that was set with --rate, \(text.joined(separator: " and ")),"
  }
}

extension AccountHold {
  /// The reason and the service's message.
  package var text: String { "\(reason.displayText)\(message.map { " (\($0))" } ?? "")" }
}

extension KeyWait {
  /// The reason and the service's message, without the end of the wait.
  package var text: String {
    let asked = asked.map { "it asked for \($0.displayText), an hour is waited at most" }
    let said = [message, asked].compactMap(\.self).joined(separator: "; ")
    return "\(reason.displayTextWhileWaiting)\(said.isEmpty ? "" : " (\(said))")"
  }
}

extension String {
  fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
