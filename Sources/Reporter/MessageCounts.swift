// How often each message occurs; memory is flat.

/// Counts messages.
struct MessageCounts {
  /// So many different messages are counted; later ones are not, or a million different ones would be held.
  private static let most = 200
  /// A message is clipped to so many characters.
  private static let longest = 400

  private struct Count {
    let message: String
    var count: Int
  }

  /// By what messages have in common.
  private var counts: [String: Count] = [:]

  /// - Parameter kind: what it has in common with others that are counted with it; nil: the message.
  mutating func count(_ message: String?, like kind: String? = nil) {
    guard let message, !message.isEmpty else { return }
    let text = String(message.prefix(Self.longest))
    let key = kind.map { String($0.prefix(Self.longest)) } ?? text
    if counts[key] == nil, counts.count < Self.most { counts[key] = Count(message: text, count: 0) }
    counts[key]?.count += 1
  }

  /// The most frequent ones, each by the first of its kind; among equally frequent ones the first in the alphabet.
  func mostFrequent(_ count: Int) -> ArraySlice<(key: String, value: Int)> {
    counts.values.map { (key: $0.message, value: $0.count) }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(count)
  }
}
