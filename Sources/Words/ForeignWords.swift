// Sentences about answers that are not the service's, and about clocks that differ.

import Pacing

/// Sentences about answers that are not the service's own.
package enum ForeignWords {
  /// What to do, without a full stop.
  package static let remedy =
    "See what is between here and the service (a sign-in page, a proxy, a firewall) and whether the endpoint is right"

  /// That a list cannot be relied on.
  package static func neverWhole(_ account: String) -> String {
    "The service's list of account \(account) was not whole, each time that it was asked for: it holds fewer workspaces than "
      + "it says, or some that cannot be read. A row whose answer is unknown cannot be settled by it when it is not in it."
  }
}

/// Words for a clock that is wrong.
package enum ClockWords {
  /// How far the service's clock is ahead of this machine's, or behind it when negative.
  package static func difference(_ skew: Duration) -> String {
    let distance = Duration.microseconds(abs(skew.microseconds)).displayText
    let direction = skew < .zero ? "behind" : "ahead of"
    return "the service's clock is \(distance) \(direction) this machine's, and five minutes are refused"
  }

  /// What to do, without a full stop.
  package static let remedy = "Set this machine's clock (`timedatectl set-ntp true`, or ask who runs the machine)"
}
