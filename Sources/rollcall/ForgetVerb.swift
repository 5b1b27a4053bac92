// `rollcall forget BATCH…`: erases old batches from the queue.

import ArgumentParser
import DurableQueue
import Foundation
import Provisioning

struct ForgetVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Erase old batches from the queue.",
    discussion: """
      Rows, cells and histories are erased; workspaces and report folders stay. What is forgotten counts as made by
      somebody else: a roster that names it again meets a conflict.
      """)

  @Argument(help: "The batches' numbers.")
  var batches: [Int64]
  @Flag(help: "Do not ask; needed without a terminal.")
  var yes = false
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let found = try batches.map { try BatchChoice.latest($0, in: queue) }
    for batch in found where try queue.tally(of: batch.id).unfinishedCount > 0 { throw Self.unfinished(batch) }
    try confirm(found, in: context)
    for batch in found {
      guard let count = try queue.forget(batch.id) else { throw Self.unfinished(batch) }
      context.say(
        "Batch \(batch.id.rawValue), \(batch.shortLabel): erased, with \(count) items that no other batch names.")
    }
  }

  private func confirm(_ found: [Batch], in context: Context) throws {
    guard !yes else { return }
    let names = found.map { "\($0.id.rawValue) (\($0.shortLabel))" }.joined(separator: ", ")
    guard context.isInteractive else {
      throw Problem("There is no terminal to ask at.", hint: "Add --yes if batch \(names) is to be erased.", .usage)
    }
    context.errorOutput("Erase batch \(names) from the queue? [y/N] ")
    guard let answer = context.readAnswer(), ["y", "yes"].contains(answer.lowercased()) else {
      throw Problem("Nothing was erased.", .personNeeded)
    }
  }

  private static func unfinished(_ batch: Batch) -> Problem {
    let number = batch.id.rawValue
    return Problem(
      "Batch \(number) (\(batch.shortLabel)) has unfinished rows; nothing of it was erased.",
      hint: "`rollcall resume \(number)` or `rollcall cancel \(number)` first, of the same queue.", .usage)
  }
}
