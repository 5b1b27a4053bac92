// Checks a roster and compares it with the queue in one pass, for the plan; shows the issues.

import BulkImport
import DataForest
import DurableQueue
import Foundation
import Provisioning
import Synchronization

/// A roster that was read once: what is in it, and what a run would make of it.
struct RosterCheck {
  /// How many issues are printed; the rest are counted.
  static let shownIssueCount = 50

  let path: String
  /// Keeps what came from standard input.
  private let spool: Spool?
  let shownPath: String
  let label: String
  let reader: RosterReader
  let reading: ReadingOptions
  let endpoint: Endpoint
  private(set) var summary = RosterSummary()
  private(set) var comparison = Comparison()
  private(set) var facts = PlanFacts()

  /// Opens a roster; it is not read yet.
  init(_ roster: String, label: String?, reading: ReadingOptions, endpoint: Endpoint, in context: Context) throws {
    let isStandardInput = roster == "-"
    guard label != nil || !isStandardInput else {
      throw Problem(
        "A roster from standard input has no name to know it by.", hint: "Say what it is with --label TEXT.", .usage)
    }
    (path, spool) = try ReadingOptions.file(of: roster, in: context)
    shownPath = isStandardInput ? "standard input" : roster
    self.endpoint = endpoint
    self.reading = reading
    self.label = label ?? URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    reader = RosterReader(
      path: path, displayName: shownPath, schema: .workspace, options: reading.options,
      template: try reading.readTemplate(in: context))
  }

  /// Reads the roster through; sends and stores nothing.
  ///
  /// - Parameter queue: what to compare with; nil when there is no queue yet, so that every row is new.
  init(
    _ roster: String, label: String?, reading: ReadingOptions, endpoint: Endpoint, queue: Queue?, in context: Context
  ) throws {
    try self.init(roster, label: label, reading: reading, endpoint: endpoint, in: context)
    try read(comparingWith: queue)
  }

  /// Reads the roster through, for the plan.
  mutating func read(comparingWith queue: Queue?) throws {
    var facts = PlanFacts()
    if let queue {
      var found: RosterSummary?
      let reader = self.reader
      comparison = try queue.compare(
        target: DataForestClient.targetName, origin: endpoint.origin, label: self.label, endpoint: endpoint.origin,
        isPartial: reading.options.isPartial
      ) { session in
        found = try reader.read { row in
          guard case .accepted(let account, let name, let definition) = row.content else { return }
          facts.note(account, name, definition)
          try session.add(
            account: account, name: name, definition: definition, line: row.line, cells: row.cells,
            carried: row.carried.map { ($0.header, $0.index) })
        }
      }
      guard let found else { throw Problem("The roster could not be read.", .toolFailed) }
      summary = found
    } else {
      summary = try reader.read { row in
        guard case .accepted(let account, let name, let definition) = row.content else { return }
        facts.note(account, name, definition)
      }
      comparison.newCount = summary.acceptedCount
    }
    self.facts = facts
  }

  /// Imports a roster whose label the queue has not seen, in one reading; issues undo it.
  ///
  /// - Returns: the result; nil when the label is known, so that nothing was read.
  mutating func importUnseen(into queue: Queue, in context: Context) throws -> ImportResult? {
    let found = Mutex<RosterSummary?>(nil)
    let (reader, skipInvalid) = (self.reader, reading.skipInvalid)
    var check = self
    return try queue.importUnseen(newBatch) { add in
      var isRefused = false
      let summary = try reader.read { row in
        if case .rejected = row.content, !skipInvalid { isRefused = true }
        // What will be undone need not be written.
        if !isRefused { try add(NewRow(row)) }
      }
      found.withLock { $0 = summary }
    } content: {
      guard let summary = found.withLock({ $0 }) else { throw Problem("The roster could not be read.", .toolFailed) }
      check.summary = summary
      try check.refuseIssues(in: context)
      return (summary.columns, summary.digest)
    }
  }

  /// The batch that an import of the roster would make.
  var newBatch: NewBatch {
    NewBatch(
      label: label, target: DataForestClient.targetName, endpoint: endpoint.origin, origin: endpoint.origin,
      columns: summary.columns, digest: summary.digest, isPartial: reading.options.isPartial)
  }

  /// Imports the roster, or finds the batch that equals it.
  ///
  /// - Parameters:
  ///   - most: nothing is imported if more than this would be created; nil: no limit.
  ///   - tooMany: called with the count when that is so, after the queue was let go of.
  /// - Returns: the batch; nil when it would have been too many.
  func importBatch(
    into queue: Queue, atMost most: Int? = nil, tooMany: (Int) throws -> Void = { _ in }
  ) throws -> ImportResult? {
    var excess: Int?
    let result = try queue.importBatch(
      newBatch, known: comparison,
      rows: { [reader, summary, shownPath] add in
        let again = try reader.read { try add(NewRow($0)) }
        guard again.digest == summary.digest else {
          throw Problem(
            "The roster \(shownPath) changed while it was being read.", hint: "Run the same command again.",
            .rosterIssues)
        }
      },
      confirm: { comparison in
        if let most, comparison.toCreateCount > most { excess = comparison.toCreateCount }
        return excess == nil
      })
    if let excess { try tooMany(excess) }
    return result
  }

  // MARK: - Issues

  /// Prints warnings and issues, and ends with status 5 if there are issues or no rows.
  ///
  /// With `--skip-invalid` the good rows go on, if there are any.
  func refuseIssues(in context: Context) throws {
    if !summary.format.isPlain {
      context.tell("Read as \(summary.format): \(summary.rowCount) \(summary.rowCount == 1 ? "row" : "rows").")
    }
    for warning in summary.warnings.prefix(Self.shownIssueCount) { context.tell("warning: \(warning)") }
    for line in try IssueText(summary.issues, reader: reader).text { context.tell(line) }
    if let path = reading.issues { try writeIssues(to: context.absolute(path)) }
    if summary.issueCount > 0, reading.skipInvalid, summary.acceptedCount > 0 {
      let bad = summary.rowCount - summary.acceptedCount
      context.tell("\(bad) of \(summary.rowCount) rows have issues and are left out; they go into failed.csv.")
    } else if summary.issueCount > 0 {
      let issues = summary.issueCount == 1 ? "1 issue" : "\(summary.issueCount) issues"
      throw Problem(
        "\(shownPath) has \(issues) in \(summary.rowCount) rows; nothing was queued or sent.",
        hint: "Mend the lines above and run the same command again.", .rosterIssues)
    }
    try refuseReassignments(in: context)
    guard summary.rowCount > 0 else {
      throw Problem("\(shownPath) has no rows under its header.", .rosterIssues)
    }
  }
}

extension RosterCheck {
  private func writeIssues(to path: String) throws {
    do {
      let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
      let data = Data(IssueText.table(summary))
      guard FileManager.default.createFile(atPath: path, contents: data, attributes: attributes) else {
        throw CocoaError(.fileWriteUnknown)
      }
    } catch {
      throw Problem("The issues cannot be written to \(path).", hint: "Check the folder of --issues.", .toolFailed)
    }
  }

  /// A name that would be another person's is an issue like any other.
  private func refuseReassignments(in context: Context) throws {
    guard comparison.reassignedCount > 0, !reading.allowReassigned else { return }
    for found in comparison.reassignments.prefix(Self.shownIssueCount) {
      context.tell(
        "\(shownPath):\(found.line): \(found.column): '\(found.name)' was made for '\(found.before)' and would be "
          + "'\(found.now)' now")
    }
    let count = comparison.reassignedCount
    throw Problem(
      "\(count) \(count == 1 ? "name" : "names") of \(shownPath) would be another person's; nothing was queued or sent.",
      hint: "Was it sorted or numbered anew? Make names of a column that stays with the person. If it is meant so: "
        + "--allow-reassigned.", .rosterIssues)
  }
}

extension NewRow {
  /// A row as the queue takes it.
  init(_ row: RosterRow) {
    let content: Content =
      switch row.content {
      case .accepted(let account, let name, let definition): .item(account: account, name: name, definition: definition)
      case .rejected(let issues): .issue(issues.map(\.withoutPlace).joined(separator: "; "))
      }
    self.init(ordinal: row.ordinal, line: row.line, cells: row.cells, content: content)
  }
}

/// What the plan tells of the accepted rows.
struct PlanFacts {
  private(set) var accounts: [String] = []
  private(set) var accountCount = 0
  private(set) var firstName: String?
  private(set) var lastName: String?
  private(set) var gpuCount = 0
  private var seen: Set<String> = []

  mutating func note(_ account: String, _ name: String, _ definition: String) {
    if seen.insert(account).inserted {
      accountCount += 1
      if accounts.count < 3 { accounts.append(account) }
    }
    firstName = firstName ?? name
    lastName = name
    gpuCount += WorkspaceDefinition.gpuCount(in: definition)
  }
}
