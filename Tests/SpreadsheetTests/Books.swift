import Foundation
import TestSupport
import Testing

@testable import Spreadsheet

/// A workbook's file with what is open of it.
struct OpenBook {
  let handle: FileHandle
  let book: Workbook

  init(_ bytes: [UInt8]) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "rollcall-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    handle = try FileHandle(forReadingFrom: url)
    try FileManager.default.removeItem(at: url)
    book = try Workbook(descriptor: handle.fileDescriptor)
  }

  /// The rows of a sheet: its number, a colon, the cells, each with its note behind it.
  func rows(_ name: String? = nil) throws -> (rows: [String], facts: SheetFacts) {
    let sheet = try #require(book.sheet(named: name))
    var rows: [String] = []
    let facts = try book.read(sheet) { row in
      let cells = row.cells.map { $0.text + ($0.note.map { "!\($0.rawValue)" } ?? "") }
      rows.append("\(row.number): " + cells.joined(separator: "|"))
    }
    return (rows, facts)
  }
}

/// The rows of a workbook.
func rows(of file: ZipFile, sheet: String? = nil) throws -> [String] { try OpenBook(file.bytes).rows(sheet).rows }

/// The rows of a workbook with one sheet.
func rows(_ data: String, strings: [String]? = nil, formats: [String] = [], workbook: String = "") throws -> [String] {
  try rows(of: .workbook([("Sheet1", data)], strings: strings, formats: formats, workbook: workbook))
}

/// Why a workbook is refused; nil, if it is read.
func refusal(of bytes: [UInt8]) throws -> SpreadsheetError? {
  do {
    _ = try OpenBook(bytes).rows()
    return nil
  } catch let error as SpreadsheetError {
    return error
  }
}

/// Why a sheet is refused.
func refusal(_ data: String, strings: [String]? = nil) throws -> SpreadsheetError? {
  try refusal(of: ZipFile.workbook([("Sheet1", data)], strings: strings).bytes)
}
