// A JSON object with one long array, cut while it arrives:
//
//   {"success":true,"contents":[{"id":"a"},{"id":"b"}],"total":2}
//     rest      {"success":true,"contents":[],"total":2}
//     entries   {"id":"a"}   {"id":"b"}
//
// It only finds the borders. Rest and entries are JSON exactly when the whole is, so whoever reads each with a parser has
// read the whole, its end included; what cannot be cut truly, such as an empty place between two commas, is malformed.

/// Cuts the entries of a top-level member out of a JSON object that comes piece by piece.
package struct EntrySplitter: Sendable {
  /// All but the entries.
  package private(set) var rest: [UInt8] = []
  /// Whether the rest is longer than what is stored of it.
  package private(set) var isRestCut = false
  /// How many entries there were, those included that were too long.
  package private(set) var entryCount = 0
  /// How many entries were longer than what is stored of one; these were not handed out.
  package private(set) var tooLongCount = 0
  /// Whether there is something between the entries that no array has, or a second array of that name.
  package private(set) var isMalformed = false

  private let member: [UInt8]
  private let largestEntry: Int
  private let largestRest: Int

  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// Whether a string that begins now is a key of the top-level object.
  private var expectsKey = false
  /// The key of the top-level object that is being read or was read last, as it is written.
  private var key: [UInt8] = []
  private var isInKey = false
  private var wasFound = false
  private var isInEntries = false
  private var entry: [UInt8] = []
  private var isEntryTooLong = false
  private var complete: [[UInt8]] = []
  /// Whether a comma stands before the entry that is being read.
  private var isAfterComma = false

  /// Makes a splitter for the array of this key, in ASCII and without escapes. So many bytes of an entry are kept, or none
  /// of it, and so many of the rest.
  package init(member: String, largestEntry: Int, largestRest: Int) {
    self.member = Array(member.utf8)
    self.largestEntry = largestEntry
    self.largestRest = largestRest
  }

  /// Takes the next piece, which may end anywhere; the entries that it completes.
  package mutating func take(_ piece: UnsafeRawBufferPointer) -> [[UInt8]] {
    for byte in piece {
      if isInString {
        takeInString(byte)
      } else if isInEntries {
        takeInEntries(byte)
      } else {
        takeOutside(byte)
      }
    }
    defer { complete = [] }
    return complete
  }

  private mutating func takeInString(_ byte: UInt8) {
    append(byte)
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      (isInString, isInKey) = (false, false)
      return
    }
    if isInKey, key.count <= member.count { key.append(byte) }
  }

  /// A byte of the rest that stands in no string.
  private mutating func takeOutside(_ byte: UInt8) {
    append(byte)
    switch byte {
    case UInt8(ascii: "\""):
      isInString = true
      if expectsKey { (isInKey, expectsKey, key) = (true, false, []) }
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      depth += 1
      let isObject = byte == UInt8(ascii: "{")
      if depth == 1 { (expectsKey, key) = (isObject, []) }
      if depth == 2, !isObject, key == member { beginEntries() }
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    case UInt8(ascii: ","): if depth == 1 { (expectsKey, key) = (true, []) }
    default: break
    }
  }

  private mutating func beginEntries() {
    isMalformed = isMalformed || wasFound
    (isInEntries, wasFound, key) = (true, true, [])
  }

  /// A byte in the array that stands in no string.
  private mutating func takeInEntries(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: ",") where depth == 2:
      endEntry(isLast: false)
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      depth -= 1
      guard depth == 1 else { return append(byte) }
      endEntry(isLast: true)
      isInEntries = false
      append(byte)
    case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
      if !entry.isEmpty { append(byte) }
    default:
      if byte == UInt8(ascii: "\"") { isInString = true }
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
      append(byte)
    }
  }

  private mutating func endEntry(isLast: Bool) {
    let isEmpty = entry.isEmpty && !isEntryTooLong
    if isEmpty, !isLast || isAfterComma { isMalformed = true }
    isAfterComma = !isLast
    if isEmpty { return }
    entryCount += 1
    if isEntryTooLong { tooLongCount += 1 } else { complete.append(entry) }
    entry = []
    isEntryTooLong = false
  }

  private mutating func append(_ byte: UInt8) {
    if isInEntries {
      if isEntryTooLong { return }
      entry.append(byte)
      if entry.count > largestEntry { (entry, isEntryTooLong) = ([], true) }
    } else if rest.count < largestRest {
      rest.append(byte)
    } else {
      isRestCut = true
    }
  }
}
