// `rollcall show ITEM`: one item's whole history, with the reason of every wait.

import ArgumentParser
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Reporter
import Words

struct ShowVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one item's whole history, with the reason of every wait.",
    discussion: """
      Looked for in every roster of every course: a name; else a line of the latest roster; else the text of any cell, such \
      as an e-mail address; else that text but for capitals; else a part of one. Where several rows are found they are listed.
      """)

  @Argument(help: "The item's name, the line of its row, or the text of any cell of it.")
  var item: String
  @Option(help: "Only the rows of this batch (all unless given).")
  var batch: Int64?
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let latest = try BatchChoice.latest(batch, in: queue)
    let finding = try queue.find(item, in: batch == nil ? nil : latest)
    context.answer(["found": .array(finding.rows.map(\.members)), "items": .array([]), "notAccepted": .array([])])
    guard !finding.rows.isEmpty else { throw nothing(latest) }
    let isOneLine = finding.rows.allSatisfy { $0.match == .line }
    guard finding.rows.count == 1 || isOneLine else { return list(finding, context) }
    let histories = try finding.rows.map { try $0.item.flatMap(queue.history) }
    try context.answer([
      "batch": .integer(finding.rows[0].batch.id.rawValue),
      "items": .array(histories.compactMap { try $0?.members() }),
      "notAccepted": .array(
        finding.rows.compactMap { row in
          row.issue.map { .object(["line": .count(row.line), "issue": .string($0)]) }
        }),
    ])
    for (row, history) in zip(finding.rows, histories) {
      if let issue = row.issue { context.show("line \(row.line): not accepted: \(issue)") }
      for line in history.map({ Self.lines($0, of: row) }) ?? [Self.place(row)] { context.show(line) }
    }
  }

  private func nothing(_ latest: Batch) -> CommandError {
    let shown = item.shown
    let name = "batch \(latest.id.rawValue) (\(latest.shortLabel))"
    return CommandError(
      batch == nil
        ? "No roster has '\(shown)', neither as a name nor in a cell, and \(name) has no such line."
        : "B\(name.dropFirst()) has no '\(shown)', neither as a name, nor as a line, nor in a cell.",
      hint: batch == nil
        ? "\(queueOptions.command("rows", in: .current)) lists the rows of the latest roster."
        : "Without --batch every roster is looked through.", .usage)
  }

  /// Lists what was found, for the person to choose from.
  private func list(_ finding: Finding, _ context: Context) {
    let hasSeveralEndpoints = Set(finding.rows.map(\.batch.baseURL)).count > 1
    let rows = finding.rows.map { row in
      [
        row.name ?? "", row.issue == nil ? row.state?.displayName ?? "" : StateWords.invalid, row.batch.shortLabel,
        hasSeveralEndpoints ? row.batch.baseURL.text : "", "batch \(row.batch.id.rawValue)", "line \(row.line)",
        Self.text(row.match),
      ]
    }
    for line in TextTable.lines(of: rows, columns: context.outputWidth()) { context.show(line) }
    if finding.isCut { context.advise("… and more; a longer text finds fewer.") }
    if let first = finding.rows.first {
      let command = queueOptions.command("show \(first.line) --batch \(first.batch.id.rawValue)", in: context)
      context.advise("Hint: Choose one by its line and batch: \(command).")
    }
  }

  private static func text(_ match: FoundRow.Match) -> String {
    switch match {
    case .name: "name"
    case .id: "id"
    case .line: "line"
    case .cell(let column, let text): "\(column): \(text)"
    }
  }

  private static func place(_ row: FoundRow) -> String {
    let found = if case .cell = row.match { " (\(text(row.match)))" } else { "" }
    return "  row       line \(row.line) of batch \(row.batch.id.rawValue), \(row.batch.shortLabel)\(found)"
  }

  /// What became of it beside its state: by what it was cancelled, and with which roster it has left.
  private static func endLines(_ history: ItemHistory) -> [String] {
    let at = history.finishedAt.map { " \($0.rfc3339())" } ?? ""
    let leaving = history.departure.map { "with batch \($0.batch.rawValue), imported \($0.importedAt.rfc3339())" }
    switch (history.state, history.reason, leaving) {
    case (.cancelled, .gone, let leaving):
      return ["  cancelled\(at): it left the roster\(leaving.map { " " + $0 } ?? "")"]
    case (.cancelled, _, _): return ["  cancelled\(at) by `rollcall cancel`"]
    case (.done, _, let leaving?): return ["  left      the roster \(leaving); what was made is still there"]
    case (_, _, let leaving?): return ["  left      the roster \(leaving)"]
    case (_, _, nil): break
    }
    return history.isToBeCancelled ? ["  cancelled unless it turns out to be made"] : []
  }

  /// The item first, then a line for each thing that happened to it.
  static func lines(_ history: ItemHistory, of row: FoundRow) -> [String] {
    var lines = ["\(history.name) of \(history.account): \(history.state.displayName)", place(row)]
    if let id = history.remoteID {
      lines.append("  id        \(id)\(history.isAdopted ? " (adopted from the service's list)" : "")")
    }
    if let reason = history.reason {
      let why = Advice.why(history.state, reason)
      let message = history.message == why ? nil : history.message
      lines.append("  why       \(why)\(message.map { " (\($0))" } ?? "")")
    }
    lines += endLines(history)
    if let hold = history.hold, history.state.isUnfinished {
      lines.append("  held      \(hold.reason.displayText)\(hold.message.map { " (\($0))" } ?? "")")
    }
    if let due = history.due { lines.append("  not before \(due.rfc3339())") }
    if let doubtAt = history.doubtAt { lines.append("  in doubt since \(doubtAt.rfc3339())") }
    lines.append("  sent as   \(history.definition)")
    if history.attempts.isEmpty { lines.append("  no attempt yet") }
    return lines + events(history)
  }

  /// Attempts, lists and waits in the order in which they happened.
  private static func events(_ history: ItemHistory) -> [String] {
    var events: [(at: Instant, line: String)] = []
    events += history.attempts.map { ($0.startAt, line($0)) }
    events += history.listings.map { ($0.askedAt, line($0)) }
    events += history.waits.map { ($0.from, line($0)) }
    // Sorting keeps no order among equals; attempts stand first then.
    return events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.line)
  }

  private static func line(_ listing: ItemHistory.Listing) -> String {
    let found = "\(listing.entryCount) entries\(listing.isWhole ? "" : ", not whole")"
    return line(
      "list", listing.askedAt, listing.outcome == .made ? found : listing.outcome.rawValue,
      listing.status.map { "HTTP \($0)" }, "after \(listing.latency.displayText)", listing.message,
      listing.requestID.map { "request \($0)" })
  }

  private static func line(_ wait: ItemHistory.Wait) -> String {
    let length = (wait.until - wait.from).displayText
    return line("wait", wait.from, "\(length): \(wait.reason.displayTextWhileWaiting)", wait.message)
  }

  private static func line(_ attempt: ItemHistory.Attempt) -> String {
    line(
      "attempt \(attempt.ordinal)", attempt.startAt, attempt.outcome?.rawValue ?? "under way",
      attempt.status.map { "HTTP \($0)" }, attempt.latency.map { "after \($0.displayText)" }, attempt.message,
      attempt.requestID.map { "request \($0)" },
      attempt.outcome != nil && !attempt.isUsed ? "not counted" : nil)
  }

  private static func line(_ what: String, _ at: Instant, _ parts: String?...) -> String {
    (["  \(what)", at.rfc3339()] + parts.compactMap(\.self)).joined(separator: " · ")
  }
}

extension FoundRow {
  /// For programs; members that do not apply are left out.
  fileprivate var members: JSONValue {
    var members: [String: JSONValue?] = [
      "batch": .integer(batch.id.rawValue), "label": .string(batch.label), "endpoint": .string(batch.baseURL.text),
      "line": .count(line), "name": name.map(JSONValue.string), "account": account.map(JSONValue.string),
      "state": .string(issue == nil ? state?.rawValue ?? StateWords.invalid : StateWords.invalid),
    ]
    switch match {
    case .name: members["match"] = .string("name")
    case .id: members["match"] = .string("id")
    case .line: members["match"] = .string("line")
    case .cell(let column, let text):
      (members["match"], members["column"], members["text"]) = (.string("cell"), .string(column), .string(text))
    }
    return .members(members)
  }
}
