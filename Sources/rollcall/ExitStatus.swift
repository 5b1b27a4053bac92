// How the command ends, for shells and timers.

/// The exit statuses; when several apply, 2 comes first, then the first of 1, 6, 5, 4, 3.
enum ExitStatus: Int32 {
  /// All rows are done.
  case done = 0
  /// The tool failed.
  case toolFailed = 1
  /// The command was used wrongly.
  case usage = 2
  /// Finished, but some rows failed, are invalid or cancelled, or were made otherwise than the roster asks for.
  case someFailed = 3
  /// Paused; running it again later is right.
  case paused = 4
  /// The roster has issues or no rows; nothing was queued.
  case rosterIssues = 5
  /// A person is needed.
  case personNeeded = 6
}
