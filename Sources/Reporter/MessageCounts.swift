// How often each message occurs; memory is flat.

/// Counts messages.
struct MessageCounts {
  /// So many different messages are counted; later ones are not, or a million different ones would be held.
  private static let most = 200
  /// A message is clipped to so many characters.
  private static let longest = 400

  private var counts: [String: Int] = [:]

  mutating func count(_ message: String?) {
    guard let message, !message.isEmpty else { return }
    let text = String(message.prefix(Self.longest))
    if counts[text] != nil || counts.count < Self.most { counts[text, default: 0] += 1 }
  }

  /// The most frequent ones; among equally frequent ones the first in the alphabet.
  func mostFrequent(_ count: Int) -> ArraySlice<(key: String, value: Int)> {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(count)
  }
}
