// What leaves a course with a roster, and from when on a person is asked before that.

package import Pacing
package import Provisioning

/// How many items may leave a course with one roster before a person is asked.
package struct GoneLimit: Hashable, Sendable {
  private enum Most: Hashable {
    case count(Int)
    case percent(Double)
  }

  /// What a share allows of any roster: a small class changes by more than a share of it.
  private static let fewest = 4

  private let most: Most

  /// A fifth of the roster, and four at least.
  package static let standard = GoneLimit(percent: 20)

  /// So many items.
  package init(count: Int) { most = .count(count) }

  /// So much of a roster, and four items at least.
  package init(percent: Double) { most = .percent(percent) }

  /// How many may leave a roster of so many rows.
  package func most(of rowCount: Int) -> Int {
    switch most {
    case .count(let count): count
    case .percent(let percent): max(Self.fewest, Int(Double(rowCount) * percent / 100))
    }
  }
}

/// A roster of a course, and how many of its items a new roster does not name: more than the limit allows.
package struct GoneShare: Hashable, Sendable {
  /// How many the new roster does not name.
  package let goneCount: Int
  /// How many the earlier roster has.
  package let rowCount: Int
  /// The earlier roster.
  package let batch: BatchID
  /// When that was imported.
  package let importedAt: Instant
}

/// A person whom the course has under another name.
package struct Renaming: Hashable, Sendable {
  /// The line of the row.
  package let line: Int
  /// A column that tells who it is, and what stands there.
  package let column: String
  package let value: String
  /// The name that the course has.
  package let before: String
  /// The account that has it.
  package let account: String
  /// The name of the row.
  package let now: String
}
