// The rows that a person sees at the end of a run: who is not done, by name. A few of each kind are kept while the rows go
// by; memory is flat.

import DurableQueue
import Provisioning
import Words

/// A row that is not done.
struct OpenRow: Hashable, Sendable {
  /// The item's name, or the line where there is none.
  let name: String
  /// Why, with what was said.
  let why: String
}

/// The first rows that are not done, and how many there are.
struct OpenRows: Hashable, Sendable {
  /// How many are shown.
  static let most = 10
  /// What a person has to do something about, in the order in which it is shown; what somebody wanted so comes last. What is
  /// not sent stands here only where all fits: a run that was stopped says why once, not for each row.
  private static let order = ["failed", StateWords.invalid, "in_doubt", "cancelled", "ready", "leased"]
  private static let unsent: Set = ["ready", "leased"]

  private struct Kind: Hashable, Sendable {
    var count = 0
    var first: [OpenRow] = []
  }

  private var kinds: [String: Kind] = [:]

  mutating func add(_ row: OutcomeRow) {
    let item = row.item
    if item?.state == .done { return }
    let state = item?.state.rawValue ?? StateWords.invalid
    kinds[state, default: Kind()].count += 1
    guard kinds[state].map({ $0.first.count < Self.most }) ?? false else { return }
    let name = item?.name.visibleLine ?? RowWords.line(row.line)
    let why = RowWords.why(row.issue, item.map { ($0.state, $0.reason, $0.message) })
    kinds[state]?.first.append(OpenRow(name: name, why: why.visibleLine))
  }

  private var count: Int { kinds.values.reduce(0) { $0 + $1.count } }
  /// The kinds of which rows are shown.
  private var named: [(state: String, kind: Kind)] {
    let isFew = count <= Self.most
    return Self.order.compactMap { state in
      guard let kind = kinds[state], isFew || !Self.unsent.contains(state) else { return nil }
      return (state, kind)
    }
  }

  /// Those that are shown.
  var shown: [OpenRow] { Array(named.flatMap(\.kind.first).prefix(Self.most)) }

  /// How many others there are of the kinds that are shown, and of which states; nil when there are none.
  var rest: (count: Int, states: [String])? {
    var (room, count, states) = (Self.most, 0, [String]())
    for (state, kind) in named {
      let left = max(0, kind.count - room)
      room = max(0, room - kind.count)
      count += left
      if left > 0 { states.append(state) }
    }
    return count > 0 ? (count, states) : nil
  }
}

/// What is known beside a file's members and not written into it: `summary.json` goes to chat rooms and monitors, where no
/// names of people belong.
struct Unwritten<Value: Sendable>: Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}

extension Unwritten: Hashable {
  // Summaries are equal when their files are.
  static func == (_: Unwritten, _: Unwritten) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

extension Unwritten<OpenRows>: Codable {
  init(from decoder: any Decoder) throws { self.init(OpenRows()) }
  func encode(to encoder: any Encoder) throws {}
}

// What the compiler writes for a type with such a member calls these: no member of its name is written, or needed.
extension KeyedEncodingContainer {
  mutating func encode(_ value: Unwritten<OpenRows>, forKey key: Key) throws {}
}

extension KeyedDecodingContainer {
  func decode(_ type: Unwritten<OpenRows>.Type, forKey key: Key) throws -> Unwritten<OpenRows> { Unwritten(OpenRows()) }
}
