// Issues that say the same of many rows, counted while they come: right to the end, however many there are.

/// The issues of a roster by what they say.
package struct IssueGroups: Hashable, Sendable, CustomStringConvertible {
  /// Issues that say the same of several rows.
  package struct Group: Hashable, Sendable {
    /// The first of them.
    package let first: RowIssue
    /// How many there are.
    package fileprivate(set) var issueCount = 1
    /// How many rows have one.
    package fileprivate(set) var rowCount = 1
    /// The line of the last one.
    package fileprivate(set) var lastLine: Int
  }

  private struct Key: Hashable {
    let rule: String
    let column: String?
    let finding: RowIssue.Finding
  }

  /// How many kinds are told apart; a person reads twenty.
  static let mostGroups = 1_000

  /// The kinds, in the order in which they were met.
  package private(set) var groups: [Group] = []
  /// How many issues are of other kinds than those in `groups`.
  package private(set) var otherCount = 0
  private var places: [Key: Int] = [:]

  /// The kinds; in the same order for equal rosters.
  package var description: String { "\(groups) and \(otherCount)" }

  mutating func add(_ issue: RowIssue) {
    let key = Key(rule: issue.rule, column: issue.column, finding: issue.kind.map { .phrase($0) } ?? issue.finding)
    if let place = places[key] {
      groups[place].issueCount += 1
      if groups[place].lastLine != issue.line { groups[place].rowCount += 1 }
      groups[place].lastLine = issue.line
    } else if groups.count < Self.mostGroups {
      places[key] = groups.count
      groups.append(Group(first: issue, lastLine: issue.line))
    } else {
      otherCount += 1
    }
  }
}
