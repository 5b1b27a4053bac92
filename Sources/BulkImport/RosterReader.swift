// A roster's file into checked rows. Knows the target only by its schema; stores and prints nothing.

import CSV
import Foundation
package import Provisioning
import Synchronization

/// Reads a roster: a table with a header, or JSON. It can be read several times; each time every rule is checked anew, and memory is the same however long the roster (8 to 24 bytes a row go to finding duplicates).
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
    let source = try prepared()
    let file = try RosterFile(path: source.path, shownAs: displayName)
    var pass = RosterPass(
      source, displayName: displayName, schema: schema, options: options, template: template, hashBits: hashBits)
    var reader = RecordReader(separator: source.separator)
    do {
      while let chunk = try file.chunk(of: chunkSize), !pass.isOver {
        try chunk.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self)) { try pass.take($0, body) } }
      }
      if !pass.isOver { try reader.finish { try pass.take($0, body) } }
    } catch let error as CSVError {
      // A file that is given up is given up wherever its pieces end.
      if !pass.isOver { pass.note(error) }
    }
    return try pass.finish()
  }

  /// The header and the first rows, unchecked; for a starter template.
  package func look() throws -> RosterLook {
    let source = try prepared()
    let file = try RosterFile(path: source.path, shownAs: displayName)
    var reader = RecordReader(separator: source.separator)
    var look = RosterLook()
    let take: (Record) throws -> Void = { [options] record in
      guard !record.fields.allSatisfy(\.isBlank), record.line >= options.headerLine ?? 0 || source.elements != nil
      else {
        return
      }
      if look.headers.isEmpty {
        look.headers = record.fields.map { $0.trimmed.precomposedStringWithCanonicalMapping }
      } else if look.rows.count < 200 {
        look.rows.append(record.fields)
      }
    }
    do {
      while look.rows.count < 200, let chunk = try file.chunk(of: chunkSize) {
        try chunk.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self), take) }
      }
      try reader.finish(take)
    } catch is CSVError {
      // What came before it will do; `check` says what is wrong.
    }
    guard !look.headers.isEmpty else { throw RosterError(.empty, file: displayName) }
    return look
  }

  /// Single lines of a table, for people who look at an issue; of JSON none.
  ///
  /// - Parameter numbers: the lines, from 1.
  /// - Returns: their texts without the line end, at most 4,000 bytes of each.
  package func lines(_ numbers: Set<Int>) throws -> [Int: String] {
    let source = try prepared()
    guard let last = numbers.max(), source.elements == nil else { return [:] }
    let file = try RosterFile(path: source.path, shownAs: displayName)
    var found: [Int: [UInt8]] = [:]
    var line = 1
    while line <= last, let chunk = try file.chunk(of: chunkSize) {
      for byte in chunk {
        if byte == UInt8(ascii: "\n") {
          line += 1
        } else if numbers.contains(line), byte != UInt8(ascii: "\r"), found[line, default: []].count < 4_000 {
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
