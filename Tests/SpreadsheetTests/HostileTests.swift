import Foundation
import TestSupport
import Testing

@testable import Spreadsheet

/// Workbooks that are damaged, or made to do harm: each is refused, with what is wrong.
@Suite struct HostileTests {
  private static let good = ZipFile.workbook(
    [("Sheet1", "<row><c t=\"s\"><v>0</v></c></row>")], strings: ["<t>a</t>"])

  private func refusal(_ change: (inout ZipFile) -> Void) throws -> SpreadsheetError? {
    var file = Self.good
    change(&file)
    return try SpreadsheetTests.refusal(of: file.bytes)
  }

  @Test func `what is right is read`() throws {
    #expect(try rows(of: Self.good) == ["1: a"])
    var stored = Self.good
    for index in stored.parts.indices { stored.parts[index].method = 0 }
    stored.comment = Array("PK\u{5}\u{6} a comment".utf8)
    #expect(try rows(of: stored) == ["1: a"])
    for index in stored.parts.indices { stored.parts[index].name = stored.parts[index].name.uppercased() }
    #expect(try rows(of: stored) == ["1: a"])
  }

  @Test func `an archive that was cut anywhere is refused`() throws {
    let bytes = Self.good.bytes
    for count in bytes.indices {
      guard case .damaged? = try SpreadsheetTests.refusal(of: Array(bytes[..<count])) else {
        Issue.record("cut to \(count) of \(bytes.count) bytes")
        continue
      }
    }
  }

  @Test func `any byte may be wrong without a crash`() throws {
    let bytes = Self.good.bytes
    var refused = 0
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= [0x01, 0x80, 0xFF][index % 3]
      if try SpreadsheetTests.refusal(of: changed) != nil { refused += 1 }
    }
    #expect(refused * 2 > bytes.count)
  }

  @Test func `parts that are not as the list says`() throws {
    let sheet = "xl/worksheets/sheet1.xml"
    for change: (inout ZipFile.Part) -> Void in [
      { $0.checksum = 7 }, { $0.size = 5 }, { $0.size = 500 }, { $0.packedSize = 3 }, { $0.method = 12 },
      { $0.offset = 9 },
      { $0.offset = 0 }, { $0.packedSize = 1 << 30 }, { $0.bytes = [] }, { $0.bytes = Array("<worksheet>".utf8) },
      { $0.bytes = Array("no XML".utf8) }, { $0.bytes = [0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E] },
    ] {
      let error = try refusal { file in
        if var part = file[sheet] {
          change(&part)
          file[sheet] = part
        }
      }
      guard case .damaged? = error else {
        Issue.record("\(error as Any)")
        continue
      }
    }
    #expect(try refusal { $0[sheet]?.flags = 1 } == .encrypted)
    for name in ["xl/_rels/workbook.xml.rels", "xl/workbook.xml", sheet, "[Content_Types].xml", "xl/sharedStrings.xml"]
    {
      #expect(try refusal { $0[name] = nil } != nil, "without \(name)")
    }
    let twice = ZipFile.Part("XL/workbook.xml", "")
    #expect(try refusal { $0.parts.append(twice) } == .damaged("two of its parts have the name \"XL/workbook.xml\""))
    #expect(try refusal { $0.count = 3 } != nil)
    #expect(try refusal { $0.count = 0xFFFF } == .damaged("it is an archive in several files, or for more than 4 GiB"))
  }

  @Test func `parts that share their bytes`() throws {
    var file = Self.good
    let first = try #require(file.parts.first)
    for index in 0..<4 {
      var part = first
      (part.name, part.offset) = ("extra\(index).xml", 0)
      file.parts.append(part)
    }
    #expect(try SpreadsheetTests.refusal(of: file.bytes) == .damaged("the list of its parts is damaged"))
  }

  @Test func `a part that becomes far too large, whether it says so or not`() throws {
    let zeros = String(repeating: " ", count: Inflater.alwaysAllowed + (1 << 20))
    let bomb = "<?xml version=\"1.0\"?><worksheet>\(zeros)</worksheet>"
    var file = ZipFile.workbook([("Sheet1", bomb)])
    let name = "xl/worksheets/sheet1.xml"
    #expect(try SpreadsheetTests.refusal(of: file.bytes) == .bomb(name))
    file[name]?.size = 1_000
    #expect(try SpreadsheetTests.refusal(of: file.bytes) == .damaged("\(name) is damaged"))
    file[name]?.size = Inflater.alwaysAllowed
    #expect(try SpreadsheetTests.refusal(of: file.bytes) == .bomb(name))
  }

  @Test(arguments: [
    "<!DOCTYPE worksheet [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><worksheet>&b;</worksheet>",
    "<!DOCTYPE worksheet SYSTEM \"file:///etc/passwd\"><worksheet/>", " <!DOCTYPE worksheet><worksheet/>",
    "<?xml version=\"1.0\"?><!--> <a --><!DOCTYPE worksheet><worksheet/>",
    "<!-- <!DOCTYPE --> <!doctype a><worksheet/>",
    "<?xml version=\"1.0\" encoding=\"UTF-7\"?><worksheet/>", "<?xml version='1.0' encoding = 'EUC-KR' ?><worksheet/>",
    "<worksheet>&unknown;</worksheet>", "<worksheet><sheetData>&#0;</sheetData></worksheet>", "", "<", "<a>", "<!-- ",
    "<worksheet>", "<worksheet><sheetData></sheetData>", "<a/><!--", "<worksheet></worksheets>",
  ])
  func `a document type, another encoding, and XML that is none`(sheet: String) throws {
    var file = Self.good
    file["xl/worksheets/sheet1.xml"]?.bytes = Array(sheet.utf8)
    guard case .damaged? = try SpreadsheetTests.refusal(of: file.bytes) else {
      Issue.record("\(sheet) is read")
      return
    }
  }

  @Test func `bytes that are no UTF-8, in names, values and comments`() throws {
    for (before, after) in [
      ("<worksheet ", "=\"\"/>"), ("<worksheet a=\"", "\"/>"), ("<w", "/>"), ("<!-- ", "--><a/>"),
    ] {
      for bad: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF0, 0x9F]] {
        // Far behind the beginning too.
        for room in [0, 1 << 14, 1 << 17] {
          let blanks = "<x>\(String(repeating: " ", count: room))"
          var file = Self.good
          file["xl/worksheets/sheet1.xml"]?.bytes = Array((blanks + before).utf8) + bad + Array("\(after)</x>".utf8)
          #expect(
            try SpreadsheetTests.refusal(of: file.bytes) == .damaged("xl/worksheets/sheet1.xml is not UTF-8"),
            "\(before) \(bad) \(room)")
        }
      }
    }
  }

  @Test(arguments: 1...9)
  func `whether pieces are UTF-8 does not depend on where they end`(size: Int) {
    let text = Array("a가\u{1F600}é\u{10FFFF}z".utf8)
    for index in text.indices {
      for bytes in [
        text, Array(text[..<index]) + [0xFF] + text[index...], Array(text[..<index]) + [0xE0, 0x80] + text[index...],
      ] {
        var check = UTF8Pieces()
        let pieces = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
        // What may go on is well so far.
        let isValid = pieces.map { piece in piece.withUnsafeBufferPointer { check.take($0) } }.allSatisfy(\.self)
        let isRight = String(validating: bytes, as: UTF8.self) != nil
        #expect(isValid == isRight, "\(bytes)")
      }
    }
  }

  @Test func `elements that are nested without end`() throws {
    for count in [100, 300, 100_000] {
      let (open, close) = (String(repeating: "<a>", count: count), String(repeating: "</a>", count: count))
      var file = Self.good
      file["xl/worksheets/sheet1.xml"]?.bytes = Array("<worksheet>\(open)\(close)</worksheet>".utf8)
      guard case .damaged? = try SpreadsheetTests.refusal(of: file.bytes) else {
        Issue.record("\(count) levels are read")
        continue
      }
    }
  }

  @Test(arguments: [
    ("<row r=\"2\"/><row r=\"2\"/>", "the row 2 behind row 2 is out of order or none"),
    ("<row r=\"0\"/>", "the row 0 behind row 0 is out of order or none"),
    ("<row r=\"1048577\"/>", "the row 1048577 behind row 0 is out of order or none"),
    ("<row r=\"1x\"/>", "the row 1x behind row 0 is out of order or none"),
    ("<row r=\"1048576\"/><row/>", "the row  behind row 1048576 is out of order or none"),
    ("<row><row/></row>", "the row  behind row 1 is out of order or none"),
    ("<row r=\"3\"><c r=\"A2\"/></row>", "the cell A2 of row 3 is out of order or none"),
    ("<row><c r=\"B1\"/><c r=\"B1\"/></row>", "the cell B1 of row 1 is out of order or none"),
    ("<row><c r=\"B1\"/><c r=\"A1\"/></row>", "the cell A1 of row 1 is out of order or none"),
    ("<row><c r=\"XFE1\"/></row>", "the cell XFE1 of row 1 is out of order or none"),
    ("<row><c r=\"AAAA1\"/></row>", "the cell AAAA1 of row 1 is out of order or none"),
    ("<row><c r=\"A99999999999999999999\"/></row>", "the cell A99999999999999999999 of row 1 is out of order or none"),
    ("<row><c r=\"\"/></row>", "the cell  of row 1 is out of order or none"),
    ("<row><c><c/></c></row>", "the cell  of row 1 is out of order or none"),
    ("<row><c t=\"s\"><v>1</v></c></row>", "A1 names a text that is not there"),
    ("<row><c t=\"s\"><v>-1</v></c></row>", "A1 names a text that is not there"),
    ("<row><c t=\"s\"><v>x</v></c></row>", "A1 names a text that is not there"),
    ("<row r=\"7\"><c r=\"C7\"><v>12a</v></c></row>", "C7 is to be a number and is none"),
    ("<row><c><v>0x1F</v></c></row>", "A1 is to be a number and is none"),
    ("<row><c><v>nan</v></c></row>", "A1 is to be a number and is none"),
    ("<row><c><v>1e999</v></c></row>", "A1 is to be a number and is none"),
  ])
  func `cells that cannot be where they are, or what they are`(data: String, why: String) throws {
    #expect(try SpreadsheetTests.refusal(data, strings: ["<t>a</t>"]) == .damaged(why))
  }

  @Test func `a cell far to the right, or a text of a megabyte, is more than is read`() throws {
    #expect(try rows("<row><c r=\"FAM1\"><v>1</v></c></row>").first?.count(where: { $0 == "|" }) == 4_094)
    #expect(
      try SpreadsheetTests.refusal("<row><c r=\"XFD1\"><v>1</v></c></row>")
        == .tooLarge("XFD1 is behind FAM, the last column that is read"))
    let long = String(repeating: "a", count: RichText.longest)
    #expect(try rows("<row><c t=\"str\"><v>\(long)</v></c></row>").first?.count == long.count + 3)
    for data in ["<c t=\"str\"><v>a\(long)</v></c>", "<c t=\"inlineStr\"><is><t>a\(long)</t></is></c>"] {
      guard case .tooLarge? = try SpreadsheetTests.refusal("<row>\(data)</row>") else {
        Issue.record("\(data.prefix(20)) is read")
        continue
      }
    }
    let row = String(repeating: "<c t=\"s\"><v>0</v></c>", count: 17)
    #expect(
      try SpreadsheetTests.refusal("<row>\(row)</row>", strings: ["<t>\(long)</t>"])
        == .tooLarge("row 1 is longer than 16777216 bytes"))
  }

  @Test(arguments: [
    (["content.xml", "mimetype"], "an OpenDocument file (.ods)"),
    (["word/document.xml"], "another kind of Office document"),
    (["Index/Document.iwa"], "a document of Numbers"), (["class.csv"], "a zip file"), ([], "a zip file"),
  ])
  func `an archive that is no workbook`(names: [String], kind: String) throws {
    let file = ZipFile(names.map { ZipFile.Part($0, "<a/>") })
    #expect(try SpreadsheetTests.refusal(of: file.bytes) == .noWorkbook(kind))
  }

  @Test func `macros are refused, whatever the file is called`() throws {
    #expect(try refusal { $0.parts.append(ZipFile.Part("xl/vbaProject.bin", "x")) } == .macros)
    for type in [
      "application/vnd.ms-excel.sheet.macroEnabled.main+xml", "application/vnd.ms-office.vbaProject",
      "application/vnd.ms-excel.macrosheet+xml",
    ] {
      let types = "<Types><Override PartName=\"/xl/workbook.xml\" ContentType=\"\(type)\"/></Types>"
      #expect(try refusal { $0["[Content_Types].xml"]?.bytes = Array(types.utf8) } == .macros)
    }
  }

  @Test func `sheets are found by their names, the first that is not hidden otherwise`() throws {
    var file = ZipFile.workbook([
      ("Lists", "<row><c><v>1</v></c></row>"), ("Café", "<row><c><v>2</v></c></row>"), ("E", ""),
    ])
    let hidden = String(decoding: try #require(file["xl/workbook.xml"]).bytes, as: UTF8.self)
      .replacing("name=\"Lists\"", with: "name=\"Lists\" state=\"veryHidden\"")
    file["xl/workbook.xml"]?.bytes = Array(hidden.utf8)
    let open = try OpenBook(file.bytes)
    #expect(try open.rows().rows == ["1: 2"])
    #expect(try open.rows("lists").rows == ["1: 1"])
    #expect(try open.rows("CAFE\u{301}").rows == ["1: 2"])
    #expect(open.book.sheet(named: "none") == nil)
    let first = try #require(open.book.sheet(named: nil))
    #expect(open.book.others(than: first).map(\.name) == ["Lists"])
  }

  @Test(arguments: [(EmptinessListener.mostCells, true), (EmptinessListener.mostCells + 1, false)])
  func `a sheet of nothing but formatted cells is looked through only so far`(count: Int, isEmpty: Bool) throws {
    let row = "<row>" + String(repeating: "<c s=\"1\"/>", count: 1_000) + "</row>"
    let data = String(repeating: row, count: count / 1_000) + (count % 1_000 == 0 ? "" : "<row><c/></row>")
    let open = try OpenBook(ZipFile.workbook([("a", "<row><c><v>1</v></c></row>"), ("b", data)]).bytes)
    let first = try #require(open.book.sheet(named: "a"))
    #expect(open.book.others(than: first).isEmpty == isEmpty)
  }
}
