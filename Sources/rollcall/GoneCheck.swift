// What a roster does to those who are in the course already: who would leave it, who would come twice, whose name would be
// another's. Asked before anything is imported, so before anything is cancelled.

import ArgumentParser
import BulkImport
import DurableQueue
import Pacing
import Provisioning
import Words

/// How many may leave a course without a question: `20`, or `10%` of its largest roster of the last 30 days.
struct MaxGone: ExpressibleByArgument {
  let limit: GoneLimit
  /// Whether the text is one.
  let isValid: Bool
  /// As it was written.
  let defaultValueDescription: String

  /// Takes any text, so that `GoneOptions` can say what is allowed.
  init(argument: String) {
    let isShare = argument.hasSuffix("%")
    guard let number = Double(isShare ? String(argument.dropLast()) : argument), number >= 0,
      isShare ? number <= 100 : number <= 1_000_000_000 && number == number.rounded()
    else {
      (limit, isValid, defaultValueDescription) = (.standard, false, argument)
      return
    }
    isValid = true
    limit = isShare ? GoneLimit(percent: number) : GoneLimit(count: Int(number))
    defaultValueDescription = argument
  }

  private init(_ limit: GoneLimit, _ text: String) {
    (self.limit, isValid, defaultValueDescription) = (limit, true, text)
  }

  static let standard = MaxGone(.standard, "20%")
}

/// Whether anything is done, and asked before.
struct ConsentOptions: ParsableArguments {
  @Flag(help: "Do not ask; needed without a terminal.")
  var yes = false
  @Flag(help: "Stop after the plan.")
  var dryRun = false
}

/// How much may be created.
struct MostOptions: ParsableArguments {
  @Option(help: "Stop before the first create if more would be created.")
  var maxNew: Int?
}

/// What may become of those who are in the course already.
struct GoneOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      Ask when more than this leave the course, counted against its largest roster of the last 30 days: a number, or a \
      share (then 5 at least). Without a terminal the command ends with 6; --yes is no answer.
      """)
  var maxGone = MaxGone.standard
  @Flag(help: "Do not ask: those who are not in the roster have left.")
  var allowGone = false
  @Flag(help: "Allow that a person whom the course has under another name gets a second workspace.")
  var allowRenamed = false

  func validate() throws {
    guard maxGone.isValid else {
      throw ValidationError(
        "--max-gone takes a whole number of rows from 0 on, or a share from 0% to 100%, not '\(maxGone.defaultValueDescription.shown)'."
      )
    }
  }
}

/// What a person has agreed to, or an option.
struct Agreement {
  /// How many creates; nil: any number.
  var createCount: Int?
  /// How many may leave the course, if that is more than may unasked; nil: any number.
  var goneCount: Int?

  /// Whether an import does no more than that.
  func covers(_ comparison: Comparison) -> Bool {
    if let createCount, comparison.toCreateCount > createCount { return false }
    guard let goneCount, let gone = comparison.tooManyGone else { return true }
    return gone.goneCount <= goneCount
  }
}

extension RosterCheck {
  static let declined = CommandError("Nothing was imported or sent.", .personNeeded, reason: .declined)

  /// Those who leave, if they are more than may; where people may come under another name, those who do have not left.
  func tooManyGone(of comparison: Comparison) -> GoneShare? {
    guard let gone = comparison.tooManyGone else { return nil }
    let renamedCount = reading.gone.allowRenamed ? comparison.renamedCount : 0
    return gone.goneCount - renamedCount > reading.gone.maxGone.limit.most(of: gone.rowCount) ? gone : nil
  }

  /// Asks whether those have left who are not in the roster, if they are more than may be.
  ///
  /// - Parameter asks: false where nothing is to be done: then only what would end without a terminal ends.
  /// - Returns: how many may leave; nil: any number.
  func confirmGone(_ comparison: Comparison, asks: Bool = true, in context: Context) throws -> Int? {
    if reading.gone.allowGone { return nil }
    guard let gone = tooManyGone(of: comparison) else { return comparison.tooManyGone?.goneCount ?? 0 }
    guard context.isInteractive else {
      throw CommandError(
        "\(gone.sentence(rosterName)), more than --max-gone \(reading.gone.maxGone.defaultValueDescription); nothing was "
          + "imported, cancelled or sent.",
        hint: GoneShare.hint, .personNeeded, reason: .maxGone)
    }
    guard !asks || context.agrees(to: gone.question(rosterName)) else { throw Self.declined }
    return gone.goneCount
  }

  /// Shows the first of many rows of which the same is wrong, and how many more there are.
  private func tell(_ rows: [(line: Int, text: String)], of count: Int, in context: Context) {
    let shown = rows.prefix(Self.exampleCount)
    for row in shown {
      context.tell(
        "\(planName):\(row.line): \(row.text)", as: .issue,
        ["line": .count(row.line), "reason": .string(EndReason.rosterIssues.rawValue)])
    }
    if count > shown.count { context.tell("… and \((count - shown.count).of("more row"))") }
  }

  /// A name that would be another person's is an issue like any other.
  func refuseReassignments(in context: Context) throws {
    guard comparison.reassignedCount > 0, !reading.allowReassigned else { return }
    let count = comparison.reassignedCount
    tell(
      comparison.reassignments.map {
        (
          $0.line,
          "\($0.column.shown): '\($0.name.shown)' was made for '\($0.before.shown)' and would be '\($0.now.shown)' now"
        )
      }, of: count, in: context)
    throw CommandError(
      "\(count.of("name")) of \(rosterName) would be another person's; nothing was queued or sent.",
      hint: "Was it sorted or numbered anew? Make names of a column that stays with the person. If it is meant so: "
        + "--allow-reassigned.", .rosterIssues)
  }

  /// A person who would come twice is an issue like any other.
  func refuseRenamings(in context: Context) throws {
    guard comparison.renamedCount > 0, !reading.gone.allowRenamed else { return }
    let count = comparison.renamedCount
    tell(comparison.renamings.map { ($0.line, $0.sentence) }, of: count, in: context)
    throw CommandError(
      "\(count.of("row")) of \(shownPath) \(count == 1 ? "is a person" : "are people") whom the course has under another "
        + "name; nothing was queued or sent.", hint: Renaming.hint, .rosterIssues)
  }
}
