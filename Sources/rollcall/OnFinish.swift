// What a person wants to be done when a run has ended: a webhook, a mail, a line in a chat. Knows nothing of them: it runs
// a command of the shell and tells it where the summary is.

import BulkImport
import Foundation
import Synchronization

/// The command of --on-finish, which is run once, whoever comes first: the end, or a signal.
final class OnFinish: Sendable {
  private let command: String?
  private let context: Context
  private let isOver = Mutex(false)

  /// Makes it ready; nil: there is no command to run.
  init(_ command: String?, in context: Context) {
    self.command = command
    self.context = context
  }

  /// Runs the command, unless it was run, and waits for it; that it failed is said and changes nothing. A second caller
  /// waits too.
  ///
  /// - Parameter ending: how the run ended, handed over as `ROLLCALL_EXIT_STATUS`, `ROLLCALL_REASON`, `ROLLCALL_MESSAGE` and,
  ///   empty when no summary was written, `ROLLCALL_SUMMARY`.
  func run(_ ending: Ending) {
    guard let command else { return }
    isOver.withLock { isOver in
      if !isOver { Self.run(command, ending, in: context) }
      isOver = true
    }
  }

  private static func run(_ command: String, _ ending: Ending, in context: Context) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = URL(fileURLWithPath: context.folder)
    // Whoever is told must not be handed the keys.
    var environment = context.environment.filter { !$0.key.hasPrefix("NCLOUD_") }
    environment["ROLLCALL_EXIT_STATUS"] = String(ending.status.rawValue)
    environment["ROLLCALL_REASON"] = ending.reason.rawValue
    environment["ROLLCALL_MESSAGE"] = line(ending.message)
    environment["ROLLCALL_SUMMARY"] = ending.summary ?? ""
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    // Standard output is for data of ours.
    process.standardOutput = FileHandle.standardError
    do {
      try process.run()
      process.waitUntilExit()
      if process.terminationStatus != 0 {
        context.tell("warning: the --on-finish command ended with status \(process.terminationStatus).")
      }
    } catch {
      context.tell("warning: the --on-finish command could not be run: \(error.localizedDescription)")
    }
  }
  /// A text as one line that a variable can hold, without what would act on a terminal.
  private static func line(_ text: String) -> String {
    String(text.prefix(1_000)).split(whereSeparator: \.isNewline).map { String($0).escaped }.joined(separator: " ")
  }
}
