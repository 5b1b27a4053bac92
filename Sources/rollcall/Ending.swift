// How `run`, `resume` and `retry` end: every end goes through here, so that it is reported once, whatever it was.

import ArgumentParser
import DurableQueue
import Pacing
import Provisioning

/// Why a run ended, as one word for programs; words stay, new ones may come.
enum EndReason: String, CaseIterable {
  case done, deadline, declined, usage
  /// It was only asked for the plan.
  case planned
  /// Finished, but some rows failed, are invalid or cancelled.
  case someFailed = "some_failed"
  /// All rows are done, but some were made otherwise than the roster asks for.
  case changed
  /// The roster has issues or no rows.
  case rosterIssues = "roster_issues"
  /// More would be created than `--max-new` allows.
  case maxNew = "max_new"
  /// More would leave the course than `--max-gone` allows.
  case maxGone = "max_gone"
  /// The roster may be a known course's whose file was renamed.
  case rosterRenamed = "roster_renamed"
  /// Somebody writes to the roster.
  case rosterChanged = "roster_changed"
  /// A person is needed for something else.
  case personNeeded = "person_needed"
  /// The credentials are missing or malformed.
  case credentials
  /// The wait is too long.
  case waiting
  /// Other processes hold what is left.
  case othersHold = "others_hold"
  /// Somebody asked to stop.
  case stopped
  /// The queue is locked by another process.
  case busy
  /// An account may not be sent to.
  case held
  /// As the service's answers are called that halt a run; every other one is `halted`.
  case denied, notOffered, misdirected, halted
  /// The service refused the signature, because the clocks differ.
  case clock
  /// Something else answers in the service's place.
  case foreign
  /// The service's list shows a name more than once.
  case duplicates
  /// As many rows have failed as `--halt-after` allows.
  case tooManyFailed = "too_many_failed"
  /// A pause that a person has to look at: it has lasted for three runs or a day.
  case standstill
  /// Rows are unfinished, and nobody has said more of them.
  case unfinished
  /// It was not waited for longer.
  case timedOut = "timed_out"
  /// The service's list does not tell what became of the rows whose answer is unknown.
  case undecided
  /// What failed: the queue, the report, or the tool otherwise.
  case queue, report, failed

  /// The word of a status, where nothing closer is known.
  init(_ status: ExitStatus) {
    self =
      switch status {
      case .done: .done
      case .toolFailed: .failed
      case .usage: .usage
      case .someFailed: .someFailed
      case .paused: .waiting
      case .rosterIssues: .rosterIssues
      case .personNeeded: .personNeeded
      }
  }

  /// The word of a run's end, and of the status that it ends with.
  init(_ end: RunEnd, _ status: ExitStatus) {
    self =
      switch (end, status) {
      case (.paused, .personNeeded), (.settling, .personNeeded), (.undecided, .personNeeded),
        (.othersHold, .personNeeded), (.deadline, .personNeeded):
        .standstill
      case (.finished, _): EndReason(status)
      case (.held, _): .held
      case (.halted(let outcome), _): EndReason(outcome)
      case (.paused(let wait?, _), _) where wait.reason == .foreign: .foreign
      case (.paused, _), (.settling, _): .waiting
      case (.undecided, _): .undecided
      case (.tooManyFailed, _): .tooManyFailed
      case (.deadline, _): .deadline
      case (.othersHold, _): .othersHold
      case (.duplicates, _): .duplicates
      case (.drained, _): .stopped
      case (.failed(let error), _): error.code == .busy ? .busy : .queue
      }
  }

  private init(_ outcome: Outcome) {
    self =
      switch outcome.kind {
      case _ where outcome.page != nil: .foreign
      case _ where outcome.clockSkew != nil: .clock
      case .denied: .denied
      case .notOffered: .notOffered
      case .misdirected: .misdirected
      default: .halted
      }
  }
}

/// How an invocation ended.
struct Ending {
  let status: ExitStatus
  let reason: EndReason
  /// One sentence.
  let message: String
  /// What to do; nil when there is nothing.
  var hint: String?
  /// The path of the summary, if it has written one.
  var summary: String?
  /// The signal that it was stopped by.
  var signal: Int32?

  /// All went well.
  static let done = Ending(status: .done, reason: .done, message: "Done.")
  /// It was only asked for the plan.
  static let planned = Ending(
    status: .done, reason: .planned, message: "Only the plan was shown; nothing was imported or sent.")
}

extension ReportOptions {
  /// Runs what the options are for, prints the error that it ends with, runs the command of --on-finish, once, and throws
  /// `Exit` unless the status is 0.
  func ending(
    of queue: QueueOptions, verb: String, in context: Context, _ body: (RunNote) async throws -> Ending
  ) async throws {
    let note = RunNote(verb: verb, at: context.time.now())
    let hook = OnFinish(onFinish, in: context)
    // Until the run drains by itself, a signal ends the command at once; that is an end like any other.
    let signals =
      context.handlesSignals && onFinish != nil
      ? SignalDrain { name in
        if OnFinish.isRunning {
          let text = "Stopping when the --on-finish command has ended, in \(OnFinish.limit.displayText) at most. "
          context.tell(lines: ["", text + "Once more leaves at once. (\(name))"], as: .signal)
        }
        let ending = Ending(
          status: .paused, reason: .stopped, message: "Stopped by \(name) before anything was sent.")
        context.finish(hook.run(ending))
        if let signal = SignalDrain.received { SignalDrain.raiseAgain(signal) }
      } : nil
    var ending = Self.counted(await Self.caught(in: context) { try await body(note) }, queue, in: context)
    note.end(ending, of: queue, in: context)
    ending = context.finish(hook.run(ending))
    let signal = ending.signal ?? (signals == nil ? nil : SignalDrain.received)
    signals?.stop()
    if let signal { SignalDrain.raiseAgain(signal) }
    guard ending.status == .done else { throw Exit(ending) }
  }

  /// Counts how often in a row the queue was locked; the third time, or after a day, a person is needed.
  private static func counted(_ ending: Ending, _ queue: QueueOptions, in context: Context) -> Ending {
    guard case .success(let path) = Result(catching: { try queue.path(in: context) }) else { return ending }
    let count = BusyCount(queue: path)
    guard ending.reason == .busy else {
      // Who was refused before the queue was opened has not got at it.
      if ending.summary != nil { count.forget() }
      return ending
    }
    let now = context.time.now()
    guard let standstill = count.note(at: now), standstill.needsPerson(at: now) else { return ending }
    let sentence =
      "The queue has been locked since \(standstill.since.rfc3339()), for \(standstill.runCount) runs: a person has to look."
    context.tell(sentence)
    return Ending(status: .personNeeded, reason: .standstill, message: "\(ending.message) \(sentence)")
  }

  private static func caught(in context: Context, _ body: () async throws -> Ending) async -> Ending {
    do {
      return try await body()
    } catch let exit as Exit {
      return exit.ending
    } catch {
      guard let failure = CommandError(error) else {
        return Rollcall.reportUsage(error, in: context)
      }
      failure.tell(in: context)
      return Ending(failure)
    }
  }
}
