// A roster's file into checked rows. Knows the target only by its schema; stores and prints nothing.

import CSV
import Crypto
import Foundation
package import Provisioning

/// Reads a roster: a table with a header, or JSON. Memory is the same however long the roster (8 to 24 bytes a row go to
/// finding duplicates).
package struct RosterReader: Sendable {
  let source: RosterSource
  let displayName: String
  let schema: Schema
  private let options: RosterOptions
  let template: Template?
  private let chunkSize: Int
  private let hashBits: Int

  /// Looks at a roster; its rows are not read yet.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - displayName: what issues and errors call it; nil: as in `path`.
  ///   - schema: the fields of the target's definition.
  ///   - options: what the person says about the file.
  ///   - template: what makes definitions of rows; nil: the columns alone.
  ///   - chunkSize: how many bytes are read at a time; it changes nothing but the speed.
  ///   - hashBits: as in `KeyIndex`; it changes nothing but the speed.
  /// - Throws: `RosterError`, when there is none, or nothing that could be one.
  package init(
    path: String, displayName: String? = nil, schema: Schema, options: RosterOptions = RosterOptions(),
    template: Template? = nil, chunkSize: Int = 1 << 18, hashBits: Int = 36
  ) throws {
    self.options = options
    self.template = template
    self.displayName = displayName ?? path
    self.schema = schema
    self.chunkSize = chunkSize
    self.hashBits = hashBits
    let shownAs = self.displayName
    let before = Result { try RosterFile(path: path, shownAs: shownAs).version }
    do {
      source = try RosterSource(
        path, shownAs: shownAs, schema: schema, options: options,
        wanted: Set(template?.values.flatMap(\.columns) ?? []))
    } catch {
      // What is half written looks wrong in many ways.
      if case .success(let version) = before, RosterFile.isChanged(path, since: version) {
        throw RosterError(.changed, file: shownAs)
      }
      throw error
    }
  }

  /// Reads the roster through. A file that is broken as CSV (an unclosed quote, a byte that is not UTF-8) ends the reading
  /// there, with an issue.
  ///
  /// - Parameters:
  ///   - wording: the sentence about an issue, for the row that is not accepted for it.
  ///   - carried: gets the columns that only travel along and do not make the name, with their places in a row's cells,
  ///     before the first row.
  ///   - issues: gets all issues and warnings as they are found, of which the summary keeps only the first ones.
  ///   - body: gets each row, in order. What it throws ends the reading and is passed on.
  /// - Throws: `RosterError`, when the file cannot be read, is no CSV, or has neither rows nor issues.
  package func read(
    wording: @escaping (RowIssue) -> String, carried: ([(header: String, index: Int)]) -> Void = { _ in },
    issues: ([RowIssue]) throws -> Void = { _ in }, _ body: (NewRow) throws -> Void
  ) throws -> RosterSummary {
    var pass = RosterPass(
      source, displayName: displayName, schema: schema, options: options, template: template, hashBits: hashBits,
      wording: wording
    ) { [self] in
      // Without one the message says less; a roster that cannot be looked at is told anyway.
      if case .success(let preview) = Result(catching: { try preview() }) { preview.bestNameColumn } else { nil }
    }
    func handOver() throws {
      let found = pass.takeIssues()
      if !found.isEmpty { try issues(found) }
    }
    var isHeaderKnown = false
    do {
      try source.read(chunkSize: chunkSize) { record in
        try pass.take(record, body)
        if !isHeaderKnown, let cells = pass.carriedCells {
          isHeaderKnown = true
          carried(cells)
        }
        try handOver()
        return !pass.isOver
      }
    } catch let error as CSVError {
      // A file that is given up is given up wherever its pieces end.
      if !pass.isOver { try pass.note(error, body) }
    }
    let result = Result { try pass.finish(body) }
    try source.refuseChanged()
    let summary = try result.get()
    try handOver()
    return summary
  }

  /// Throws `RosterError` if the roster was written or replaced since it was looked at.
  package func refuseChanged() throws { try source.refuseChanged() }

  /// Whether the roster's last line has no line end, though others have one: the rest of it may be still to come.
  package func hasOpenEnd() throws -> Bool { try source.hasOpenEnd() }

  /// When the roster had last been written when it was looked at, in microseconds since 1970.
  package var writtenAt: Int64 { source.writtenAt }

  /// The header and the first rows, unchecked; for a starter template.
  package func preview() throws -> RosterPreview {
    var look = RosterPreview()
    var filter = RowFilter()
    var (dropped, all) = (DroppedColumns([], headers: []), [String]())
    do {
      try source.read(chunkSize: chunkSize) { record in
        guard !record.fields.allSatisfy(\.isBlank), record.line >= source.facts.firstHeaderLine else { return true }
        if look.headers.isEmpty {
          all = record.fields.map { $0.asHeader }
          dropped = DroppedColumns(options.dropped, headers: all)
          look.headers = dropped.keeping(all)
          filter = RowFilter(options, headers: all)
          // Also those that are not wanted this time: a column that counts the rows counts all of them.
        } else if filter.isRow(record), dropped.indexes.isEmpty || record.fields.count == all.count {
          look.add(record, all, dropped)
        }
        return look.rows.count < 200
      }
    } catch let error as CSVError {
      // What came before it will do, if anything did; `check` says what is wrong.
      guard !look.headers.isEmpty else {
        throw RosterError(.brokenHeader, file: displayName, detail: error.description)
      }
    }
    let isReport = all.contains { $0.hasPrefix("rollcall_") }
    if !isReport, let error = dropped.error(all, of: displayName) { throw error }
    guard !look.headers.isEmpty else { throw RosterError(.empty, file: displayName) }
    return look
  }

  /// Single lines of a table by their numbers, at most 4,000 bytes of each; of JSON none, and none where columns are left
  /// out.
  package func lines(_ numbers: Set<Int>) throws -> [Int: String] {
    guard let last = numbers.max(), source.facts.form.hasTextLines, options.dropped.isEmpty else { return [:] }
    let file = try RosterFile(path: source.path, shownAs: displayName)
    var found: [Int: [UInt8]] = [:]
    var line = 1
    var isAfterReturn = false
    while line <= last, let chunk = try file.chunk(of: chunkSize) {
      for byte in chunk {
        // CRLF, LF and a lone CR each end a line, as the records' reader counts them.
        let isSecondHalf = isAfterReturn && byte == UInt8(ascii: "\n")
        isAfterReturn = byte == UInt8(ascii: "\r")
        if isAfterReturn || byte == UInt8(ascii: "\n") {
          if !isSecondHalf { line += 1 }
        } else if numbers.contains(line), found[line, default: []].count < 4_000 {
          found[line, default: []].append(byte)
        }
      }
    }
    return found.mapValues { String(decoding: $0.withoutMark, as: UTF8.self) }
  }
}

/// SHA-256 over texts and counts, each with its length before it, so that no two rosters run together into one.
struct RosterDigest {
  /// The most bytes of a number.
  private static let longestNumber = 10

  private var hash = SHA256()
  private var buffer = [UInt8](repeating: 0, count: 1 << 17)
  private var count = 0

  /// Adds texts and how many they are.
  mutating func add(_ texts: some Collection<String>) {
    makeRoom(for: texts.reduce(Self.longestNumber) { $0 + Self.longestNumber + $1.utf8.count })
    buffer.withUnsafeMutableBytes { bytes in
      var end = Self.write(texts.count, to: bytes, at: count)
      for text in texts {
        end = Self.write(text.utf8.count, to: bytes, at: end)
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
        let isCopied: Void? = text.utf8.withContiguousStorageIfAvailable { room.copyMemory(from: .init($0)) }
        if isCopied == nil { room.copyBytes(from: text.utf8) }
        end += text.utf8.count
      }
      count = end
    }
  }

  /// Adds a number that is not negative.
  mutating func add(_ number: Int) {
    makeRoom(for: Self.longestNumber)
    buffer.withUnsafeMutableBytes { count = Self.write(number, to: $0, at: count) }
  }

  private mutating func makeRoom(for size: Int) {
    guard count + size > buffer.count else { return }
    hash.update(data: buffer[..<count])
    count = 0
    if size > buffer.count { buffer = [UInt8](repeating: 0, count: size) }
  }

  /// Writes a number, seven bits to a byte, the lowest first.
  ///
  /// - Returns: where it ends.
  private static func write(_ number: Int, to bytes: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
    var (rest, end) = (number, start)
    while rest > 0x7F {
      bytes[end] = UInt8(truncatingIfNeeded: rest) | 0x80
      rest >>= 7
      end += 1
    }
    bytes[end] = UInt8(truncatingIfNeeded: rest)
    return end + 1
  }

  /// 64 hexadecimal digits, lower case.
  mutating func finish() -> String {
    hash.update(data: buffer[..<count])
    count = 0
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
