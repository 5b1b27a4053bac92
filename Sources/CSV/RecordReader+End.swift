// The end of a file: its last record may lack a line end, and may have been cut off anywhere in its line.

import Provisioning

extension RecordReader {
  /// Says that the file has ended, so that a last record without a line end is handed over.
  ///
  /// - Parameter isMending: whether a record that ends inside a quoted cell of its last line, or inside a character, is
  ///   handed over too, with that as a problem of its own: nothing but this record can be wrong for it.
  /// - Throws: `CSVError`, for a quote that is still open and for a character that is cut off, unless they are mended.
  package mutating func finish(isMending: Bool = false, _ body: (Record) throws -> Void) throws {
    try decideMark(body)
    switch state {
    case .recordStart: return
    case .quoted:
      let open = error(.unclosedQuote, at: fieldPosition)
      guard isMending, fieldPosition.line == line else { throw open }
      record.problems.append(open)
    case .fieldStart: try startField(at: 0)
    case .equalsSeen: pending.append(.equals)
    case .unquoted, .quoteSeen, .stray: break
    }
    if isMending { mendCharacter() }
    try endField(UnsafeBufferPointer(start: nil, count: 0))
    record.hasEnd = false
    try handOver(body)
    record.hasEnd = true
  }

  /// Puts U+FFFD where the last bytes are the beginning of a character.
  private mutating func mendCharacter() {
    guard !isUTF8(pending[...]) else { return }
    for count in 1...3 where count <= pending.count {
      let cut = pending.suffix(count)
      guard let first = cut.first, (0xC2...0xF4).contains(first), cut.dropFirst().allSatisfy({ $0 & 0xC0 == 0x80 }),
        count < (first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4), isUTF8(pending.dropLast(count))
      else { continue }
      record.problems.append(error(.invalidUTF8, at: fieldPosition))
      pending.replaceSubrange((pending.count - count)..., with: [0xEF, 0xBF, 0xBD])
      return
    }
  }

  private func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}
