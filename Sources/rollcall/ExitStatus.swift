// How the command ends, for shells and timers.

import ArgumentParser
import WorkerPool

/// The exit statuses; when several apply, 2 comes first, then the first of 1, 6, 5, 4, 3.
enum ExitStatus: Int32 {
  /// All rows are done.
  case done = 0
  /// The tool failed.
  case toolFailed = 1
  /// The command was used wrongly.
  case usage = 2
  /// Finished, but some rows failed, are invalid or cancelled.
  case someFailed = 3
  /// Paused; running it again later is right.
  case paused = 4
  /// The roster has issues or no rows; nothing was queued.
  case rosterIssues = 5
  /// A person is needed.
  case personNeeded = 6
}

/// A problem that ends the command: one sentence, what to do about it, and the exit status.
struct CommandError: Error {
  let message: String
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
    self.message = message
    self.hint = hint
    self.more = more
    self.status = status
    self.reason = reason ?? EndReason(status)
  }
}
