// A roster's file into checked rows. Knows the target only by its schema; stores and prints nothing.

import CSV
import Foundation
package import Provisioning
import Synchronization

/// Reads a roster: a table with a header, or JSON. Memory is the same however long the roster (8 to 24 bytes a row go to
/// finding duplicates).
package final class RosterReader: Sendable {
  private let path: String
  private let displayName: String
  private let schema: Schema
  private let options: RosterOptions
  private let template: Template?
  private let chunkSize: Int
  private let hashBits: Int
  private let source = Mutex<RosterSource?>(nil)

  /// Makes a reader; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - displayName: what issues and errors call it; nil: as in `path`.
  ///   - schema: the fields of the target's definition.
  ///   - options: what the person says about the file.
  ///   - template: what makes definitions of rows; nil: the columns alone.
  ///   - chunkSize: how many bytes are read at a time; it changes nothing but the speed.
  ///   - hashBits: as in `KeyIndex`; it changes nothing but the speed.
  package init(
    path: String, displayName: String? = nil, schema: Schema, options: RosterOptions = RosterOptions(),
    template: Template? = nil, chunkSize: Int = 1 << 18, hashBits: Int = 36
  ) {
    self.options = options
    self.template = template
    self.path = path
    self.displayName = displayName ?? path
    self.schema = schema
    self.chunkSize = chunkSize
    self.hashBits = hashBits
  }

  /// Reads the roster through.
  ///
  /// A file that is broken as CSV (an unclosed quote, a byte that is not UTF-8) ends the reading there, with an issue:
  /// the rows before it have been checked.
  ///
  /// - Parameter body: gets each row, in order. What it throws ends the reading and is passed on.
  /// - Throws: `RosterError`, when the file cannot be read, is no CSV, or has neither rows nor issues.
  package func read(_ body: (RosterRow) throws -> Void = { _ in }) throws -> RosterSummary {
    try read(issues: { _ in }, body)
  }

  /// Reads the roster through, for who wants all issues: the summary keeps only the first ones.
  ///
  /// - Parameters:
  ///   - issues: gets the issues as they are found, warnings too. What it throws ends the reading and is passed on.
  ///   - body: as above.
  package func read(
    issues: ([RowIssue]) throws -> Void, _ body: (RosterRow) throws -> Void
  ) throws -> RosterSummary {
    let source = try prepared()
    let file = try RosterFile(path: source.path, shownAs: displayName)
    var pass = RosterPass(
      source, displayName: displayName, schema: schema, options: options, template: template, hashBits: hashBits
    ) { [self] in
      // Without one the message says less; a roster that cannot be looked at is told anyway.
      if case .success(let preview) = Result(catching: { try preview() }) { preview.bestNameColumn } else { nil }
    }
    func handOver() throws {
      let found = pass.takeIssues()
      if !found.isEmpty { try issues(found) }
    }
    func take(_ record: Record) throws {
      try pass.take(record, body)
      try handOver()
    }
    var reader = RecordReader(separator: source.separator)
    do {
      while let chunk = try file.chunk(of: chunkSize), !pass.isOver {
        try chunk.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self)) { try take($0) } }
      }
      if !pass.isOver { try reader.finish { try take($0) } }
    } catch let error as CSVError {
      // A file that is given up is given up wherever its pieces end.
      if !pass.isOver { try pass.note(error, body) }
    }
    let result = Result { try pass.finish(body) }
    try source.refuseChanged(displayName)
    let summary = try result.get()
    try handOver()
    return summary
  }

  /// Looks at the roster, once, before it is read.
  ///
  /// - Throws: `RosterError`, when there is none, or nothing that could be one.
  package func prepare() throws { _ = try prepared() }

  /// The header and the first rows, unchecked; for a starter template.
  package func preview() throws -> RosterPreview {
    let source = try prepared()
    let file = try RosterFile(path: source.path, shownAs: displayName)
    var reader = RecordReader(separator: source.separator)
    var look = RosterPreview()
    var filter = RowFilter()
    var (dropped, all) = (DroppedColumns([], headers: []), [String]())
    let firstLine = source.elements == nil ? options.headerLine ?? source.firstHeaderLine : 0
    func take(_ record: Record) {
      guard !record.fields.allSatisfy(\.isBlank), record.line >= firstLine else { return }
      if look.headers.isEmpty {
        all = record.fields.map { $0.trimmed.precomposedStringWithCanonicalMapping }
        dropped = DroppedColumns(options.dropped, headers: all)
        look.headers = dropped.keeping(all)
        filter = RowFilter(options, headers: all)
      } else if look.rows.count < 200, filter.isRow(record), filter.isWanted(record) {
        if dropped.indexes.isEmpty || record.fields.count == all.count {
          look.rows.append(dropped.keeping(record.fields))
        }
      }
    }
    do {
      while look.rows.count < 200, let chunk = try file.chunk(of: chunkSize) {
        try chunk.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self)) { take($0) } }
      }
      try reader.finish { take($0) }
    } catch is CSVError {
      // What came before it will do; `check` says what is wrong.
    }
    let isReport = all.contains { $0.hasPrefix("rollcall_") }
    if !isReport, let error = dropped.error(all, of: displayName) { throw error }
    guard !look.headers.isEmpty else { throw RosterError(.empty, file: displayName) }
    return look
  }

  /// Single lines of a table, for people who look at an issue; of JSON none, and none where columns are left out.
  ///
  /// - Parameter numbers: the lines, from 1.
  /// - Returns: their texts without the line end, at most 4,000 bytes of each.
  package func lines(_ numbers: Set<Int>) throws -> [Int: String] {
    let source = try prepared()
    guard let last = numbers.max(), source.elements == nil, options.dropped.isEmpty else { return [:] }
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
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return found.mapValues { String(decoding: $0.starts(with: mark) ? $0[3...] : $0[...], as: UTF8.self) }
  }

  /// The roster as a table; looked at once.
  private func prepared() throws -> RosterSource {
    if let known = source.withLock({ $0 }) { return known }
    let new = try RosterSource(path, shownAs: displayName, schema: schema, options: options, chunkSize: chunkSize)
    source.withLock { $0 = new }
    return new
  }
}
