// What the import hands over: one row after another, and a summary at the end.

/// What a whole reading of a roster showed.
package struct RosterSummary: Hashable, Sendable {
  /// The most issues, and the most warnings, that are kept; the counts go on.
  package static let keptIssueCount = 10_000

  /// The headers, trimmed, without those that are empty or that reports have added (`rollcall_`).
  package internal(set) var columns: [String] = []
  /// Those of them that are no fields and make no name.
  package internal(set) var carried: [String] = []
  /// Those that reach the service: fields, and what a template makes something of.
  package internal(set) var sent: [String] = []
  /// Those that stay here.
  package internal(set) var staying: [String] = []
  /// Columns of the roster that were left out.
  package internal(set) var dropped: [String] = []
  /// What the roster turned out to be.
  package internal(set) var format = RosterFormat(encoding: .utf8, shape: .table(separator: UInt8(ascii: ",")))
  /// Rows below the header, without wholly empty ones.
  package internal(set) var rowCount = 0
  /// Rows that keep to every rule.
  package internal(set) var acceptedCount = 0
  /// The first issues, the header's first, then in the roster's order.
  package internal(set) var issues: [RowIssue] = []
  /// How many issues there are in all.
  package internal(set) var issueCount = 0
  /// Every issue, by what it says.
  package internal(set) var issueGroups = IssueGroups()
  /// How many rows have an issue of their own.
  package internal(set) var issueRowCount = 0
  /// How many of them belong to no row: a file that breaks off, a column to choose by that is not there. Leaving rows out
  /// does not mend them.
  package internal(set) var wholeIssueCount = 0
  /// The first warnings, in the roster's order.
  package internal(set) var warnings: [RowIssue] = []
  /// How many warnings there are in all.
  package internal(set) var warningCount = 0
  /// Every warning, by what it says.
  package internal(set) var warningGroups = IssueGroups()
  /// SHA-256 in hexadecimal over columns, cells and what a template makes of them, row by row: equal exactly for rosters
  /// that ask for the same.
  package internal(set) var digest = ""
  /// What came of the batch whose rows it mends; nil where it mends none.
  package internal(set) var mended: MendCounts?

  /// Makes the summary of a roster that was not read yet.
  package init() {}

  /// Adds what is wrong with the roster as a whole.
  mutating func add(whole issue: RowIssue) {
    wholeIssueCount += 1
    add(issue)
  }

  mutating func add(_ issue: RowIssue) {
    if issue.isWarning {
      warningCount += 1
      warningGroups.add(issue)
      if warnings.count < Self.keptIssueCount { warnings.append(issue) }
    } else {
      issueCount += 1
      issueGroups.add(issue)
      if issues.count < Self.keptIssueCount { issues.append(issue) }
    }
  }
}
