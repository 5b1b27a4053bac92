// What ends the command, for the person and for programs: a sentence, what to do, the exit status, and a word that stays.

import BulkImport
import DurableQueue
import Reporter
import Sandbox
import Words

/// A problem that ends the command.
struct CommandError: Error {
  /// One sentence.
  let message: String
  /// What to do about it; nil when the sentence says it all.
  let hint: String?
  /// Further lines below the hint.
  let more: [String]
  let status: ExitStatus
  /// Why, for programs.
  let reason: EndReason

  /// - Parameter reason: that of the status unless given.
  init(
    _ message: String, hint: String? = nil, more: [String] = [], _ status: ExitStatus, reason: EndReason? = nil
  ) {
    (self.message, self.hint, self.more, self.status) = (message, hint, more, status)
    self.reason = reason ?? EndReason(status)
  }

  /// What an error of the command or of a library means; nil for what the parser of the command line throws.
  init?(_ error: any Error) {
    switch error {
    case let error as CommandError: self = error
    case let error as QueueError where error.code == .busy:
      self.init(error.description, hint: error.hint, .paused, reason: .busy)
    case let error as QueueError: self.init(error.description, hint: error.hint, .toolFailed, reason: .queue)
    case let error as ReportError:
      self.init(error.sentence, hint: error.hint, error.isFolderTaken ? .usage : .toolFailed, reason: .report)
    case let error as RosterError where error.code == .changed:
      self.init(error.description, hint: error.hint, .personNeeded, reason: .rosterChanged)
    case let error as RosterError: self.init(error.description, hint: error.hint, error.status)
    case let error as SandboxError: self.init(error.description, .toolFailed)
    default: return nil
    }
  }

  /// The hint with the lines below it.
  var wholeHint: String? { hint.map { ([$0] + more).joined(separator: "\n") } }

  func tell(in context: Context) {
    guard !context.machine.logsObjects else { return context.tell(message, as: .error, Ending(self).members) }
    // Who says no gets what was asked for.
    context.tell(reason == .declined ? message : "Error: \(message)")
    if let hint { context.tell(lines: ["Hint: \(hint)"] + more) }
  }
}
