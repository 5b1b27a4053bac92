// What an error means for the person and for programs: a sentence, what to do, the exit status, and a word that stays.

import ArgumentParser
import BulkImport
import DurableQueue
import Files
import Reporter
import Sandbox
import Words

/// An error that ends the command.
struct Failure {
  /// One sentence.
  let message: String
  /// What to do about it; nil when the sentence says it all.
  let hint: String?
  /// Further lines below it.
  let more: [String]
  let status: ExitStatus
  /// Why, for programs.
  let reason: EndReason

  init(
    _ message: String, _ hint: String?, more: [String] = [], _ status: ExitStatus, _ reason: EndReason
  ) {
    (self.message, self.hint, self.more, self.status, self.reason) = (message, hint, more, status, reason)
  }

  /// What an error of the command or of a library means; nil for what the parser of the command line throws.
  init?(_ error: any Error) {
    switch error {
    case let problem as CommandError:
      self.init(problem.message, problem.hint, more: problem.more, problem.status, problem.reason)
    case let error as QueueError:
      let isBusy = error.code == .busy
      self.init(error.description, error.hint, isBusy ? .paused : .toolFailed, isBusy ? .busy : .queue)
    case let error as ReportError:
      self.init(error.sentence, error.hint, error.isFolderTaken ? .usage : .toolFailed, .report)
    case let error as RosterError:
      let reason: EndReason = error.status == .rosterIssues ? .rosterIssues : error.status == .usage ? .usage : .failed
      self.init(error.description, error.hint, error.status, reason)
    case let error as SandboxError: self.init(error.description, nil, .toolFailed, .failed)
    default: return nil
    }
  }

  /// Prints it.
  func tell(in context: Context) {
    context.tell("Error: \(message)")
    if let hint { context.tell(lines: ["Hint: \(hint)"] + more) }
  }
}
