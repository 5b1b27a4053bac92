// A roster's file into checked rows. Knows the target only by its schema; stores and prints nothing.

import CSV
import Foundation
package import Provisioning

/// Reads a roster: CSV with a header, in UTF-8, with commas. It can be read several times; each time every rule is
/// checked anew, and memory is the same however long the roster (8 to 24 bytes a row go to finding duplicates).
package struct RosterReader: Sendable {
  private let path: String
  private let displayName: String
  private let schema: Schema
  private let chunkSize: Int
  private let hashBits: Int

  /// Makes a reader; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - displayName: what issues and errors call it; nil: as in `path`.
  ///   - schema: the fields of the target's definition.
  ///   - chunkSize: how many bytes are read at a time; it changes nothing but the speed.
  ///   - hashBits: as in `KeyIndex`; it changes nothing but the speed.
  package init(
    path: String, displayName: String? = nil, schema: Schema, chunkSize: Int = 1 << 18, hashBits: Int = 36
  ) {
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
    let file = try RosterFile(path: path, shownAs: displayName)
    var pass = RosterPass(path: path, displayName: displayName, schema: schema, hashBits: hashBits)
    var reader = RecordReader()
    do {
      var isFirst = true
      while let chunk = try file.chunk(of: chunkSize), !pass.isOver {
        if isFirst, let format = ForeignFormat.name(ofFileStarting: chunk) {
          throw RosterError(.format, file: displayName, detail: format)
        }
        isFirst = false
        try chunk.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self)) { try pass.take($0, body) } }
      }
      if !pass.isOver { try reader.finish { try pass.take($0, body) } }
    } catch let error as CSVError {
      pass.note(error)
    }
    return try pass.finish()
  }
}
