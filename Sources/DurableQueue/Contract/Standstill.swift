// When a pause is a person's business.

package import Pacing
import Provisioning

/// A cause that has kept runs from making anything, or a doubt that they have not settled.
package struct Standstill: Hashable, Sendable {
  /// What stands still.
  package enum Kind: Hashable, Sendable {
    /// Runs have ended alike, and nothing was made.
    case nothingMade
    /// A row's answer is unknown.
    case doubt
  }

  /// So many runs in a row are a person's business.
  package static let mostRuns = 3
  /// So is a cause that has lasted longer than this.
  package static let longest = Duration.seconds(24 * 3_600)

  /// What stands still.
  package let kind: Kind
  /// When the first of the runs ended, or the doubt began.
  package let since: Instant
  /// How many have ended so, in a row, or have not settled it.
  package let runCount: Int

  /// Makes one.
  package init(_ kind: Kind = .nothingMade, since: Instant, runCount: Int) {
    self.kind = kind
    self.since = since
    self.runCount = runCount
  }

  /// Whether a person must look.
  package func needsPerson(at now: Instant) -> Bool {
    runCount >= Self.mostRuns || now - since > Self.longest
  }
}
