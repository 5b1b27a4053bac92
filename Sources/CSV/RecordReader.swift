// Bytes into records: CSV as RFC 4180 has it, pushed in pieces of any size. Knows no files and no encodings but UTF-8.

import Provisioning

/// Reads records from bytes as they come. Memory is one record, however long the file.
///
/// RFC 4180, and where that is silent: CRLF, LF and a lone CR end a record; the last one needs no end. A byte order mark
/// at the start is skipped. An empty last field is kept, records of any length are kept as they are, wholly blank lines
/// are skipped (but counted, see `Record.number`). Blanks around a field belong to it. `="0072"`, by which a
/// spreadsheet keeps a number as text, is a quoted field too. A quote inside a field that does
/// not start with one, and text after a closing quote, are problems of the record: the text is taken as it stands up to
/// the next comma or line end, and reading goes on. All other errors end the reading.
package struct RecordReader {
  /// The most bytes that a field may have.
  package static let longestField = 1 << 20
  /// The most fields that a record may have.
  package static let mostFields = 4_096
  /// The longest record, in bytes of its fields.
  package static let longestRecord = 16 << 20

  enum State {
    /// Before the first byte of a line.
    case recordStart
    /// Before the first byte of a field; at the end of the file: after a comma.
    case fieldStart
    case unquoted
    /// After a `=` that begins a field: a quote behind it makes `="0072"` of it.
    case equalsSeen
    case quoted
    /// After a quote in a quoted field: the closing one, or the first of two.
    case quoteSeen
    /// In the rest of a field whose quotes are wrong.
    case stray
  }

  private let separator: UInt8
  /// Every byte that ends an unquoted run is at most this.
  private let highest: UInt8
  var state = State.recordStart
  var record = Record()
  /// The fields of the record before: most of a roster's cells say what the cell above says, and need no text of their own.
  private var above: [String] = []
  /// What earlier pieces brought of the field being read; of a quoted field all of it.
  var pending: [UInt8] = []
  /// How many bytes the record's fields have so far.
  private var recordLength = 0
  private(set) var fieldPosition = Position(line: 1, column: 1)
  private var fieldIsQuoted = false
  /// Whether a `=` stands before its quote.
  private var fieldIsProtected = false
  private(set) var line: Int
  /// Records and blank lines, with the one being read.
  private var number: Int
  /// The byte of the file at which the current piece starts.
  private var base: Int
  /// The byte of the file at which the current line starts.
  private var lineStart: Int
  /// The last byte was the CR of a record's end: an LF belongs to it.
  private var isAfterReturn = false
  /// The file's first bytes, as long as they may become a byte order mark; nil once that is decided.
  private var head: [UInt8]?

  /// Makes a reader for the bytes of a file from the start of a record, to look at it again, or from the first; the
  /// separator is a comma, a semicolon or a tab.
  package init(from place: RecordPlace? = nil, separator: UInt8 = UInt8(ascii: ",")) {
    self.separator = separator
    highest = max(separator, .quote)
    (line, number, base) = (place?.line ?? 1, (place?.number ?? 1) - 1, place?.offset ?? 0)
    (lineStart, head) = (base, place == nil ? [] : nil)
  }

  /// Reads the next piece of the file.
  ///
  /// - Parameter body: gets each record that ends in this piece, in order. What it throws is passed on.
  /// - Throws: `CSVError`. After any error nothing more can be read with this reader.
  package mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Record) throws -> Void) throws {
    guard let head else { return try process(bytes, body) }
    let missing = bytes.prefix(RecordWriter.byteOrderMark.count - head.count)
    self.head = head + missing
    guard bytes.count > missing.count || !RecordWriter.byteOrderMark.starts(with: head + missing) else { return }
    try decideMark(body)
    try process(UnsafeBufferPointer(rebasing: bytes[missing.endIndex...]), body)
  }

  /// Skips the first bytes if they are a mark, and reads them if not.
  mutating func decideMark(_ body: (Record) throws -> Void) throws {
    let first = head ?? []
    head = nil
    if first == RecordWriter.byteOrderMark {
      (base, lineStart) = (first.count, first.count)
    } else {
      try first.withUnsafeBufferPointer { try process($0, body) }
    }
  }

  /// Reads the next piece of the file from any bytes; slower than from a buffer.
  package mutating func feed(_ bytes: some Sequence<UInt8>, _ body: (Record) throws -> Void) throws {
    try Array(bytes).withUnsafeBufferPointer { try feed($0, body) }
  }
}

// MARK: - The bytes

extension RecordReader {
  private mutating func process(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Record) throws -> Void) throws {
    var index = 0
    while index < bytes.count {
      switch state {
      case .recordStart: index = startRecord(bytes, index)
      case .fieldStart:
        try startField(at: index)
        fieldIsQuoted = bytes[index] == .quote
        fieldIsProtected = false
        state = fieldIsQuoted ? .quoted : bytes[index] == .equals ? .equalsSeen : .unquoted
        index += state == .unquoted ? 0 : 1
      case .equalsSeen:
        fieldIsProtected = bytes[index] == .quote
        fieldIsQuoted = fieldIsProtected
        if !fieldIsQuoted { pending.append(.equals) }
        state = fieldIsQuoted ? .quoted : .unquoted
        index += fieldIsQuoted ? 1 : 0
      case .unquoted, .stray: index = try readUnquoted(bytes, index, body)
      case .quoted: index = try readQuoted(bytes, index)
      case .quoteSeen: index = try readAfterQuote(bytes, index, body)
      }
    }
    base += bytes.count
  }

  private mutating func startRecord(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    let isSecondHalf = isAfterReturn && bytes[index] == .newline
    isAfterReturn = false
    if isSecondHalf {
      lineStart = base + index + 1
      return index + 1
    }
    number += 1
    if bytes[index].isLineEnd {
      endLine(bytes[index], index)
      return index + 1
    }
    record.number = number
    record.line = line
    record.offset = base + index
    state = .fieldStart
    return index
  }

  private mutating func readUnquoted(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ body: (Record) throws -> Void
  ) throws -> Int {
    var index = start
    let isStray = state == .stray
    let (separator, highest) = (separator, highest)
    // Hardly any other byte is as low as those of interest.
    while index < bytes.count {
      let byte = bytes[index]
      if byte <= highest {
        if byte == separator || byte.isLineEnd || byte == .quote && !isStray { break }
        if byte == 0 { record.hasNull = true }
      }
      index += 1
    }
    let run = UnsafeBufferPointer(rebasing: bytes[start..<index])
    guard index < bytes.count else {
      try keep(run)
      return index
    }
    guard bytes[index] == .quote else {
      try endField(run)
      return try endAt(bytes[index], index, body)
    }
    try keep(run)
    record.problems.append(error(.bareQuote, at: position(index)))
    state = .stray
    return index
  }

  private mutating func readQuoted(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) throws -> Int {
    var index = start
    while index < bytes.count, bytes[index] != .quote {
      if bytes[index] == 0 {
        record.hasNull = true
      } else if bytes[index].isLineEnd {
        let previous = index > start ? bytes[index - 1] : pending.last
        if bytes[index] == .return || previous != .return { line += 1 }
        lineStart = base + index + 1
      }
      index += 1
    }
    try keep(UnsafeBufferPointer(rebasing: bytes[start..<index]))
    guard index < bytes.count else { return index }
    state = .quoteSeen
    return index + 1
  }

  private mutating func readAfterQuote(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ body: (Record) throws -> Void
  ) throws -> Int {
    let byte = bytes[index]
    if byte == .quote {
      try keep(UnsafeBufferPointer(rebasing: bytes[index...index]))
      state = .quoted
      return index + 1
    }
    if byte == separator || byte.isLineEnd {
      try endField(UnsafeBufferPointer(rebasing: bytes[index..<index]))
      return try endAt(byte, index, body)
    }
    record.problems.append(error(.textAfterQuote, at: position(index)))
    state = .stray
    return index
  }

  /// After a field: at its comma, or at the end of its record.
  private mutating func endAt(_ byte: UInt8, _ index: Int, _ body: (Record) throws -> Void) throws -> Int {
    if byte == separator {
      state = .fieldStart
    } else {
      endLine(byte, index)
      try handOver(body)
    }
    return index + 1
  }
}

// MARK: - Fields and records

extension RecordReader {
  mutating func startField(at index: Int) throws {
    fieldPosition = position(index)
    guard record.fields.count < Self.mostFields else { throw error(.tooManyFields, at: fieldPosition) }
  }

  private mutating func keep(_ run: UnsafeBufferPointer<UInt8>) throws {
    guard pending.count + run.count <= Self.longestField else { throw error(.fieldTooLong, at: fieldPosition) }
    pending.append(contentsOf: run)
  }

  mutating func endField(_ run: UnsafeBufferPointer<UInt8>) throws {
    if pending.isEmpty {
      guard run.count <= Self.longestField else { throw error(.fieldTooLong, at: fieldPosition) }
      guard let text = textAbove(run) ?? String(utf8: run) else {
        throw invalidUTF8(in: Array(run))
      }
      record.fields.append(text)
    } else {
      try keep(run)
      let text = pending.withUnsafeBufferPointer { textAbove($0) ?? String(utf8: $0) }
      guard let text else { throw invalidUTF8(in: pending) }
      record.fields.append(text)
      pending.removeAll(keepingCapacity: true)
    }
    record.positions.append(fieldPosition)
    recordLength += record.fields.last?.utf8.count ?? 0
    guard recordLength <= Self.longestRecord else { throw error(.recordTooLong, at: fieldPosition) }
  }

  /// The field above if it has these bytes.
  private func textAbove(_ run: UnsafeBufferPointer<UInt8>) -> String? {
    guard record.fields.count < above.count else { return nil }
    let text = above[record.fields.count]
    return text.hasBytes(run) ? text : nil
  }

  mutating func handOver(_ body: (Record) throws -> Void) throws {
    state = .recordStart
    recordLength = 0
    try body(record)
    // The room is used again, unless the body kept a copy.
    swap(&above, &record.fields)
    record.fields.removeAll(keepingCapacity: true)
    record.positions.removeAll(keepingCapacity: true)
    record.problems.removeAll(keepingCapacity: true)
    record.hasNull = false
  }

  private mutating func endLine(_ byte: UInt8, _ index: Int) {
    line += 1
    lineStart = base + index + 1
    isAfterReturn = byte == .return
  }

  private func position(_ index: Int) -> Position { Position(line: line, column: base + index - lineStart + 1) }

  func error(_ code: CSVError.Code, at position: Position) -> CSVError {
    CSVError(code, at: position, recordNumber: number, fieldNumber: record.fields.count + 1)
  }

  /// Finds the first byte that is not UTF-8; in a field whose quotes are wrong, only the field.
  private func invalidUTF8(in bytes: [UInt8]) -> CSVError {
    guard state != .stray else { return error(.invalidUTF8, at: fieldPosition) }
    var (iterator, decoder, validCount) = (bytes.makeIterator(), UTF8(), 0)
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { validCount += UTF8.width(scalar) }
    let start = Position(line: fieldPosition.line, column: fieldPosition.column + (fieldIsProtected ? 1 : 0))
    let place = start.after(bytes.prefix(validCount), isQuoted: fieldIsQuoted)
    return error(.invalidUTF8, at: place)
  }
}
