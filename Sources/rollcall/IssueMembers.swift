// The issues of a roster for programs: members of a document, and objects of the log.

import BulkImport
import DurableQueue
import Provisioning
import Words

extension RosterSummary {
  /// The counts, each kind by rule and column, those that say the same as one with their lines, and how many are in none of
  /// these.
  var members: [String: JSONValue] {
    let all = [issueGroups, warningGroups]
    let groups = all.flatMap(\.groups)
    let leftOut = issueCount + warningCount - groups.map(\.issueCount).reduce(0, +)
    return [
      "rowCount": .count(rowCount), "issueCount": .count(issueCount), "warningCount": .count(warningCount),
      "issuesLeftOutCount": .count(leftOut), "issues": .array(groups.map { .object($0.members) }),
      "kinds": .array(all.flatMap(\.kinds).map(\.members)),
    ]
  }
}

extension IssueGroups.Group {
  /// Issues that say the same: the first, and the lines of all.
  fileprivate var members: [String: JSONValue] {
    let members: [String: JSONValue?] = [
      "file": .string(first.file), "line": .count(first.line), "rule": .string(first.rule),
      "message": .string(first.message), "severity": .string(first.isWarning ? "warning" : "issue"),
      "rowCount": .count(rowCount), "lines": .string("\(lines)"), "column": first.column.map(JSONValue.string),
      "cell": first.cell.map(JSONValue.string), "value": first.value.map(JSONValue.string),
    ]
    return members.compactMapValues(\.self)
  }
}

extension IssueGroups.Kind {
  fileprivate var members: JSONValue {
    .members([
      "rule": .string(first.rule), "severity": .string(first.isWarning ? "warning" : "issue"),
      "firstLine": .count(first.line), "lastLine": .count(lastLine), "issueCount": .count(issueCount),
      "rowCount": .count(rowCount), "column": first.column.map(JSONValue.string),
    ])
  }
}

extension RosterCheck {
  /// Shows warnings and issues: to people the first of each kind with their lines, to programs an object each.
  func tellIssues(in context: Context) throws {
    guard context.machine.logsObjects else {
      for line in try IssueText(summary.warningGroups, prefix: "warning: ", reader: reader).text { context.tell(line) }
      for line in try IssueText(summary.issueGroups, reader: reader).text { context.tell(line) }
      return
    }
    for group in summary.warningGroups.groups { context.tell(lines: [], as: .warning, group.members) }
    let reason = ["reason": JSONValue.string(EndReason.rosterIssues.rawValue)]
    for group in summary.issueGroups.groups {
      context.tell(lines: [], as: .issue, group.members.merging(reason) { old, _ in old })
    }
  }

  /// The end of a command that has left out rows with issues; nil when it has left out none.
  var leftOut: Ending? {
    guard leavesRowsOut else { return nil }
    return Ending(status: .someFailed, reason: .someFailed, message: leftOutText)
  }

  /// What is said of the rows that are left out.
  var leftOutText: String {
    let bad = summary.rowCount - summary.acceptedCount
    return "\(bad) of \(summary.rowCount) rows have issues and are left out; they go into failed.csv."
  }
}

// MARK: - Who is in the course already

extension Comparison {
  /// Names that would be another person's, and people who would come under another name: the first ones of each.
  var peopleMembers: [String: JSONValue] {
    [
      "reassigned": .array(
        reassignments.map {
          .object([
            "line": .count($0.line), "name": .string($0.name), "column": .string($0.column),
            "before": .string($0.before), "now": .string($0.now),
          ])
        }),
      "renamed": .array(
        renamings.map {
          .object([
            "line": .count($0.line), "column": .string($0.column), "value": .string($0.value),
            "account": .string($0.account), "before": .string($0.before), "now": .string($0.now),
          ])
        }),
    ]
  }
}

/// The names of a roster, to tell who of its course's latest one is not in it.
struct GoneNames {
  /// How many are told; the plan has the count of all.
  static let mostTold = 100

  private let queue: Queue
  private let batch: Batch
  private var names: Set<String> = []

  /// Nil where the course has no roster yet.
  init?(_ queue: Queue?, before new: NewBatch) throws {
    let course = Course(service: new.target, baseURL: new.baseURL, label: new.label)
    let earlier = try queue?.latestWholeBatch(of: course)
    guard let queue, let earlier else { return nil }
    (self.queue, batch) = (queue, earlier)
  }

  mutating func note(_ row: NewRow) {
    switch row.content {
    // One that was not accepted shows that its person is still there.
    case .item(let account, let name, _), .issue(_, let account?, let name?): names.insert("\(account) \(name)")
    case .issue: break
    }
  }

  /// The first of those who are not in the roster, each with the line that it had.
  func members() throws -> JSONValue {
    var gone: [JSONValue] = []
    try queue.forEachRow(of: batch.id) { row in
      guard gone.count < Self.mostTold, let item = row.item, !names.contains("\(item.account) \(item.name)") else {
        return
      }
      gone.append(
        .members([
          "line": .count(row.line), "account": .string(item.account), "name": .string(item.name),
          "state": .string(item.state.rawValue), "id": item.remoteID.map(JSONValue.string),
        ]))
    }
    return .array(gone)
  }
}
