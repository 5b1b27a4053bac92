// What a person wants to be done when a run has ended: a webhook, a mail, a line in a chat. Knows nothing of them: it runs
// a command of the shell and tells it where the summary is.

import Foundation

enum OnFinish {
  /// Runs a command of the shell and waits for it; that it failed is said and changes nothing.
  ///
  /// - Parameters:
  ///   - summary: the path of `summary.json`, handed over as `ROLLCALL_SUMMARY`.
  ///   - status: how the run ended, handed over as `ROLLCALL_EXIT_STATUS`.
  static func run(_ command: String, summary: String, status: ExitStatus, in context: Context) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = URL(fileURLWithPath: context.folder)
    // Whoever is told must not be handed the keys.
    var environment = context.environment.filter { !$0.key.hasPrefix("NCLOUD_") }
    environment["ROLLCALL_SUMMARY"] = summary
    environment["ROLLCALL_EXIT_STATUS"] = String(status.rawValue)
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
}
