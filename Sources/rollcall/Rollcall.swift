// The command. Its verbs have a file each; this is the only module that prints, reads the environment or exits.

import ArgumentParser
import Foundation
import Pacing
import Provisioning

struct Rollcall: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollcall",
    abstract: "Makes an AI workspace for every row of a roster, once each, at the pace the service allows.",
    discussion: """
      run = check the roster, import what is new, try failed rows again, submit, report; safe to repeat.
      resume = finish what is unfinished, without the roster. retry = try failed rows again, then resume.

      Exit status: 0 all rows done · 1 the tool failed · 2 usage · 3 finished, some rows failed, invalid or cancelled
      · 4 paused, run it again later · 5 the roster has issues, nothing was queued · 6 a person is needed.
      """,
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(
        name: "Everyday",
        subcommands: [
          CheckVerb.self, RunVerb.self, StatusVerb.self, WaitVerb.self, ListVerb.self, ReportVerb.self,
        ]),
      CommandGroup(
        name: "Put right",
        subcommands: [
          ShowVerb.self, RowsVerb.self, RunsVerb.self, ResumeVerb.self, RetryVerb.self, CancelVerb.self, AdoptVerb.self,
        ]),
      CommandGroup(
        name: "Upkeep",
        subcommands: [
          ImportVerb.self, TemplateVerb.self, ForgetVerb.self, DoctorVerb.self, ConfigVerb.self, SandboxVerb.self,
        ]),
    ])

  /// Runs the command with its arguments and returns its exit status. Nothing is thrown: every error was printed.
  static func run(_ arguments: [String], in context: Context) async -> Int32 {
    var context = context
    context.arguments = arguments
    let settings = Result { [context] in try Settings(arguments, in: context) }
    if case .success(let settings) = settings { context.settings = settings }
    context.machine = MachineOutput(arguments, logFormat: context.setting(.logFormat)?.text)
    return await Context.$current.withValue(context) { [context] in
      let ending: Ending
      do {
        var command = try parseAsRoot(arguments)
        if Suggestion.verbs.contains(type(of: command).configuration.commandName ?? "") { _ = try settings.get() }
        if var command = command as? any AsyncParsableCommand {
          try await command.run()
        } else {
          try command.run()
        }
        ending = .done
      } catch {
        // What is configured may be why the command line was refused; help is given all the same.
        var error = error
        if case .failure(let cause) = settings, exitCode(for: error) != .success { error = cause }
        ending = report(error, in: context)
      }
      return context.finish(ending).status.rawValue
    }
  }

  /// Prints an error the way its kind asks for.
  private static func report(_ error: any Error, in context: Context) -> Ending {
    if let exit = error as? Exit { return exit.ending }
    guard let failure = CommandError(error) else { return reportUsage(error, in: context) }
    failure.tell(in: context)
    return Ending(failure)
  }

  /// Help and version are wanted output; everything else that the parser throws is a usage error.
  static func reportUsage(_ error: any Error, in context: Context) -> Ending {
    let status: ExitStatus
    switch exitCode(for: error) {
    case .success:
      context.show(text: fullMessage(for: error))
      return .done
    case .validationFailure: status = .usage
    default: status = .toolFailed
    }
    if status == .usage, let failure = Suggestion.unknownVerb(context.arguments) {
      failure.tell(in: context)
      return Ending(failure)
    }
    let hint = status == .usage ? Suggestion.help(for: context.arguments) : nil
    let ending = Ending(status: status, reason: EndReason(status), message: message(for: error), hint: hint)
    if context.machine.logsObjects {
      context.tell(ending.message, as: .error, ending.members)
    } else if status == .usage {
      context.tell(text: Self.writingOut(context.arguments, in: fullMessage(for: error)))
    } else {
      context.tell(fullMessage(for: error))
    }
    return ending
  }

  /// A text of several lines that repeats arguments, in which no newline of theirs makes a line.
  private static func writingOut(_ arguments: [String], in text: String) -> String {
    let values = arguments.compactMap { $0.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init) }
    let steering = (arguments + values).filter { $0 != $0.visibleLine }.sorted { $0.utf8.count > $1.utf8.count }
    return steering.reduce(text) { $0.replacingOccurrences(of: $1, with: $1.visibleLine, options: .literal) }
  }
}

/// The command ends with a status other than 0, and everything was printed.
struct Exit: Error {
  let ending: Ending

  init(_ ending: Ending) { self.ending = ending }
}

/// The process's entry. Not in a file called main.swift, or async verbs silently print help; and not async itself, because
/// that would start the runtime's threads before their files are counted.
@main
enum Main {
  static func main() {
    ProcessSecrets.keep()
    // A closed pipe or terminal must not end a run; what is written to it is lost, the queue is not.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
    // Ends at once, as people mean it; the runtime's report of a crash would ask questions.
    signal(SIGQUIT, SIG_DFL)
    if let shortage = DescriptorCheck.shortage() { end(shortage) }
    guard Context.currentFolder != nil else {
      // Foundation traps where it looks for it.
      end(
        CommandError(
          "The current folder is not there any more.", hint: "Go to one that is (`cd`), then run it again.", .usage))
    }
    Task {
      let status = await Rollcall.run(Array(CommandLine.arguments.dropFirst()), in: .process)
      exit(status)
    }
    dispatchMain()
  }

  /// Ends before anything has begun. Written by the system's own call: nothing else may work yet.
  private static func end(_ failure: CommandError) -> Never {
    let machine = MachineOutput(
      Array(CommandLine.arguments.dropFirst()),
      logFormat: ProcessInfo.processInfo.environment[SettingKey.logFormat.variable])
    let (output, errorOutput) = machine.lastWords(failure, at: SystemTimeSource().now())
    put(output, STDOUT_FILENO)
    put(errorOutput, STDERR_FILENO)
    exit(failure.status.rawValue)
  }

  private static func put(_ text: String, _ descriptor: Int32) {
    _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}
