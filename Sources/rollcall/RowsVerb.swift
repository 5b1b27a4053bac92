// `rollcall rows [BATCH]`: a batch's rows, all of them or those of a state, a reason or a cell.

import ArgumentParser
import BulkImport
import DataForest
import DurableQueue
import Foundation
import Provisioning
import Reporter
import Words

struct RowsVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rows", abstract: "List a batch's rows, by state, reason or cell.",
    discussion: """
      States: done, failed, invalid, in_doubt, leased (being sent), ready (not sent), cancelled; changed: done, and made
      otherwise than the row asks for; gone: in the roster before and not in this one. Of several options of one name one \
      must hold for --state and --reason, and all for --where.
      """)

  @Argument(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @Option(help: "Only rows of this state; may be repeated.")
  var state: [String] = []
  @Option(help: "Only rows with this reason, as failed.csv has it; may be repeated.")
  var reason: [String] = []
  @Option(
    name: .customLong("where"),
    help: "Only rows with COLUMN=VALUE, of the roster's columns or of rollcall_…; may be repeated, all must hold.")
  var conditions: [RosterOptions.Condition] = []
  @Flag(help: "Print them as CSV: the roster's columns, then those that succeeded.csv has.")
  var csv = false
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  func validate() throws {
    if csv, output.json { throw ValidationError("--csv and --json exclude each other.") }
  }

  mutating func run() async throws {
    let context = Context.current
    var choice = RowList.Choice()
    choice.states = try Set(state.map(Self.state))
    choice.reasons = try Set(reason.map(Self.reason))
    let isOfGone = choice.states.contains(.gone)
    if isOfGone, choice.states.count > 1 {
      throw CommandError(
        "--state gone goes with no other: its rows are those of another roster.",
        hint: "Ask for them in a command of their own.", .usage)
    }
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    let list = try RowList(of: batch, gone: isOfGone, in: queue, schema: .workspace)
    let conditions = try conditions.map { try (index: Self.column($0.column, of: list.columns), value: $0.value) }
    choice.isWanted = { record in conditions.allSatisfy { record[$0.index].asHeader == $0.value } }
    if csv {
      try printCSV(list, choice, context)
    } else if output.json {
      try printJSON(list, choice, batch, context)
    } else {
      try printTable(list, choice, batch, context)
    }
  }

  // MARK: - What is printed

  private func printTable(_ list: RowList, _ choice: RowList.Choice, _ batch: Batch, _ context: Context) throws {
    var table = TextTable(numbers: [0], columns: context.outputWidth())
    var count = 0
    try list.read(choice) { pass in
      try pass { row in
        count += 1
        table.measure(Self.cells(row))
      }
      try pass { row in for line in table.lines(Self.cells(row)) { context.show(line) } }
    }
    let isChosen = !state.isEmpty || !reason.isEmpty || !conditions.isEmpty
    context.advise(
      "Batch \(batch.id.rawValue), \(batch.shortLabel): \(count == 0 ? "no row" : count.of("row"))\(isChosen ? " of this kind" : "")."
    )
  }

  private static func cells(_ row: ListedRow) -> [String] {
    ["\(row.line)", row.name, row.stateName, row.id, row.why]
  }

  /// As much as is written at once.
  private static let chunk = 1 << 16

  private func printCSV(_ list: RowList, _ choice: RowList.Choice, _ context: Context) throws {
    // A terminal is no place for what would steer it, nor for a mark that spreadsheets need.
    let isTerminal = context.outputWidth() != nil
    var bytes = isTerminal ? [] : RowList.byteOrderMark
    func append(_ record: [String]) {
      RowList.append(isTerminal ? record.map(\.visibleLine) : record, to: &bytes)
      guard bytes.count >= Self.chunk else { return }
      context.output(csv: bytes)
      bytes.removeAll(keepingCapacity: true)
    }
    append(list.columns)
    try list.read(choice) { pass in try pass { append($0.record) } }
    context.output(csv: bytes)
  }

  /// Prints the document piece by piece, because a million rows must not be held; it is whole however the reading ends.
  private func printJSON(_ list: RowList, _ choice: RowList.Choice, _ batch: Batch, _ context: Context) throws {
    var json = ListedRowJSON(of: list)
    var bytes = Array("{\"batch\":\(batch.id.rawValue),\"label\":".utf8)
    JSONValue.append(batch.label, to: &bytes)
    bytes += ",\"rows\":[".utf8
    var isFirst = true
    context.machine.begin()
    let result = Result {
      try list.read(choice) { pass in
        try pass { row in
          if !isFirst { bytes.append(UInt8(ascii: ",")) }
          isFirst = false
          json.append(row, to: &bytes)
          // The newline between lines of outcomes.jsonl.
          bytes.removeLast()
          guard bytes.count >= Self.chunk else { return }
          context.output(json: String(decoding: bytes, as: UTF8.self))
          bytes.removeAll(keepingCapacity: true)
        }
      }
    }
    var ending = Ending.done
    if case .failure(let error) = result {
      ending = Ending(CommandError(error) ?? CommandError("The rows cannot be read: \(error).", .toolFailed))
    }
    bytes += "],\(MachineOutput.text([:], of: ending).dropFirst())\n".utf8
    context.output(json: String(decoding: bytes, as: UTF8.self))
    try result.get()
  }
}

// MARK: - What the options say

extension RowsVerb {
  /// What else people call states.
  private static let otherNames: [String: RowState] = [
    "made": .done, "succeeded": .done, "unsent": .ready, "waiting": .ready, "unknown": .inDoubt, "differs": .changed,
  ]

  private static func state(_ text: String) throws -> RowState {
    func plain(_ text: String) -> String {
      text.lowercased().replacing("-", with: "_").replacing(" ", with: "_")
    }
    var names = otherNames
    for state in RowState.allCases { (names[state.rawValue], names[plain(state.displayName)]) = (state, state) }
    if let state = names[plain(text)] { return state }
    throw CommandError(
      "There is no state '\(text.shown)'\(Suggestion.end(plain(text), among: names.keys.sorted()))",
      hint: "States are \(RowState.allCases.map(\.rawValue).joined(separator: ", ")).", .usage)
  }

  private static func reason(_ text: String) throws -> String {
    let reasons = Reason.allCases.map(\.rawValue) + [RowState.invalid.rawValue]
    if let reason = reasons.first(where: { $0.lowercased() == text.lowercased() }) { return reason }
    throw CommandError(
      "There is no reason '\(text.shown)'\(Suggestion.end(text, among: reasons))",
      hint: "Reasons are \(reasons.joined(separator: ", ")).", .usage)
  }

  private static func column(_ name: String, of columns: [String]) throws -> Int {
    let headers = columns.map(\.asHeader)
    if let index = headers.firstIndex(of: name)
      ?? headers.firstIndex(where: { $0.lowercased() == name.lowercased() })
    {
      return index
    }
    throw CommandError(
      "There is no column '\(name.shown)'\(Suggestion.end(name, among: headers))",
      hint: "Columns are \(headers.filter { !$0.isEmpty }.map(\.shown).joined(separator: ", ")).", .usage)
  }
}

extension Suggestion {
  /// The end of a sentence about a word that is not known: with the word that was probably meant, if there is one.
  static func end(_ word: String, among words: [String]) -> String {
    let lowercased = words.map { $0.lowercased() }
    let index = nearest(to: word, among: lowercased).flatMap(lowercased.firstIndex)
    return index.map { ": did you mean '\(words[$0].shown)'?" } ?? "."
  }
}
