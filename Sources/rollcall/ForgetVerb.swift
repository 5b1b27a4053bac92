// `rollcall forget BATCH…`: erases old batches from the queue.

import ArgumentParser
import DurableQueue
import Files
import Foundation
import Provisioning
import Words

struct ForgetVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Erase old batches from the queue.",
    discussion: """
      Rows, cells, histories and what the service said are erased, also from the bytes of the queue's files; workspaces and
      report folders stay. What is forgotten counts as made by somebody else: a roster that names it again meets a conflict.
      Without a number nothing is erased that is there, and the files are cleaned of what was erased before.
      """)

  @Argument(help: "The batches' numbers.")
  var batches: [Int64] = []
  @Flag(help: "Do not ask; needed without a terminal.")
  var yes = false
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let found = try Set(batches).sorted().map { try BatchChoice.latest($0, in: queue) }
    for batch in found where try queue.tally(of: batch.id).unfinishedCount > 0 { throw unfinished(batch) }
    if !found.isEmpty { try confirm(found, in: context) }
    // A course that is erased knows no folder any more.
    let folders = try Set(found.map { try ReportOptions.courseFolder(of: $0, in: queue, context) }).sorted()
    let erased = Result { try erase(found, queue, in: context) }
    // What was erased before an error is cleaned all the same.
    let remains = try queue.scrub()
    sayWhatStays(folders.filter { FileLook($0) != .absent }, isErased: !found.isEmpty, queue, in: context)
    let failure = remains.map { problem($0, queue, in: context) }
    failure?.tell(in: context)
    try erased.get()
    if let failure { throw Exit(Ending(failure)) }
    if found.isEmpty { context.say("Nothing of what was erased before is left in \(queue.path) and its log.") }
  }

  private func erase(_ found: [Batch], _ queue: Queue, in context: Context) throws {
    var erased: [JSONValue] = []
    context.answer(["erased": .array([])])
    for batch in found {
      guard let forgotten = try queue.forget(batch.id) else { throw unfinished(batch) }
      erased.append(
        .object([
          "batch": .integer(batch.id.rawValue), "label": .string(batch.label),
          "itemCount": .count(forgotten.itemCount), "replacedCount": .count(forgotten.replacedCount),
        ]))
      context.answer(["erased": .array(erased)])
      context.say(
        "Batch \(batch.id.rawValue), \(batch.shortLabel): erased, with \(forgotten.itemCount) items that no other batch names."
      )
      guard forgotten.replacedCount > 0 else { continue }
      context.say(
        "What \(forgotten.replacedCount) items of other batches were made with was only in it: from now on they count as made "
          + "as those batches ask.")
    }
  }

  private func confirm(_ found: [Batch], in context: Context) throws {
    guard !yes else { return }
    let names = found.map { "\($0.id.rawValue) (\($0.shortLabel))" }.joined(separator: ", ")
    guard context.isInteractive else {
      throw CommandError(
        "There is no terminal to ask at.", hint: "Add --yes if batch \(names) is to be erased.", .usage)
    }
    guard context.agrees(to: "Erase batch \(names) from the queue?") else {
      throw CommandError("Nothing was erased.", .personNeeded, reason: .declined)
    }
  }

  private func unfinished(_ batch: Batch) -> CommandError {
    func command(_ words: String) -> String { queueOptions.command(words, in: .current) }
    let number = batch.id.rawValue
    return CommandError(
      "Batch \(number) (\(batch.shortLabel)) has unfinished rows; nothing of it was erased.",
      hint: "\(command("resume \(number)")) or \(command("cancel \(number)")) first.", .usage)
  }

  // MARK: - What is left

  /// The queue knows the folders that its courses write to last; there may be others.
  private func sayWhatStays(_ folders: [String], isErased: Bool, _ queue: Queue, in context: Context) {
    let copies = queue.rescuedCopies()
    context.answer(["stillThere": .texts(folders + copies)])
    for path in folders { context.say("Still there: the report folder \(path)") }
    for path in copies { context.say("Still there: \(path), a copy of the queue that a run has saved") }
    guard isErased else { return }
    context.say(
      "Report folders\(folders.isEmpty ? "" : " elsewhere") (--out, or rollcall-<label>-<course>) and backups are not erased: "
        + "delete them yourself.")
  }

  private func problem(_ remains: Remains, _ queue: Queue, in context: Context) -> CommandError {
    let again = queueOptions.command("forget", in: context)
    switch remains {
    case .readers(let processes):
      let who = processes.isEmpty ? "another process" : processes.map { "process \($0)" }.joined(separator: " and ")
      let numbers = processes.map(String.init).joined(separator: " ")
      let end = processes.isEmpty ? "End what has the queue open" : "End it (`kill \(numbers)`)"
      return CommandError(
        "Something of it is left in \(queue.path) and its log: \(who) reads an older state of the queue, which keeps the log.",
        hint: "\(end), then run \(again), which finishes the cleaning.", .paused, reason: .busy)
    case .busy(let detail):
      return CommandError(
        "Something of it may be left in \(queue.path), which could not be written anew: \(detail).",
        hint: "Run \(again) when that process has ended; it finishes the cleaning.", .paused, reason: .busy)
    case .notWritten(let detail):
      return CommandError(
        "Something of it may be left in \(queue.path): it could not be written anew (\(detail)).",
        hint: "Free as much space as it takes; then run \(again).", .toolFailed, reason: .queue)
    }
  }
}
