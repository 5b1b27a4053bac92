// How a verb tells programs and people what it did.

import ArgumentParser

enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

/// What every verb understands; `MachineOutput` reads it from the command line, before that is understood.
struct OutputOptions: ParsableArguments {
  @Flag(
    help: "Print one JSON document on standard output, also when it fails; what people read goes to standard error.")
  var json = false
  @Flag(help: "Do not say what was done; what was asked for, warnings and errors are shown.")
  var quiet = false
  @Option(help: "What standard error is: text, or json for programs, one object a line (or ROLLCALL_LOG_FORMAT).")
  var logFormat = LogFormat.text
}

/// What a verb that runs a batch tells programs.
struct ProgramOptions: ParsableArguments {
  @Flag(help: "Print one JSON document on standard output, the summary, also when it fails.")
  var json = false
  @Option(
    help: """
      What standard error is: text, or json for programs, one object a line, whatever --quiet says (or \
      ROLLCALL_LOG_FORMAT).
      """)
  var logFormat = LogFormat.text
  @Option(
    help: """
      A shell command to run once, however run, resume or retry ended, for a minute at most; it finds the status in \
      ROLLCALL_EXIT_STATUS, why in ROLLCALL_REASON (a word) and ROLLCALL_MESSAGE (a sentence), and the summary's path in \
      ROLLCALL_SUMMARY, which is empty when none was written.
      """)
  var onFinish: String?
}
