// `rollcall check ROSTER`: every issue of every row, with line and column, and the plan; sends and stores nothing.

import ArgumentParser
import BulkImport
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Words

struct CheckVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Show every issue of every row, and the plan; send and store nothing.")

  @OptionGroup var roster: RosterArguments
  @Flag(help: "Print the issues as JSON on standard output.")
  var json = false
  @Flag(help: "Ask the service too whether it has the accounts and images, and none of the names; read calls only.")
  var online = false
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var queueOptions: QueueOptions
  @OptionGroup var endpointOptions: EndpointOptions

  mutating func run() async throws {
    let context = Context.current
    let endpoint = try endpointOptions.chosen(in: context)
    var queue: Queue?
    var check: RosterCheck
    var wanted = WantedThings()
    do {
      let opened = Result { try queueOptions.openIfExists(in: context) }
      let usable = if case .success(let queue) = opened { queue } else { Queue?.none }
      let known = try KnownCourse(roster.course(at: endpoint, in: context), in: usable, isFresh: reading.fresh)
      check = try RosterCheck(
        roster, reading: reading, endpoint: endpoint, of: known, database: try queueOptions.path(in: context),
        in: context)
      check.tellMemory(in: context)
      queue = try opened.get()
      let asksService = online
      try check.read(comparingWith: queue) { if asksService { try wanted.note($0) } }
    } catch let error as RosterError where json {
      // A program that asked for JSON gets JSON, also of a roster that has nothing to read.
      context.say(json: Self.json(RosterSummary(), error: error))
      throw error
    }
    if json { context.say(json: Self.json(check.summary)) }
    try check.refuseIssues(in: context)
    if !json {
      for line in Plan(check: check, limit: .standard, adoptsExisting: false).lines(at: context.time.now()) {
        context.say(line)
      }
    }
    if online { try await askService(check, wanted, queue, in: context) }
    if check.leavesRowsOut { throw Exit(.someFailed) }
    if !json { context.say("No issues.") }
  }

  private func askService(
    _ check: RosterCheck, _ wanted: WantedThings, _ queue: Queue?, in context: Context
  ) async throws {
    let credentials = try CredentialSource.credentials(for: check.endpoint, in: context)
    let client = DataForestClient(
      .init(endpoint: check.endpoint, credentials: credentials, requestTimeout: .seconds(30), concurrency: 1),
      time: context.time)
    do {
      try await OnlineCheck(check: check, wanted: wanted, client: client, queue: queue, context: context).run()
    } catch {
      try await client.shutdown()
      throw error
    }
    try await client.shutdown()
  }

  /// The issues for programs: the version of the shape, the counts, each kind by rule and column, those that say the same as
  /// one with their lines, and how many are in none of these.
  private static func json(_ summary: RosterSummary, error: RosterError? = nil) -> String {
    let all = [summary.issueGroups, summary.warningGroups]
    let groups = all.flatMap(\.groups)
    let leftOut = summary.issueCount + summary.warningCount - groups.map(\.issueCount).reduce(0, +)
    var members: [String: JSONValue] = [
      "schemaVersion": .integer(2), "rowCount": .integer(Int64(summary.rowCount)),
      "issueCount": .integer(Int64(summary.issueCount)), "warningCount": .integer(Int64(summary.warningCount)),
      "issuesLeftOutCount": .integer(Int64(leftOut)), "issues": .array(groups.map(Self.json)),
      "kinds": .array(all.flatMap(\.kinds).map(Self.json)),
    ]
    members["error"] = error.map { .string($0.description) }
    return JSONValue.object(members).canonicalText
  }

  /// Issues that say the same: the first, and the lines of all.
  private static func json(_ group: IssueGroups.Group) -> JSONValue {
    let issue = group.first
    var members: [String: JSONValue] = [
      "file": .string(issue.file), "line": .integer(Int64(issue.line)), "rule": .string(issue.rule),
      "message": .string(issue.message), "severity": .string(issue.isWarning ? "warning" : "issue"),
      "rowCount": .integer(Int64(group.rowCount)), "lines": .string("\(group.lines)"),
    ]
    members["column"] = issue.column.map(JSONValue.string)
    members["cell"] = issue.cell.map(JSONValue.string)
    members["value"] = issue.value.map(JSONValue.string)
    return .object(members)
  }

  private static func json(_ kind: IssueGroups.Kind) -> JSONValue {
    var members: [String: JSONValue] = [
      "rule": .string(kind.first.rule), "severity": .string(kind.first.isWarning ? "warning" : "issue"),
      "firstLine": .integer(Int64(kind.first.line)), "lastLine": .integer(Int64(kind.lastLine)),
      "issueCount": .integer(Int64(kind.issueCount)), "rowCount": .integer(Int64(kind.rowCount)),
    ]
    members["column"] = kind.first.column.map(JSONValue.string)
    return .object(members)
  }
}
