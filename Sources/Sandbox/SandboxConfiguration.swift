// How a sandbox is set up.

package import DataForest
package import Pacing

/// How a sandbox behaves.
package struct SandboxConfiguration: Sendable {
  /// The port unless told.
  package static let standardPort = 4747
  /// The accounts unless told: those of the service's own pages.
  package static let standardAccounts = ["6COytUeFj7b8eOhq2L5zL", "2mUVZaHseGadiNFAg5MHjk"]

  /// The port on 127.0.0.1; 0 takes any free one.
  package var port = SandboxConfiguration.standardPort
  /// What a Host header may name beside the loopback address and the port, as when a port is forwarded.
  package var hosts: [String] = []
  /// The pair that requests must be signed with.
  package var credentials = Credentials.sandbox
  /// The accounts that exist.
  package var accounts = SandboxConfiguration.standardAccounts
  /// The most requests; nil for no limit.
  package var rateLimit: Quota?
  /// Other rates that `rateLimit` takes, each so long after the first request; in order.
  package var rateChanges: [(after: Duration, rate: Rate)] = []
  /// Whether a throttled reply says when to come back.
  package var saysRetryAfter = false
  /// The most workspaces an account may have; nil for no limit.
  package var accountQuota: Int?
  /// How long every reply takes.
  package var latency = Duration.zero
  /// The HTTP status of a refused second create of a name: 400 or 409.
  package var duplicateStatus = 400
  /// Whether a second create of a name makes a second workspace instead of being refused.
  package var acceptsDuplicates = false
  /// Whether it answers as an account does that no longer offers AI workspaces.
  package var isRetired = false
  /// What goes wrong on purpose.
  package var faults = Faults()
  /// Where workspaces and ledger are kept; nil keeps them in memory.
  package var stateFile: String?

  /// Makes the standard configuration.
  package init() {}
}

/// Why a sandbox cannot start or keep its state.
package enum SandboxError: Error, Hashable {
  /// The port is somebody else's.
  case portTaken(Int)
  /// It ended before it listened.
  case ended
  /// Its state file is not as it must be.
  case stateFile(String, StateFault)
  /// Something else, in the words of what failed.
  case other(String)

  /// What is wrong with a state file.
  package enum StateFault: Hashable, Sendable {
    /// The system does not let it be read; its reason.
    case refused(String)
    /// It is none, or cannot be read.
    case unreadable
    /// Its first line is none of a state.
    case noState
    /// Another version has written it.
    case version(Int)
    /// A line, from 1, is no change.
    case damaged(line: Int)
    /// It cannot be written, or something else has taken its place.
    case unwritable
  }
}
