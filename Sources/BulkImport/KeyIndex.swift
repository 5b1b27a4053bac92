// Which keys a roster has had: eight bytes a row, and exact all the same.

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

  /// Makes an index without keys.
  ///
  /// - Parameter hashBits: how much of a hash is kept, at most 36 bits; fewer bring more suspicions.
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

  /// Adds a key.
  ///
  /// - Parameters:
  ///   - hash: of the key; equal keys have equal hashes.
  ///   - number: of its record, from 1 to `greatestNumber`.
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
