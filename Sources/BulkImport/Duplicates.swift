// One account and name twice in a roster: found in one pass, in eight bytes a row.

import CSV
import Provisioning

/// The account and name of a row.
struct RowKey: Hashable {
  let account: String
  let name: String

  /// Byte by byte: Swift takes texts as equal that Unicode writes in two ways, the service need not.
  static func == (one: RowKey, other: RowKey) -> Bool {
    one.account.hasSameBytes(as: other.account) && one.name.hasSameBytes(as: other.name)
  }

  func hash(into hasher: inout Hasher) {
    for var text in [account, name] {
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      hasher.combine(0xFF as UInt8)
    }
  }
}

/// The keys of a roster's rows.
struct Duplicates {
  /// How many first rows of a duplicate are remembered, so that they need not be read again.
  private static let rememberedCount = 1_024

  private let shownAs: String
  private var index: KeyIndex
  private var finder: RecordFinder
  private var remembered: [Int: (key: RowKey?, line: Int)] = [:]

  init(path: String, shownAs: String, separator: UInt8, hashBits: Int) {
    self.shownAs = shownAs
    index = KeyIndex(hashBits: hashBits)
    finder = RecordFinder(path: path, shownAs: shownAs, separator: separator)
  }

  /// Notes a row.
  ///
  /// - Parameter keyOf: the key of a record of this roster; nil when it has none.
  /// - Returns: the line and the number of the row that had the key first; nil when it is new.
  mutating func note(
    _ key: RowKey, of record: Record, keyOf: (Record) -> RowKey?
  ) throws -> (line: Int, number: Int)? {
    guard record.number <= KeyIndex.greatestNumber else { throw RosterError(.tooManyRows, file: shownAs) }
    finder.pass(record)
    let hash = key.hashValue
    for number in index.candidates(hash: hash) {
      let earlier = try recall(number, keyOf)
      if earlier.key == key { return (earlier.line, number) }
    }
    index.insert(hash: hash, number: record.number)
    return nil
  }

  private mutating func recall(_ number: Int, _ keyOf: (Record) -> RowKey?) throws -> (key: RowKey?, line: Int) {
    if let known = remembered[number] { return known }
    let record = try finder.record(number)
    if remembered.count == Self.rememberedCount { remembered.removeAll(keepingCapacity: true) }
    let found = (keyOf(record), record.line)
    remembered[number] = found
    return found
  }
}
