// The batch that a mended report goes into, and what the report makes of it.

/// The batch that a mended report goes into.
package struct MendBase: Hashable, Sendable {
  /// Its number.
  package let batch: Int64
  /// What people call its roster.
  package let name: String
  /// Its headers.
  package let columns: [String]
  /// Its digest.
  package let digest: String
  /// The digest of its course's latest batch: of itself, or of one after it.
  package let latestDigest: String
  /// Whether it is only a part of a roster, so that nothing is gone because it is not in it.
  package let isPartial: Bool
  /// The lines on which several of its rows start, as in JSON.
  package let sharedLines: Set<Int>

  /// Describes a batch.
  package init(
    batch: Int64, name: String, columns: [String], digest: String, latestDigest: String, isPartial: Bool,
    sharedLines: Set<Int>
  ) {
    (self.batch, self.name, self.columns) = (batch, name, columns)
    (self.digest, self.latestDigest, self.isPartial) = (digest, latestDigest, isPartial)
    self.sharedLines = sharedLines
  }
}

/// What a mended report makes of its batch.
package struct MendCounts: Hashable, Sendable {
  /// Rows that it has taken the place of.
  package internal(set) var mendedCount = 0
  /// Rows that have no line of the batch.
  package internal(set) var newCount = 0
  /// Rows of the batch.
  package internal(set) var baseCount = 0
  /// Rows of the new roster that keep to every rule.
  package internal(set) var acceptedCount = 0
  /// Whether any cell or definition is another one.
  package internal(set) var isChanged = false

  /// All rows of the new roster.
  package var totalCount: Int { baseCount + newCount }
}
