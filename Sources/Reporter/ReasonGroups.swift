// Why rows are not done, by state and reason, with the most frequent messages; memory is flat.

import DurableQueue
import Provisioning
import Words

/// Counts the rows that are not done, while they go by.
struct ReasonGroups {
  /// Rows of one state with the same reason.
  struct Key: Hashable {
    /// As the files write it; `invalid` for rows that were not accepted.
    let state: String
    let reason: String
  }

  private struct Group {
    var count = 0
    var messages = MessageCounts()
  }

  private var groups: [Key: Group] = [:]

  mutating func count(_ row: OutcomeRow) {
    guard let item = row.item else {
      // What stands in a row's own cells makes no other reason of it.
      count(Key(state: "invalid", reason: "invalid"), saying: row.issue, like: row.issue?.withoutValues)
      return
    }
    guard item.state != .done, let reason = item.reason else { return }
    count(Key(state: item.state.rawValue, reason: reason.rawValue), saying: item.message)
  }

  private mutating func count(_ key: Key, saying message: String?, like kind: String? = nil) {
    groups[key, default: Group()].count += 1
    groups[key]?.messages.count(message, like: kind)
  }

  /// The groups as the page has them, the largest first, each with its most frequent messages.
  func json(for batch: BatchID, messageCount: Int = 5) -> JSONValue {
    let sorted = groups.sorted {
      ($1.value.count, $0.key.state, $0.key.reason) < ($0.value.count, $1.key.state, $1.key.reason)
    }
    return .array(
      sorted.map { key, group in
        let messages = group.messages.mostFrequent(messageCount)
        return .object([
          "state": .string(key.state), "reason": .string(key.reason), "count": .integer(Int64(group.count)),
          "title": .string(Advice.title(state: key.state, reason: key.reason)),
          "advice": .string(Advice.text(state: key.state, reason: key.reason, of: batch) ?? ""),
          "messages": .array(
            messages.map { .object(["message": .string($0.key), "count": .integer(Int64($0.value))]) }),
        ])
      })
  }
}

extension String {
  /// The text with a dot in place of what stands between apostrophes, a number, or a line: what messages have in common that
  /// each name a cell of their own.
  fileprivate var withoutValues: String {
    var text = ""
    var rest = self[...]
    while let start = rest.firstIndex(of: "'") {
      text += rest[..<start]
      // An apostrophe inside a word belongs to the text.
      let isInside = start > rest.startIndex && rest[rest.index(before: start)].isLetter
      let behind = rest.index(after: start)
      guard !isInside, let end = rest[behind...].firstIndex(of: "'") else {
        text += "'"
        rest = rest[behind...]
        continue
      }
      text += "·"
      rest = rest[rest.index(after: end)...]
    }
    return String((text + rest).map { $0.isNumber ? "·" : $0 })
  }
}
