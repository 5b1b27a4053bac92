import DataForest
import Foundation
import Provisioning
import Spreadsheet
import TestSupport
import Testing
import Words

@testable import BulkImport

/// Rosters in workbooks, and in gzip.
@Suite struct WorkbookTests {
  private static let header = ["accountId", "name", "image", "command", "성명", "학번"]

  private static func cells(_ name: String, _ student: String = "김민준", _ number: String = "1") -> [String] {
    ["acc1", name, "a:1", "ls", student, number]
  }

  private func read(
    _ file: ZipFile, sheet: String? = nil, template: Template? = nil, chunkSize: Int = 1 << 18,
    change: (inout RosterOptions) -> Void = { _ in }
  ) throws -> Reading {
    var options = RosterOptions()
    options.sheet = sheet
    change(&options)
    return try withFile(file.bytes) {
      try BulkImportTests.read($0, as: "class.xlsx", options: options, template: template, chunkSize: chunkSize)
    }
  }

  @Test func `a sheet is the same roster as the table in it`() throws {
    let rows = (1...200).map { Self.cells("n\($0)", "이, \"서연\"\n\($0)", "\($0)") }
    let reading = try read(.workbook(texts: [Self.header] + rows))
    #expect(reading.issues.isEmpty && reading.warnings.isEmpty)
    #expect(reading.rows.map(\.texts) == rows)
    #expect(reading.rows.map(\.line) == Array(2...201))
    #expect(reading.summary.format.description == "Excel workbook, sheet 'Sheet1'" && !reading.summary.format.isPlain)
    let quoted = rows.map { $0.map { "\"\($0.replacing("\"", with: "\"\""))\"" } }
    let text = ([Self.header] + quoted).map { $0.joined(separator: ",") + "\n" }.joined()
    #expect(try readText(text).summary.digest == reading.summary.digest)
    #expect(try read(.workbook(texts: [Self.header] + rows), chunkSize: 3).rows == reading.rows)
  }

  @Test func `issues name the sheet's rows and cells, below a title, empty rows and cells of several lines`() throws {
    let reading = try read(
      .workbook(texts: [
        ["2026년\n봄학기"], [], Self.header, Self.cells("n1", "두\n줄"), [], Self.cells("N2"), Self.cells("n1"), ["acc1"],
      ]))
    #expect(
      reading.issues == [
        "6 Sheet1!B6 name-form", "7 Sheet1!B7 duplicate", "8 Sheet1!A8 one-cell",
      ])
    #expect(reading.warnings == ["3 - header-line"])
    #expect(
      reading.summary.issues[1].description
        == "class.xlsx:7: name (Sheet1!B7): 'n1' stands on line 4 already, for the same account: give each row a name of "
        + "its own")
  }

  @Test(arguments: [
    ("Sheet1", "Sheet1!"), ("명단", "명단!"), ("2026 봄", "'2026 봄'!"), ("It's", "'It''s'!"), ("AB12", "'AB12'!"),
    ("a\u{202E}b", "'a\\u{202E}b'!"),
  ])
  func `a sheet's name before a cell is written as spreadsheets do`(name: String, prefix: String) {
    #expect(name.asSheetPrefix == prefix)
  }

  @Test func `another sheet is read by its name, and the others are said`() throws {
    func data(_ name: String) -> String {
      "<row>" + Self.header.map { "<c t=\"str\"><v>\($0)</v></c>" }.joined() + "</row><row>"
        + Self.cells(name).map { "<c t=\"str\"><v>\($0)</v></c>" }.joined() + "</row>"
    }
    let file = ZipFile.workbook([("가", data("a1")), ("나", data("b1")), ("empty", "")])
    let first = try read(file)
    #expect(first.rows.first?.texts[1] == "a1" && first.warnings == ["1 - other-sheets"])
    #expect(
      first.summary.warnings.first?.message
        == "only the sheet '가' is read, not '나': another one is chosen with --sheet '나'")
    let second = try read(file, sheet: "나")
    #expect(second.rows.first?.texts[1] == "b1" && second.warnings.isEmpty)
    let error = RosterError(.noSheet(among: ["가", "나", "empty"]), file: "class.xlsx", detail: "다")
    #expect(throws: error) { try read(file, sheet: "다") }
    #expect(error.description == "class.xlsx has no sheet '다'; it has '가', '나', 'empty'.")
    #expect(throws: RosterError(.emptySheet(others: []), file: "class.xlsx", detail: "empty")) {
      try read(file, sheet: "empty")
    }
    #expect(throws: RosterError(.emptySheet(others: ["x"]), file: "class.xlsx", detail: "leer")) {
      try read(.workbook([("leer", "<row><c/></row>"), ("x", data("a"))]))
    }
    try withFile("accountId,name\n".utf8) { path in
      var options = RosterOptions()
      options.sheet = "다"
      #expect(throws: RosterError(.noSheet(among: nil), file: "r.csv", detail: "다")) {
        try BulkImportTests.read(path, as: "r.csv", options: options)
      }
    }
    #expect(throws: RosterError(.workbookAsJSON, file: "class.xlsx")) {
      try read(file) { $0.format = .json }
    }
    #expect(try read(file) { $0.format = .csv }.rows.count == 1)
  }

  @Test
  func `what is peculiar about cells is an issue where it is sent, and a warning where it travels or is in a name`()
    throws
  {
    let template = try Template(
      """
      {"accountId": "acc1", "name": "ai-${no|slug}", "description": "${who}", "image": "a:1", "command": "ls"}
      """, file: "t", schema: .workspace)
    let data = """
      <row><c t="str"><v>no</v></c><c t="str"><v>who</v></c><c t="str"><v>grade</v></c><c t="str"><v>sum</v></c></row>
      <row><c s="1"><v>0.5</v></c><c t="str"><v>a</v></c><c s="1"><v>0.25</v></c><c><f>1</f></c></row>
      <row><c><v>1234567890123456789</v></c><c t="e"><v>#REF!</v></c><c><v>1</v></c><c t="e"><v>#N/A</v></c></row>
      <row><c><f>1</f></c><c t="str"><v>b</v></c></row>
      """
    let reading = try read(.workbook([("Sheet1", data)], formats: ["0%"]), template: template)
    #expect(
      reading.issues.contains("3 Sheet1!B3 formula-error") && reading.issues.contains("4 Sheet1!A4 formula-value"))
    #expect(!reading.issues.contains { $0.hasPrefix("2 ") || $0.contains("D3") })
    #expect(
      Set(reading.warnings).isSuperset(of: [
        "2 Sheet1!A2 shown-otherwise", "2 Sheet1!D2 formula-value", "3 Sheet1!A3 digits", "3 Sheet1!D3 formula-error",
      ]) && !reading.warnings.contains { $0.contains("C") })
  }

  @Test func `a formula without a value in a field is one issue, not two`() throws {
    let data =
      "<row>" + Self.header.map { "<c t=\"str\"><v>\($0)</v></c>" }.joined() + "</row><row><c t=\"str\"><v>acc1</v></c>"
      + "<c><f>1</f></c><c t=\"e\"><v>#N/A</v></c><c t=\"str\"><v>ls</v></c></row>"
    #expect(
      try read(.workbook([("Sheet1", data)])).issues == ["2 Sheet1!B2 formula-value", "2 Sheet1!C2 formula-error"])
  }

  @Test func `hidden columns and rows, and merged cells, are said and read`() throws {
    let headers = Self.header.map { "<c t=\"str\"><v>\($0)</v></c>" }.joined()
    func row(_ name: String) -> String { Self.cells(name).map { "<c t=\"str\"><v>\($0)</v></c>" }.joined() }
    let sheet = """
      <?xml version="1.0"?><worksheet><cols><col min="6" max="9" hidden="1"/></cols><sheetData><row>\(headers)</row>\
      <row>\(row("a1"))</row><row hidden="1">\(row("a2"))</row><row hidden="1">\(row("a3"))</row></sheetData>\
      <mergeCells><mergeCell ref="E2:E4"/></mergeCells></worksheet>
      """
    let reading = try read(.workbook([("Sheet1", sheet)]))
    #expect(reading.rows.count == 3 && reading.issues.isEmpty)
    #expect(reading.warnings == ["1 Sheet1!F1 hidden-column", "3 - hidden-rows", "2 - merged-cells"])
  }

  @Test func `a value beyond the header is said`() throws {
    let reading = try read(.workbook(texts: [Self.header, Self.cells("a1"), Self.cells("a2") + ["", "note"]]))
    #expect(reading.issues == ["3 Sheet1!H3 header-empty"])
  }

  @Test func `a report that was saved as a workbook is a roster again`() throws {
    let reading = try read(
      .workbook(texts: [Self.header + ["rollcall_state"], Self.cells("a1", "'=김") + ["failed"]]))
    #expect(reading.rows.first?.texts == Self.cells("a1", "=김") && reading.issues.isEmpty)
  }

  @Test func `the preview and the lines of a sheet`() throws {
    try withFile(ZipFile.workbook(texts: [["title"], Self.header, Self.cells("a1")]).bytes) { path in
      let reader = try RosterReader(path: path, schema: .workspace)
      let look = try reader.preview()
      #expect(look.headers == Self.header && look.rows == [Self.cells("a1")])
      #expect(try reader.lines([1, 2, 3]).isEmpty)
    }
  }

  // MARK: - gzip

  @Test func `a roster in gzip is the one that it holds`() throws {
    let plain = roster(["성명"], rows: [row("a1", "김민준"), row("A2", "이서연")])
    let wide = plain.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    let json = "{\"accountId\":\"acc1\",\"name\":\"a1\",\"image\":\"a:1\",\"command\":\"ls\"}\n"
    for (bytes, format) in [
      (Array(plain.utf8), "gzip, UTF-8, commas"), ([0xFF, 0xFE] + wide, "gzip, UTF-16, commas"),
      (Array(json.utf8), "gzip, UTF-8, JSON Lines"), (Array("[\(json)]".utf8), "gzip, UTF-8, JSON"),
      (ZipFile.workbook(texts: [Self.header, Self.cells("a1")]).bytes, "gzip, Excel workbook, sheet 'Sheet1'"),
    ] {
      let half = bytes.count / 2
      let packed = Deflated.gzip(Array(bytes[..<half])) + Deflated.gzip(Array(bytes[half...]))
      let reading = try withFile(packed) { try BulkImportTests.read($0, as: "r.gz") }
      let unpacked = try withFile(bytes) { try BulkImportTests.read($0, as: "r.gz") }
      #expect(reading.summary.format.description == format && !reading.summary.format.isPlain)
      #expect(reading.rows == unpacked.rows && reading.issues == unpacked.issues)
      #expect(reading.summary.digest == unpacked.summary.digest)
    }
  }

  @Test func `gzip that is cut, damaged, a bomb or packed twice is refused`() throws {
    let packed = Deflated.gzip(Array(roster(rows: [row("a1")]).utf8))
    var changed = packed
    changed[packed.count - 6] ^= 1
    let zeros = Deflated.gzip([UInt8](repeating: 0x61, count: 9 << 20))
    for (bytes, error) in [
      (Array(packed.dropLast(3)), RosterError(.packed(.cut), file: "r.gz")),
      (changed, RosterError(.packed(.broken), file: "r.gz")),
      ((0..<8).flatMap { _ in zeros }, RosterError(.packed(.bomb), file: "r.gz")),
      (Deflated.gzip(packed), RosterError(.format, file: "r.gz", detail: "a gzip file within another one")),
      (Deflated.gzip([]), RosterError(.empty, file: "r.gz")),
    ] {
      try withFile(bytes) { path in #expect(throws: error) { try BulkImportTests.read(path, as: "r.gz") } }
      #expect(!error.description.isEmpty && error.hint != nil)
    }
  }

  // MARK: - What is refused

  @Test func `an encrypted workbook is told from an old one`() throws {
    func container(_ name: String) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 2_048)
      bytes.replaceSubrange(0..<8, with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
      (bytes[30], bytes[48]) = (9, 1)
      let name = name.utf8.flatMap { (byte: UInt8) -> [UInt8] in [byte, 0] }
      bytes.replaceSubrange(1_024..<(1_024 + name.count), with: name)
      return bytes
    }
    let old = RosterError(.format, file: "r", detail: "a workbook of an old Excel (.xls)")
    for (bytes, error) in [
      (container("EncryptedPackage"), RosterError(.workbook(.encrypted), file: "r")), (container("Workbook"), old),
      ([0xD0, 0xCF, 0x11, 0xE0], old),
    ] {
      try withFile(bytes) { path in #expect(throws: error) { try BulkImportTests.read(path, as: "r") } }
    }
  }

  @Test(arguments: [
    SpreadsheetError.damaged("x"), .noWorkbook("a zip file"), .noWorkbook("an OpenDocument file (.ods)"), .encrypted,
    .macros, .bomb("xl/a.xml"), .noSheets, .tooLarge("x"),
  ])
  func `each reason has a sentence and a remedy`(reason: SpreadsheetError) throws {
    let error = RosterError(.workbook(reason), file: "class.xlsx")
    #expect(error.description.contains("class.xlsx") && error.description.hasSuffix("."))
    #expect(try #require(error.hint).hasSuffix(".") || error.hint?.hasSuffix(")") == true)
  }

  @Test func `a damaged workbook is one error, whatever options say`() throws {
    let bytes = ZipFile.workbook(texts: [Self.header]).bytes
    try withFile(bytes.dropLast(30)) { path in
      let error = RosterError(
        .workbook(.damaged("the list of its parts is not at its end; perhaps only half of it was copied")), file: "r")
      #expect(throws: error) { try BulkImportTests.read(path, as: "r") }
    }
  }
}
