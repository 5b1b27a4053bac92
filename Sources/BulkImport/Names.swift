// What is wrong with names across the rows of a roster: one account and name twice, found in one pass, in eight bytes a row,
// and exact all the same; and names made of numbers that tell nobody apart.

import CSV
import Provisioning

/// What names an item within its target and endpoint.
struct RowKey: Hashable, Sendable {
  /// The account.
  let account: String
  /// The item's name.
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
  /// From place to place so many records are passed.
  private static let distance = 64

  private let source: RosterSource
  private let shownAs: String
  private var index: KeyIndex
  private var remembered: [Int: (key: RowKey?, line: Int)] = [:]
  /// Where some of the records are that were passed, to read on from there.
  private var places: [RecordPlace] = []
  private var passedCount = 0

  init(_ source: RosterSource, shownAs: String, hashBits: Int) {
    (self.source, self.shownAs, index) = (source, shownAs, KeyIndex(hashBits: hashBits))
  }

  /// Notes a row, in the roster's order; the line of the row that had the key first, nil when it is new.
  mutating func note(_ key: RowKey, of record: Record, keyOf: (Record) -> RowKey?) throws -> Int? {
    guard record.number <= KeyIndex.greatestNumber else { throw RosterError(.tooManyRows, file: shownAs) }
    if passedCount.isMultiple(of: Self.distance) { places.append(record.place) }
    passedCount += 1
    let hash = key.hashValue
    for number in index.candidates(hash: hash) {
      let earlier = try recall(number, keyOf)
      if earlier.key == key { return earlier.line }
    }
    index.insert(hash: hash, number: record.number)
    return nil
  }

  private mutating func recall(_ number: Int, _ keyOf: (Record) -> RowKey?) throws -> (key: RowKey?, line: Int) {
    if let known = remembered[number] { return known }
    let record = try self.record(number)
    if remembered.count == Self.rememberedCount { remembered.removeAll(keepingCapacity: true) }
    let found = (keyOf(record), record.line)
    remembered[number] = found
    return found
  }

  /// A record that was passed; reads at most as many as are between two places.
  private func record(_ number: Int) throws -> Record {
    var (low, high) = (0, places.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if places[middle].number <= number { low = middle } else { high = middle }
    }
    var found: Record?
    do {
      try source.read(from: places[low], chunkSize: 1 << 14) { record in
        if record.number == number { found = record }
        return record.number < number
      }
    } catch is CSVError {
      // What follows the record does not matter.
    }
    guard let found else { throw RosterError(.changed, file: shownAs) }
    return found
  }
}

/// The keys seen so far, each as some bits of its hash and the number of its record. Equal bits are only a suspicion:
/// the caller compares the keys themselves, so that two keys with one hash are never taken for each other. A million keys
/// take 16 MB.
package struct KeyIndex {
  /// The greatest record number that can be kept.
  package static let greatestNumber = (1 << numberBits) - 1
  private static let numberBits = 28
  private static let numberMask = UInt64(greatestNumber)

  /// The parts grow one after another, so that never all of the index is in memory twice.
  private static let partCount = 64

  private struct Part {
    /// Hash bits above, record number below; 0 is a free slot, for record numbers start at 1.
    var slots: [UInt64] = Array(repeating: 0, count: 1 << 5)
    var count = 0

    func home(of entry: UInt64) -> Int { Int(entry >> numberBits) / partCount & (slots.count - 1) }

    mutating func put(_ entry: UInt64) {
      var slot = home(of: entry)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }

    mutating func grow() {
      let old = slots
      slots = Array(repeating: 0, count: old.count * 2)
      for entry in old where entry != 0 { put(entry) }
    }
  }

  private var parts = Array(repeating: Part(), count: partCount)
  private let hashMask: UInt64

  /// Makes an index that keeps so many bits of a hash, at most 36; fewer bring more suspicions.
  package init(hashBits: Int = 36) {
    hashMask = (1 << UInt64(min(hashBits, UInt64.bitWidth - Self.numberBits))) - 1
  }

  /// The records that may have a key: those whose hash has the same bits. Hardly ever one that has another key.
  package func candidates(hash: Int) -> [Int] {
    let wanted = entry(hash, 0)
    let part = parts[part(of: wanted)]
    var found: [Int] = []
    var slot = part.home(of: wanted)
    while part.slots[slot] != 0 {
      if part.slots[slot] >> Self.numberBits == wanted >> Self.numberBits {
        found.append(Int(part.slots[slot] & Self.numberMask))
      }
      slot = (slot + 1) & (part.slots.count - 1)
    }
    return found
  }

  /// Adds a key by its hash and the number of its record, from 1 to `greatestNumber`.
  package mutating func insert(hash: Int, number: Int) {
    let entry = entry(hash, number)
    let place = part(of: entry)
    parts[place].put(entry)
    parts[place].count += 1
    if parts[place].count * 4 > parts[place].slots.count * 3 { parts[place].grow() }
  }

  private func entry(_ hash: Int, _ number: Int) -> UInt64 {
    (UInt64(truncatingIfNeeded: hash) & hashMask) << Self.numberBits | UInt64(number) & Self.numberMask
  }

  private func part(of entry: UInt64) -> Int { Int(entry >> Self.numberBits) % Self.partCount }
}

// MARK: - Numbers

/// What names made of numbers show only over many rows.
struct NameNumbers {
  private var counting = CountingNames()
  private var short = ShortNumbers()

  /// Notes a row as the roster has it, whether or not it is wanted.
  mutating func note(_ record: Record, _ columns: Columns) { counting.note(record, columns) }

  /// Notes a row that is wanted and of which a template makes something.
  mutating func note(wanted record: Record, _ columns: Columns) { short.note(record, columns) }

  /// What is wrong with them, as far as the options do not allow it.
  func issues(_ columns: Columns, _ options: RosterOptions) -> [RowIssue] {
    let counted = options.allowsRowNumbers ? [] : [counting.issue(columns)].compactMap(\.self)
    // A count of the rows has short numbers of its own.
    return counted + (options.allowsShortNumbers || counting.isFound ? [] : short.issues(columns))
  }
}

/// Finds names that are made only from a column that counts the rows: next week the same name is another person's.
struct CountingNames {
  private var isCounting = true
  private var rowCount = 0

  /// Whether the names' column has counted every row so far.
  var isFound: Bool { isCounting && rowCount > 1 }

  /// Notes a row as the roster has it, whether or not it is wanted: the count goes over all of them.
  mutating func note(_ record: Record, _ columns: Columns) {
    guard isCounting, record.fields.count == columns.ownCount else { return }
    rowCount += 1
    let sources = columns.nameSources
    isCounting = !sources.isEmpty && sources.allSatisfy { Int(record.fields[$0].trimmed) == rowCount }
  }

  func issue(_ columns: Columns) -> RowIssue? {
    guard isFound, let source = columns.nameSources.first else { return nil }
    let header = columns.headers[source]
    var place = columns.headerPlace(of: source)
    place.hasCell = false
    return place.issue("row-numbers", value: header, .rowNumbers(header))
  }
}

/// Finds numbers that a spreadsheet took the leading zeros from, where names are made of them: `72` among `0072`s.
struct ShortNumbers {
  /// The cells of a column that have as many digits.
  private struct Cells {
    var count = 0
    var place: IssuePlace
    let text: String
    var lastLine: Int
  }

  /// Of a hundred cells so many must have one length, or the lengths tell nothing.
  private static let usualShare = 80
  private static let fewestUsual = 3

  private var cellCount: [Int: Int] = [:]
  /// By column, then by length.
  private var lengths: [Int: [Int: Cells]] = [:]

  /// Notes a row.
  mutating func note(_ record: Record, _ columns: Columns) {
    guard record.fields.count >= columns.ownCount else { return }
    for column in columns.plan.unpaddedNameSources {
      let text = record.fields[column].trimmed
      guard !text.isEmpty else { continue }
      cellCount[column, default: 0] += 1
      guard text.utf8.count < 20, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
      let length = text.utf8.count
      if lengths[column]?[length] == nil {
        let place = columns.place(of: column, in: record)
        lengths[column, default: [:]][length] = Cells(place: place, text: text, lastLine: place.line)
      }
      lengths[column]?[length]?.count += 1
      lengths[column]?[length]?.lastLine = record.line
    }
  }

  /// One issue for each column, at its first short number.
  func issues(_ columns: Columns) -> [RowIssue] { lengths.keys.sorted().compactMap { issue($0, columns) } }

  private func issue(_ column: Int, _ columns: Columns) -> RowIssue? {
    guard let byLength = lengths[column], let usual = byLength.max(by: { $0.value.count < $1.value.count }),
      usual.value.count >= Self.fewestUsual,
      usual.value.count * 100 >= cellCount[column, default: 0] * Self.usualShare
    else { return nil }
    let short = byLength.filter { $0.key < usual.key }.map(\.value)
    guard let first = short.min(by: { $0.place.line < $1.place.line }) else { return nil }
    let more = short.map(\.count).reduce(0, +) - 1
    let last = short.map(\.lastLine).max() ?? first.place.line
    return first.place.issue(
      "short-number", value: first.text,
      .shortNumber(
        first.text, header: columns.headers[column], usualLength: usual.key, moreCount: more, lastLine: last))
  }
}
