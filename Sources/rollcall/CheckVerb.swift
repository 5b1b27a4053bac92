// `rollcall check ROSTER`: every issue of every row, with line and column, and the plan; sends and stores nothing.

import ArgumentParser
import BulkImport
import DurableQueue
import Foundation
import Pacing
import Provisioning

struct CheckVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Show every issue of every row, and the plan; send and store nothing.")

  @Argument(help: "The roster: a table with a header (CSV) or JSON; - is standard input.", completion: .file())
  var roster: String
  @Option(help: "What the batch is called (the roster's path unless given).")
  var label: String?
  @Flag(help: "Print the issues as JSON on standard output.")
  var json = false
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var queueOptions: QueueOptions
  @OptionGroup var endpointOptions: EndpointOptions

  mutating func run() async throws {
    let context = Context.current
    let endpoint = try endpointOptions.chosen(in: context)
    let queue = try queueOptions.openIfExists(in: context)
    let check = try RosterCheck(
      roster, label: label, reading: reading, endpoint: endpoint, queue: queue, in: context)
    if json { context.say(Self.json(check)) }
    try check.refuseIssues(in: context)
    guard !json else { return }
    for line in Plan(check: check, limit: .standard, adoptsExisting: false).lines(at: context.time.now()) {
      context.say(line)
    }
    context.say("No issues.")
  }

  /// The issues for programs: the version of the shape, the counts, and every issue that was kept.
  private static func json(_ check: RosterCheck) -> String {
    let summary = check.summary
    let issues = (summary.issues + summary.warnings).map { issue in
      var members: [String: JSONValue] = [
        "file": .string(issue.file), "line": .integer(Int64(issue.line)), "rule": .string(issue.rule),
        "message": .string(issue.message), "severity": .string(issue.isWarning ? "warning" : "issue"),
      ]
      members["column"] = issue.column.map(JSONValue.string)
      members["cell"] = issue.cell.map(JSONValue.string)
      members["value"] = issue.value.map(JSONValue.string)
      return JSONValue.object(members)
    }
    return JSONValue.object([
      "schemaVersion": .integer(1), "rowCount": .integer(Int64(summary.rowCount)),
      "issueCount": .integer(Int64(summary.issueCount)), "issues": .array(issues),
    ]).canonicalText
  }
}
