// What must hold of the readers of workbooks and gzip whatever bytes they get; see `ReaderProperties.swift`. The first choice
// is what the text is, by its lowest three bits: an archive's own bytes, a part of a good one, or a format and a number.

import DataForest
import Foundation
import Provisioning
import TestSupport
import Words

@testable import BulkImport
@testable import Spreadsheet

/// Workbooks, gzip and numbers. The second choice is as for rosters.
struct WorkbookProperties {
  private let choice: UInt8
  private let seed: UInt8
  private let path: String

  init(_ choice: UInt8, _ seed: UInt8, path: String) { (self.choice, self.seed, self.path) = (choice, seed, path) }

  func check(_ text: [UInt8]) throws {
    if choice & 7 == 6 { return try checkNumber(text) }
    let bytes = file(of: text)
    try checkInflater(bytes)
    // A header line, conditions, and a template.
    let options = choice & 0b11000 | (choice & 0x20 == 0 ? 0 : 4)
    try RosterProperties(options, seed, path: path).check(bytes)
    if options == 0 { try checkRewritten(bytes) }
  }

  // MARK: - Files

  private static let cells = (0..<12).map { "<c t=\"s\" s=\"\($0 % 4)\"><v>\($0)</v></c>" }.joined()
  private static let numbers = (0..<12).map { "<c s=\"\($0 % 6)\"><v>46083.\($0)5</v></c>" }.joined()
  private static let texts =
    ["accountId", "name", "image", "command", "acc1", "a1", "a:1", "ls", "성명", "학번", " x ", "a2"].map { "<t>\($0)</t>" }

  private func file(of text: [UInt8]) -> [UInt8] {
    func book(_ data: String = "<row>\(Self.cells)</row><row>\(Self.numbers)</row>") -> ZipFile {
      .workbook(
        [("Sheet1", data), ("둘", "<row><c><v>1</v></c></row>")], strings: Self.texts, formats: ["yyyy-mm-dd", "000"])
    }
    var file = book()
    switch choice & 7 {
    case 1: file["xl/worksheets/sheet1.xml"]?.bytes = text
    case 2:
      file["xl/worksheets/sheet1.xml"]?.bytes =
        Array("<worksheet><sheetData>".utf8) + text + Array("</sheetData></worksheet>".utf8)
    case 3: file["xl/sharedStrings.xml"]?.bytes = text
    case 4: file["xl/styles.xml"]?.bytes = text
    case 5:
      let parts = text.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
      for (name, part) in zip(["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"], parts)
      where !part.isEmpty { file[name]?.bytes = part }
    case 7:
      let half = text.count / 2
      return Deflated.gzip(Array(text[..<half])) + Deflated.gzip(Array(text[half...]))
    default: return text
    }
    return file.bytes
  }

  // MARK: - Properties

  /// gzip in pieces is what it is whole.
  private func checkInflater(_ bytes: [UInt8]) throws {
    guard bytes.starts(with: [0x1F, 0x8B]) else { return }
    let whole = Self.unpacked(bytes, by: bytes.count)
    for size in [1, 1 + Int(seed & 15)] {
      let pieces = Self.unpacked(bytes, by: size)
      if pieces != whole {
        throw BrokenProperty(description: "unpacked by \(size) bytes it is \(pieces), whole \(whole)")
      }
    }
    if choice & 7 == 7, case .failure(let error) = whole {
      throw BrokenProperty(description: "what was packed right is refused: \(error)")
    }
  }

  private static func unpacked(_ bytes: [UInt8], by size: Int) -> Result<[UInt8], InflateError> {
    var (rest, all) = (bytes[...], [UInt8]())
    let result = Result {
      let inflater = try Inflater(.gzip)
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      while true {
        let count = try buffer.withUnsafeMutableBufferPointer { buffer in
          try inflater.read(into: buffer) {
            defer { rest = rest.dropFirst(size) }
            return Array(rest.prefix(size))
          }
        }
        if count == 0 { return }
        all += buffer[..<count]
      }
    }
    if case .failure(let error as InflateError) = result { return .failure(error) }
    return .success(all)
  }

  /// The same rows written as texts of another workbook are the same roster.
  private func checkRewritten(_ bytes: [UInt8]) throws {
    guard let (rows, summary) = try read(bytes), summary.issueCount == 0, !rows.isEmpty else { return }
    let file = ZipFile.workbook(texts: [summary.columns] + rows.map(\.texts))
    let again = try read(file.bytes)
    guard again?.summary.digest == summary.digest else {
      throw BrokenProperty(
        description: "written as a workbook it is \(again as Any), at first \(summary.columns) \(rows.map(\.texts))")
    }
  }

  private func read(_ bytes: [UInt8]) throws -> (rows: [NewRow], summary: RosterSummary)? {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do {
      var rows: [NewRow] = []
      let reader = try RosterReader(path: path, displayName: "r", schema: .workspace)
      let summary = try reader.read(wording: \.withoutPlace) { rows.append($0) }
      return (rows, summary)
    } catch is RosterError {
      return nil
    }
  }

  /// A format, a NUL, and a number: what is read of a plain number is that number.
  private func checkNumber(_ text: [UInt8]) throws {
    let parts = text.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let format = NumberFormat(String(decoding: parts[0], as: UTF8.self))
    let stored = String(decoding: parts.last ?? [], as: UTF8.self)
    for numbers in [NumberText(), NumberText(countsFrom1904: true)] {
      guard let cell = numbers.cell(stored, format) else { continue }
      if cell.text.isEmpty { throw BrokenProperty(description: "'\(stored)' as \(format) is empty") }
      switch format {
      case .general, .digits, .other:
        if Double(cell.text) != Double(stored) {
          throw BrokenProperty(description: "'\(stored)' as \(format) is '\(cell.text)'")
        }
      case .date, .duration: break
      }
    }
    _ = NumberText.isoDate(stored, format)
    _ = stored.withoutEscapes
    _ = CellName(stored)
  }
}
