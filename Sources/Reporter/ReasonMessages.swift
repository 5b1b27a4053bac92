// What is said most often of each reason.

import Provisioning

/// Counts the messages of reasons; memory is flat.
struct ReasonMessages {
  /// So many different messages of a reason are counted; later ones are not.
  private static let most = 200
  /// A message is clipped to so many characters.
  private static let longest = 200

  private var counts: [Reason: [String: Int]] = [:]

  mutating func count(_ message: String?, of reason: Reason) {
    guard let message, !message.isEmpty else { return }
    let text = message.count <= Self.longest ? message : message.prefix(Self.longest - 1) + "…"
    if counts[reason]?[text] != nil || counts[reason]?.count ?? 0 < Self.most {
      counts[reason, default: [:]][text, default: 0] += 1
    }
  }

  /// The most frequent message of each reason.
  var mostFrequent: [Reason: String] {
    counts.compactMapValues { messages in messages.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key }
  }
}
