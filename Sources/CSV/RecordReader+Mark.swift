// The byte order mark at the start of a file, which may come in pieces like everything else.

extension RecordReader {
  /// How many bytes of the piece are already dealt with: those of a byte order mark, or of what looked like one.
  mutating func skipMark(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Record) throws -> Void) throws -> Int {
    var index = 0
    while let count = markCount, index < bytes.count {
      guard bytes[index] == Self.mark[count] else {
        try releaseMark(body)
        return index
      }
      index += 1
      markCount = count + 1
      guard count + 1 == Self.mark.count else { continue }
      markCount = nil
      base = Self.mark.count
      lineStart = base
    }
    return index
  }

  /// Reads the bytes that looked like the start of a mark and were none.
  mutating func releaseMark(_ body: (Record) throws -> Void) throws {
    let held = Self.mark.prefix(markCount ?? 0)
    markCount = nil
    try Array(held).withUnsafeBufferPointer { try process($0, body) }
  }
}
