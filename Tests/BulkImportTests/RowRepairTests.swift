import DataForest
import Provisioning
import Testing
import Words

@testable import BulkImport

/// What programs leave out at a row's end or put around a cell, and what of it is taken as it was meant.
@Suite struct RowRepairTests {
  private static let header = "student,name,accountId,image,command,note,seat"

  private func reading(_ rows: String..., header: String = header, template: Template? = nil) throws -> Reading {
    let text = ([header] + rows).map { $0 + "\n" }.joined()
    return try withFile(text.utf8) { try read($0, as: "r.csv", template: template) }
  }

  @Test func `cells that are missing at the end of columns that only travel are empty, with one warning`() throws {
    let found = try reading("Kim,a1,acc1,a:1,ls,x,y", "Lee,a2,acc1,a:1,ls,x", "Park,a3,acc1,a:1,ls")
    #expect(found.issues.isEmpty && found.rows.map { $0.texts.count } == [7, 7, 7])
    #expect(found.warnings == ["3 - short-row", "4 - short-row"])
    #expect(found.summary.warningGroups.groups.count == 1)
  }

  @Test func `a last line without an end, which may be half copied, is not filled up`() throws {
    let text = Self.header + "\nKim,a1,acc1,a:1,ls,x,y\nLee,a2,acc1,a:1,ls"
    #expect(try withFile(text.utf8) { try read($0, as: "r.csv") }.issues == ["3 E3 unfinished"])
    #expect(try withFile((text + "\n").utf8) { try read($0, as: "r.csv") }.warnings == ["3 - short-row"])
  }

  @Test func `a character that is cut off at the end of the file is told`() throws {
    let names = ["김민준", "이서연", "박도윤", "최지우"]
    var bytes = Array("\(Self.header)\n".utf8)
    for (number, name) in names.enumerated() {
      bytes += try #require(encoded(name, as: "CP949")) + Array(",a\(number),acc1,a:1,ls,,x\n".utf8)
    }
    bytes += try #require(encoded("강서윤,a9,acc1,a:1,ls,,윤", as: "CP949")).dropLast()
    #expect(try withFile(bytes) { try read($0, as: "r.csv") }.issues == ["6 G6 unfinished"])
  }

  @Test func `a cell that is missing where a field is one is an issue`() throws {
    #expect(try reading("Kim,a1,acc1,a:1").issues == ["2 E2 ragged"])
  }

  @Test func `empty cells beyond the header are nothing where most rows have them, and an issue in one row`() throws {
    let all = try reading("Kim,a1,acc1,a:1,ls,x,y,", "Lee,a2,acc1,a:1,ls,x,y,")
    #expect(all.issues.isEmpty && all.rows.count == 2)
    // A comma without quotes has moved the cells of this row.
    let one = try reading("Kim,a1,acc1,a:1,ls,x,y", "Lee,a2,acc1,a:1,ls,x,y", "Park, D,a3,acc1,a:1,ls,x,")
    #expect(one.issues == ["4 H4 ragged"])
  }

  @Test(arguments: [
    ("=\"\"0072\"\"", "0072"), ("'0072", "0072"), ("'=1+1", "'=1+1"), ("'tis", "'tis"), ("O'Neil", "O'Neil"),
  ])
  func `what keeps a cell as text is no part of it`(cell: String, text: String) throws {
    let quoted = cell.contains("\"") ? "\"\(cell)\"" : cell
    let found = try reading("\(quoted),a1,acc1,a:1,ls,,")
    #expect(found.issues.isEmpty && found.rows.first?.texts.first == text)
    #expect(found.warnings == (cell.hasPrefix("'") && cell != text ? ["2 A2 apostrophe"] : []))
  }

  @Test(arguments: ["20251001.0", "20251001,00", "20,251,001", "20.251.001", "2,0251E+11"])
  func `a number in a name that is written another way is an issue`(number: String) throws {
    let template = try Template(
      #"{"accountId": "acc1", "name": "s${student|slug}", "image": "a:1", "command": "ls"}"#, file: "t",
      schema: .workspace)
    let cell = number.contains(",") ? "\"\(number)\"" : number
    let found = try reading("\(cell),Kim", header: "student,mail", template: template)
    #expect(found.issues == ["2 A2 \(number.contains("E") ? "mangled-number" : "rewritten-number")"])
  }

  @Test(arguments: ["1.5", "3.14.15", "12,34", "v1.0", "1.2345"])
  func `what is no whole number written another way is left alone`(text: String) {
    #expect(text.rewrittenNumber == nil)
  }

  @Test(arguments: [
    ("name\u{200B}", "name"), ("\u{FEFF}name", "name"), ("Email\u{A0}address", "Email address"),
    ("ｎａｍｅ", "name"), ("a\u{2013}b", "a-b"), ("\u{1112}\u{1161}\u{11A8}번", "학번"), (" 학번 ", "학번"),
  ])
  func `headers are compared without what nobody sees`(header: String, plain: String) {
    #expect(header.asHeader == plain)
  }

  @Test func `the nearest field is named`() throws {
    let found = try reading("a1,acc1,a:1,ls,1", header: "name,accountId,image,command,gpuCoun")
    #expect(found.summary.issues.map(\.message).contains { $0.contains("nearly the field gpuCount") })
  }

  @Test func `a character that nobody sees is told before it is sent`() throws {
    let found = try reading("Kim,a1,acc1,a:1,jupyter\u{A0}lab,,", "Lee,a2,acc1,a:1,jupyter\u{200B} lab,,")
    #expect(found.issues.isEmpty && found.warnings == ["2 E2 unseen", "3 E3 unseen"])
    #expect(found.summary.warnings.first?.message.contains("U+00A0") == true)
  }

  @Test func `a row with one cell is told the option that leaves it out`() throws {
    let found = try reading("Kim,a1,acc1,a:1,ls,,", ",,,,,Manual Posting,", "Note: draft,,,,,,")
    #expect(
      found.summary.issues.map(\.description) == [
        "r.csv:3: note (F3): 'Manual Posting' is the only cell of this row: if it is no row of the roster, leave it out with "
          + "--except 'student='",
        "r.csv:4: student (A4): 'Note: draft' is the only cell of this row: if it is no row of the roster, leave it out with "
          + "--except 'student=Note: draft'",
      ])
  }

  @Test func `a test student and a lost sign are warned of`() throws {
    let found = try reading("\"Student, Test\",a1,acc1,a:1,ls,,", "김?민준,a2,acc1,a:1,ls,,", "what?,a3,acc1,a:1,ls,,")
    #expect(found.issues.isEmpty && found.warnings == ["2 A2 test-student", "3 A3 lost-sign"])
  }

  @Test func `a byte that fits no character is told where it is`() throws {
    let names = ["김민준", "이서연", "박도윤", "최지우", "정하준", "강서윤"]
    var bytes = Array("\(Self.header)\n".utf8)
    for (number, name) in names.enumerated() {
      bytes += try #require(encoded(name, as: "CP949")) + Array(",a\(number),acc1,a:1,ls,".utf8)
      bytes += number == 3 ? [0xFF] + Array(",\n".utf8) : Array(",\n".utf8)
    }
    let found = try withFile(bytes) { try read($0, as: "r.csv") }
    #expect(found.issues == ["5 F5 lost-byte"] && found.rows.first?.texts.first == "김민준")
  }
}
