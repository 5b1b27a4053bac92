// When a signal is a second one.

import Pacing

/// Tells a second signal from the first one that came twice: `timeout` sends one to the process and one to its group, and a
/// terminal's Ctrl-C reaches whatever started this process too, which may pass it on.
struct SignalCount {
  /// Signals that come so soon after the first are the same one.
  static let oneSignal = Duration.seconds(1)

  /// What a signal asks for: to stop in order, nothing new, or to leave at once.
  enum Meaning { case stop, same, leave }

  private var first: SinceBoot?

  mutating func take(at now: SinceBoot) -> Meaning {
    guard let first else {
      first = now
      return .stop
    }
    guard let age = now.age(of: first) else { return .leave }
    return age < Self.oneSignal ? .same : .leave
  }
}
