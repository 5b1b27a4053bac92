// What a person wants to be done when a run has ended (a webhook, a mail): a command of the shell that knows how.

import Foundation
import Pacing
import Provisioning
import Synchronization

/// The command of --on-finish, which is run once, whoever comes first: the end, or a signal.
final class OnFinish: Sendable {
  /// So long it may take; then it is asked to end.
  static let limit = Duration.seconds(60)
  /// So long it may take to end when it was asked to; then it is ended.
  static let grace = Duration.seconds(5)

  /// The command that is running in this process.
  private static let running = Mutex<ShellCommand?>(nil)

  private let command: String?
  private let context: Context
  /// The end that was told first.
  private let told = Mutex<Ending?>(nil)

  init(_ command: String?, in context: Context) {
    self.command = command
    self.context = context
  }

  static var isRunning: Bool { running.withLock { $0 != nil } }

  /// Ends the command that is running, for who leaves at once: nobody is left who could wait for it.
  static func end() { running.withLock { $0 }?.send(SIGKILL) }

  /// Runs the command, unless it was run, and waits for it; that it failed is said and changes nothing. A second caller
  /// waits too.
  ///
  /// - Returns: the end that the first caller has told.
  @discardableResult
  func run(_ ending: Ending) -> Ending {
    told.withLock { told in
      if let told { return told }
      if let command { run(command, ending) }
      told = ending
      return ending
    }
  }

  private func run(_ command: String, _ ending: Ending) {
    var environment = context.environment
    environment["ROLLCALL_EXIT_STATUS"] = String(ending.status.rawValue)
    environment["ROLLCALL_REASON"] = ending.reason.rawValue
    environment["ROLLCALL_MESSAGE"] = Self.line(ending.message)
    environment["ROLLCALL_SUMMARY"] = ending.summary ?? ""
    let process: ShellCommand
    // A program that reads objects gets what the command prints as objects too, when it has ended.
    let output = context.machine.logsObjects ? CommandOutput() : nil
    do {
      process = try ShellCommand(
        command, in: context.folder, environment: environment, output: output?.descriptor ?? STDERR_FILENO)
    } catch {
      context.tell("warning: the --on-finish command could not be run: \(String(cString: strerror(error.code)))")
      return
    }
    Self.running.withLock { $0 = process }
    let (end, isTooLong) = wait(for: process)
    Self.running.withLock { $0 = nil }
    output?.tell(in: context)
    switch end {
    case _ where isTooLong:
      context.tell("warning: the --on-finish command was ended, because it took longer than \(Self.limit.displayText).")
    case .status(0): break
    case .status(let status): context.tell("warning: the --on-finish command ended with status \(status).")
    case .signal(let number): context.tell("warning: the --on-finish command was ended by signal \(number).")
    }
  }

  /// Waits for its end, which is brought about when it takes too long.
  private func wait(for process: ShellCommand) -> (ShellCommand.End, isTooLong: Bool) {
    let state = Mutex<(isTooLong: Bool, alarm: (any Alarm)?)>((false, nil))
    let time = context.time
    let limit = time.alarm(at: time.now() + Self.limit) {
      state.withLock { $0.isTooLong = true }
      process.send(SIGTERM)
      let last = time.alarm(at: time.now() + Self.grace) { process.send(SIGKILL) }
      state.withLock { $0.alarm = last }
    }
    let end = process.wait()
    limit.cancel()
    return state.withLock { state in
      state.alarm?.cancel()
      return (end, state.isTooLong)
    }
  }

  /// A text as one line that a variable can hold, without what would act on a terminal.
  private static func line(_ text: String) -> String {
    String(text.prefix(1_000)).split(whereSeparator: \.isNewline).map { String($0).visibleLine }.joined(separator: " ")
  }
}
