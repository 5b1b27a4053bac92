// What a roster is: looked at once, and turned into a table in UTF-8 where it is something else.

import CSV
import Files
import Foundation
import Provisioning

/// A roster as a table in UTF-8 that can be read again and again.
struct RosterSource: Sendable {
  /// The table: the roster itself, or what it was turned into.
  let path: String
  let separator: UInt8
  let format: RosterFormat
  /// The first line of a table that may be its header: 2 below the `sep=;` that tells Excel the separator.
  let firstHeaderLine: Int
  /// Of a roster that is no table: the line of each of its elements, by the table's record number less 2.
  private(set) var elements: JSONTable.Elements?
  /// Keeps the file that the roster was turned into.
  private let spools: [Spool]
  /// The roster as it was when it was looked at.
  private let version: RosterFile.Version

  /// Looks at a roster.
  ///
  /// - Throws: `RosterError`.
  init(_ path: String, shownAs: String, schema: Schema, options: RosterOptions, chunkSize: Int) throws {
    var spools: [Spool] = []
    var path = path
    let roster = path
    let file = try RosterFile(path: path, shownAs: shownAs)
    version = file.version
    let head = try file.chunk(of: 1 << 16) ?? Data()
    if let name = ForeignFormat.name(ofFileStarting: head) {
      throw RosterError(.format, file: shownAs, detail: name)
    }
    var encoding = RosterFormat.Encoding.utf8
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      guard let spool = try Self.transcode(path, from: "UTF-16", shownAs: shownAs) else {
        throw RosterError(.format, file: shownAs, detail: "UTF-16 text that is cut off or broken")
      }
      (path, encoding) = (spool.path, .utf16)
      spools.append(spool)
    } else if try Self.looksKorean(path, shownAs: shownAs, chunkSize: chunkSize),
      let spool = try Self.transcode(path, from: "CP949", shownAs: shownAs)
    {
      // Bytes that fit neither are left to the reader, which says where they are.
      (path, encoding) = (spool.path, .cp949)
      spools.append(spool)
    }
    let start = try RosterFile(path: path, shownAs: shownAs).chunk(of: 1 << 20) ?? Data()
    if let shape = Self.jsonShape(start, options, schema) {
      let table = try JSONTable(path: path, shownAs: shownAs, shape: shape, schema: schema)
      elements = table.elements
      spools.append(table.spool)
      self.path = table.spool.path
      separator = UInt8(ascii: ",")
      firstHeaderLine = 1
      format = RosterFormat(encoding: encoding, shape: shape == .lines ? .jsonLines : .json)
    } else {
      self.path = path
      let named = Self.namedSeparator(start)
      separator = named ?? Self.separator(start, headerLine: options.headerLine)
      firstHeaderLine = named == nil ? 1 : 2
      format = RosterFormat(encoding: encoding, shape: .table(separator: separator))
    }
    self.spools = spools
    guard try RosterFile(path: roster, shownAs: shownAs).version == version else {
      throw RosterError(.changed, file: shownAs)
    }
  }

  /// Refuses a roster that was written or replaced since it was looked at; a copy of ours stays as it is.
  func refuseChanged(_ shownAs: String) throws {
    guard try !spools.isEmpty || RosterFile(path: path, shownAs: shownAs).version == version else {
      throw RosterError(.changed, file: shownAs)
    }
  }

  // MARK: - Encodings

  /// Whether the file is no UTF-8 and looks like CP949.
  private static func looksKorean(_ path: String, shownAs: String, chunkSize: Int) throws -> Bool {
    let file = try RosterFile(path: path, shownAs: shownAs)
    var check = UTF8Check()
    while check.isValid, let chunk = try file.chunk(of: max(chunkSize, 1 << 16)) {
      chunk.withUnsafeBytes { check.feed($0.bindMemory(to: UInt8.self)) }
    }
    guard !check.isComplete else { return false }
    try file.seek(to: 0)
    var korean = KoreanCheck()
    while let chunk = try file.chunk(of: 1 << 18) {
      chunk.withUnsafeBytes { korean.feed($0.bindMemory(to: UInt8.self)) }
    }
    return korean.isLikely
  }

  /// The file as UTF-8; nil when it is not in that encoding.
  private static func transcode(_ path: String, from encoding: String, shownAs: String) throws -> Spool? {
    guard let transcoder = Transcoder(from: encoding) else { return nil }
    let file = try RosterFile(path: path, shownAs: shownAs)
    let spool = try Spool.copying(shownAs)
    while let chunk = try file.chunk(of: 1 << 18) {
      guard let text = transcoder.feed(chunk) else { return nil }
      try spool.append(text, copying: shownAs)
    }
    return transcoder.isComplete ? spool : nil
  }

  // MARK: - Shapes

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// What kind of JSON a text is, by its start; nil when it is a table.
  private static func jsonShape(_ start: Data, _ options: RosterOptions, _ schema: Schema) -> JSONSplitter.Shape? {
    let text = start.starts(with: mark) ? start.dropFirst(mark.count) : start[...]
    let first = text.first { !" \t\r\n".utf8.contains($0) }
    switch options.format {
    case .csv: return nil
    case .jsonl: return .lines
    case .json: return first == UInt8(ascii: "[") ? .array : .object
    case nil: break
    }
    switch first {
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "{"): return isLines(text, schema) ? .lines : .object
    default: return nil
    }
  }

  /// A first line that is an object by itself and has no "workspaces" is the first of many.
  private static func isLines(_ text: Data.SubSequence, _ schema: Schema) -> Bool {
    let line = text.drop { " \t\r\n".utf8.contains($0) }.prefix { $0 != UInt8(ascii: "\n") }
    guard case .success(let value) = Result(catching: { try JSONParser.value(of: Array(line)) }) else { return false }
    guard case .object(let members) = value, members["workspaces"] == nil, members["defaults"] == nil else {
      return false
    }
    // A list of objects under another name is a roster by itself, whose list has the wrong name.
    let names = FieldNames(schema)
    return !members.contains { key, member in
      guard case .array(let elements) = member, case .object? = elements.first else { return false }
      return !names.isField(key)
    }
  }

  /// What a first line `sep=;` says.
  private static func namedSeparator(_ start: Data) -> UInt8? {
    let text = start.starts(with: mark) ? start.dropFirst(mark.count) : start[...]
    let line = Array(text.prefix(8).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    guard line.count == 5, line.starts(with: "sep=".utf8), let last = line.last, ",;\t".utf8.contains(last) else {
      return nil
    }
    return last
  }

  /// What stands between the cells of the header: the most frequent of comma, semicolon and tab outside of quotes.
  private static func separator(_ start: Data, headerLine: Int?) -> UInt8 {
    var (line, isQuoted, isBlank) = (1, false, true)
    var counts: [UInt8: Int] = [:]
    for byte in start {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == UInt8(ascii: "\n"), !isQuoted {
        line += 1
        let isHeader = !isBlank && line > headerLine ?? 1
        if isHeader { break }
        (counts, isBlank) = ([:], true)
        continue
      }
      if !" \r".utf8.contains(byte) { isBlank = false }
      if !isQuoted, ",;\t".utf8.contains(byte) { counts[byte, default: 0] += 1 }
    }
    let candidates = Array(",;\t".utf8)
    return candidates.max { counts[$0, default: 0] < counts[$1, default: 0] } ?? candidates[0]
  }
}
