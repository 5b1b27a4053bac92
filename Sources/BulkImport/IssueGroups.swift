// Issues that say the same of many rows, counted while they come: right to the end, however many there are.

/// The issues of a roster by what they say, and by kind: what rule is broken in which column.
package struct IssueGroups: Hashable, Sendable, CustomStringConvertible {
  /// Issues that say the same of several rows.
  package struct Group: Hashable, Sendable {
    /// The first of them.
    package let first: RowIssue
    /// How many there are.
    package fileprivate(set) var issueCount = 1
    /// How many rows have one.
    package fileprivate(set) var rowCount = 1
    /// The lines of the rows.
    package fileprivate(set) var lines: LineList
    /// The line of the last one.
    package var lastLine: Int { lines.last }
  }

  /// Issues of one rule in one column, whatever stands there.
  package struct Kind: Hashable, Sendable {
    /// The first of them.
    package let first: RowIssue
    /// How many there are.
    package fileprivate(set) var issueCount = 0
    /// How many rows have one.
    package fileprivate(set) var rowCount = 0
    /// The line of the last one.
    package fileprivate(set) var lastLine = 0
    /// The places in `groups` of those that are told apart.
    fileprivate(set) var places: [Int] = []
  }

  private struct KindKey: Hashable {
    let rule: String
    let column: String?
    let isWarning: Bool
  }

  private struct Key: Hashable {
    let kind: KindKey
    let finding: RowIssue.Finding
  }

  /// How many of a kind, and in all, are told apart by what they say; a person reads twenty.
  private let mostOfKind: Int
  private let mostGroups: Int
  private let mostRanges: Int

  /// Those that say the same, in the order in which they were met.
  package private(set) var groups: [Group] = []
  /// The kinds, in the order in which they were met.
  package private(set) var kinds: [Kind] = []
  private var places: [Key: Int] = [:]
  private var kindPlaces: [KindKey: Int] = [:]

  /// Makes groups that tell so many issues apart.
  ///
  /// - Parameter mostRanges: how many ranges of lines are told of those that say the same.
  package init(mostOfKind: Int = 1_000, mostGroups: Int = 10_000, mostRanges: Int = 100) {
    (self.mostOfKind, self.mostGroups, self.mostRanges) = (mostOfKind, mostGroups, mostRanges)
  }

  /// The kinds; in the same order for equal rosters.
  package var description: String { "\(kinds) \(groups)" }

  /// Those of a kind that are told apart, in the order in which they were met.
  package func groups(of kind: Kind) -> [Group] { kind.places.map { groups[$0] } }

  /// Counts an issue; whether it is in one of the groups, and not only of a kind.
  @discardableResult
  package mutating func add(_ issue: RowIssue) -> Bool {
    let kindKey = KindKey(rule: issue.rule, column: issue.column, isWarning: issue.isWarning)
    let kind = kindPlaces[kindKey] ?? kinds.count
    if kind == kinds.count {
      kindPlaces[kindKey] = kind
      kinds.append(Kind(first: issue))
    }
    kinds[kind].issueCount += 1
    if kinds[kind].lastLine != issue.line { kinds[kind].rowCount += 1 }
    kinds[kind].lastLine = issue.line
    let key = Key(kind: kindKey, finding: issue.kind.map { .phrase($0) } ?? issue.finding)
    if let place = places[key] {
      groups[place].issueCount += 1
      if groups[place].lines.last != issue.line { groups[place].rowCount += 1 }
      groups[place].lines.append(issue.line, most: mostRanges)
      return true
    }
    guard kinds[kind].places.count < mostOfKind, groups.count < mostGroups else { return false }
    places[key] = groups.count
    kinds[kind].places.append(groups.count)
    groups.append(Group(first: issue, lines: LineList(issue.line)))
    return true
  }
}

/// Lines of a file, as ranges: the first of them, and the last line.
package struct LineList: Hashable, Sendable, CustomStringConvertible {
  private var ranges: [ClosedRange<Int>]
  private var isCut = false
  /// The last line.
  package private(set) var last: Int

  init(_ line: Int) { (ranges, last) = ([line...line], line) }

  /// - Parameter most: how many ranges there may be.
  mutating func append(_ line: Int, most: Int) {
    guard line != last else { return }
    if !isCut, let range = ranges.last, line == range.upperBound + 1 {
      ranges[ranges.count - 1] = range.lowerBound...line
    } else if ranges.count < most {
      ranges.append(line...line)
    } else {
      isCut = true
    }
    last = line
  }

  /// `2 to 10001, 10005`; `2-5` would be a day of February to a spreadsheet.
  package var description: String {
    let texts = ranges.map { range in
      range.count == 1
        ? "\(range.lowerBound)"
        : range.count == 2 ? "\(range.lowerBound), \(range.upperBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }
    return (texts + (isCut ? ["… \(last)"] : [])).joined(separator: ", ")
  }
}
