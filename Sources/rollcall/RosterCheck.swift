// Checks a roster and compares it with the queue in one pass, for the plan; shows the issues.

import BulkImport
import DataForest
import DurableQueue
import Files
import Foundation
import Provisioning
import Spreadsheet
import Synchronization
import Words

/// A roster that was read once: what is in it, and what a run would make of it.
struct RosterCheck {
  /// How many rows are shown whose person or whose name is another; the rest are counted.
  static let exampleCount = 5

  let path: String
  /// Keeps what came from standard input.
  let spool: Spool?
  let shownPath: String
  let label: String
  /// Whether a person has said what the course is called.
  let hasLabel: Bool
  let reader: RosterReader
  let reading: ReadingOptions
  let options: RosterOptions
  let endpoint: Endpoint
  /// What no output may replace.
  let needed: NeededFiles
  /// How it is read, for the course to remember.
  let settings: CourseSettings
  /// What each row's person is to do first.
  let firstSteps: FirstSteps?
  /// The options that are as last time, as words of a command line.
  let asLastTime: [String]
  /// The report that is mended; nil where it is a roster of its own.
  let mended: MendedReport?
  let context: Context
  private(set) var summary = RosterSummary()
  private(set) var comparison = Comparison()
  private(set) var facts = PlanFacts()
  /// What an import takes.
  private var rows: SpooledRows?

  /// Previews a roster, so that one that is missing or is none is reported first; it is not read yet.
  ///
  /// - Parameters:
  ///   - known: what is remembered of its course.
  ///   - mended: the report that it is, where its rows go back to their batch.
  init(
    _ arguments: RosterArguments, reading said: ReadingOptions, endpoint: Endpoint, of known: KnownCourse? = nil,
    mending mended: MendedReport? = nil, database: String, in context: Context
  ) throws {
    self.mended = mended
    let (reading, words) = known?.settings.map { said.asLastTime($0) } ?? (said, [])
    settings = CourseSettings(of: reading, in: context)
    asLastTime = words
    let (roster, isStandardInput) = (arguments.roster, arguments.roster == "-")
    guard arguments.label != nil || !isStandardInput else {
      throw CommandError(
        "A roster from standard input has no name to know it by.", hint: "Say what it is with --label TEXT.", .usage)
    }
    // What is told soonest comes first; standard input may take its time.
    let template = try reading.readTemplate(isRemembered: said.template == nil, in: context)
    firstSteps = template?.settings.firstSteps ?? mended?.firstSteps
    let read = reading.options(with: template, in: context)
    options = mended?.options(read, said: said) ?? read
    (path, spool) = try ReadingOptions.file(of: roster, in: context)
    shownPath = isStandardInput ? "standard input" : roster
    // A mended report gives way to the next one: all that is in it is in the queue then.
    needed = reading.neededFiles(roster: mended == nil ? path : nil, database: database, in: context)
    try reading.refuseOverwriting(needed, in: context)
    self.context = context
    self.endpoint = endpoint
    self.reading = reading
    label = mended?.base.batch.label ?? arguments.label(of: path)
    hasLabel = arguments.label != nil
    reader = try RosterReader(
      path: path, displayName: shownPath, schema: .workspace, options: options,
      template: template)
  }

  /// Reads the roster, once, for the plan; sends and stores nothing.
  ///
  /// - Parameters:
  ///   - queue: what to compare with; nil when there is no queue yet, so that every row is new.
  ///   - isImported: whether the rows are kept for an import.
  ///   - noting: called with each row.
  mutating func read(
    comparingWith queue: Queue?, isImported: Bool = false, noting note: (NewRow) throws -> Void = { _ in }
  ) throws {
    var facts = PlanFacts()
    var spool = isImported ? RowSpool() : nil
    func readThrough(
      into base: ImportedRows? = nil, carried: ([(header: String, index: Int)]) -> Void = { _ in },
      leaving: (_ account: String, _ name: String) throws -> Void = { _, _ in },
      _ compare: (NewRow) throws -> Void = { _ in }
    ) throws -> RosterSummary {
      try read(into: base, carried: carried, leaving: leaving) { row in
        switch row.content {
        case .item(let account, let name, let definition): facts.note(account, name, definition)
        // What will be refused need not be kept. A batch may have invalid rows that nobody has mended.
        case .issue: if !reading.skipInvalid, mended == nil { spool = nil }
        }
        try RosterError.copying(shownPath) { () throws(FileError) in try spool?.append(row) }
        try note(row)
        try compare(row)
      }
    }
    if let queue {
      comparison = try queue.compare(
        target: DataForestClient.targetName, baseURL: endpoint.baseURL, label: label,
        isPartial: isPartial, limit: reading.gone.maxGone.limit
      ) { session in
        session.allowsRenaming = mended != nil
        let base = mended.map { session.rows(of: $0.base.batch.id) }
        summary = try readThrough(
          into: base, carried: { session.carried = $0 }, leaving: { try session.replace($1, of: $0) }
        ) { try session.add($0) }
      }
      comparison.isLatestBatch = try queue.latestBatch(equalTo: newBatch) != nil
    } else {
      summary = try readThrough()
      comparison.newCount = summary.acceptedCount
    }
    self.facts = facts
    rows = spool?.rows
  }

  /// Reads the roster, writing every issue into the file of --issues.
  ///
  /// - Parameter base: the rows that it mends.
  private func read(
    into base: ImportedRows? = nil, carried: ([(header: String, index: Int)]) -> Void = { _ in },
    leaving: (_ account: String, _ name: String) throws -> Void = { _, _ in }, _ body: (NewRow) throws -> Void
  ) throws -> RosterSummary {
    if let mended, let base { return try read(into: base, of: mended, carried: carried, leaving: leaving, body) }
    let file = try reading.issueFile(needed, in: context)
    let summary = try reader.read(wording: \.withoutPlace, carried: carried, issues: { try file?.add($0) }, body)
    try file?.finish()
    return summary
  }

  /// The batch that an import of the roster would make.
  var newBatch: NewBatch {
    var batch = NewBatch(
      label: label, target: DataForestClient.targetName, baseURL: endpoint.baseURL,
      columns: summary.columns, digest: digest, isPartial: isPartial, settings: settings.text)
    batch.firstSteps = firstSteps?.text
    batch.mended = mended?.base.batch.id
    return batch
  }

  /// Imports the roster, or finds the batch that equals it.
  ///
  /// - Parameters:
  ///   - agreed: nothing is imported if it would do more than this.
  ///   - tooMany: called with what it would do when that is so, after the queue was let go of.
  /// - Returns: the batch; nil when it would have been too many.
  func importBatch(
    into queue: Queue, agreed: Agreement = Agreement(), tooMany: (Comparison) throws -> Void = { _ in }
  ) throws -> ImportResult? {
    guard let rows else { throw CommandError("The rows of \(shownPath) were not kept.", .toolFailed) }
    var excess: Comparison?
    let result: ImportResult?
    do {
      result = try queue.importBatch(newBatch, rows, known: comparison, limit: reading.gone.maxGone.limit) {
        comparison in
        if !agreed.covers(comparison) { excess = comparison }
        return excess == nil
      }
    } catch let error as FileError {
      throw RosterError(copying: shownPath, error)
    } catch let error as OvertakenBatch {
      throw mended.map { $0.overtaken(by: error.latest) } ?? error
    }
    if let excess { try tooMany(excess) }
    return result
  }

  /// From how many bytes on it pays to import a roster while it is read: some ten thousand rows.
  private static let largeSize = 1 << 22

  /// Whether it pays to import the roster while it is read.
  func isLarge() throws -> Bool { try FileFacts.of(path)?.size ?? 0 >= Self.largeSize }

  /// Imports a large roster whose label the queue has never seen while it is read; issues undo it.
  ///
  /// - Parameter agree: called when the roster was read and has no issues; what it throws undoes the import.
  /// - Returns: the result; nil when the roster is small or the label known, so that nothing was read.
  mutating func importUnseen(
    into queue: Queue, agree: (RosterCheck) throws -> Void = { _ in }
  ) throws -> ImportResult? {
    guard mended == nil, try isLarge(), try hasLabel || !queue.hasOrphanedCourse(beside: newBatch.course) else {
      return nil
    }
    let found = Mutex<(RosterSummary, PlanFacts)?>(nil)
    let unread = self
    return try queue.importUnseen(newBatch) { add in
      var (facts, isRefused) = (PlanFacts(), false)
      let summary = try unread.read { row in
        switch row.content {
        case .item(let account, let name, let definition): facts.note(account, name, definition)
        case .issue: if !unread.reading.skipInvalid { isRefused = true }
        }
        // What will be undone need not be written.
        if !isRefused { try add(row) }
      }
      found.withLock { $0 = (summary, facts) }
    } content: { comparison in
      (summary, facts) = found.withLock { $0 } ?? (summary, facts)
      self.comparison = comparison
      try refuseIssues(in: context)
      try agree(self)
      return (summary.columns, digest)
    }
  }

  // MARK: - Issues

  /// Whether the good rows go on without the bad ones.
  var leavesRowsOut: Bool {
    reading.skipInvalid && summary.issueCount > 0 && summary.wholeIssueCount == 0 && summary.acceptedCount > 0
  }

  /// Prints warnings and issues, and ends with status 5 if there are issues or no rows.
  /// With `--skip-invalid` the good rows go on, if there are any and nothing is wrong with the roster as a whole.
  func refuseIssues(in context: Context) throws {
    try refuseOvertaken()
    if !summary.format.isPlain {
      let sample = summary.format.sample.map { " A cell of it: '\($0.shown)'." } ?? ""
      context.tell("Read as \(summary.format): \(summary.rowCount.of("row")).\(sample)")
    }
    try tellIssues(in: context)
    if leavesRowsOut {
      context.tell(leftOutText)
    } else if summary.issueCount > 0 {
      throw CommandError(
        "\(shownPath) has \(issueCountText); nothing was queued or sent.",
        hint: reading.skipInvalid && summary.wholeIssueCount > 0
          ? "--skip-invalid leaves rows out, and that does not mend the roster as a whole: mend it and run the same command again."
          : "Mend the lines above and run the same command again.", .rosterIssues)
    }
    try refuseUnknownSteps()
    try refuseReassignments(in: context)
    try refuseRenamings(in: context)
    guard summary.rowCount > 0 else {
      throw CommandError("\(shownPath) has no rows under its header.", .rosterIssues)
    }
  }

  /// How many issues there are, and in how many rows: `24 issues in 21 rows`.
  private var issueCountText: String {
    let (whole, rows) = (summary.wholeIssueCount, summary.issueCount - summary.wholeIssueCount)
    guard rows > 0 else { return whole.of("issue") }
    let inRows = "\(rows.of("issue")) in \(summary.issueRowCount.of("row"))"
    return whole > 0 ? "\(inRows) and \(whole) in the whole" : inRows
  }
}

extension RosterError {
  /// How the command ends: a path that leads nowhere is a mistake of the command line, like that of a template.
  var status: ExitStatus {
    switch code {
    case .missing, .notAFile, .drop, .noSheet: .usage
    case .noCopy, .packed(.noMemory): .toolFailed
    default: .rosterIssues
    }
  }
}
